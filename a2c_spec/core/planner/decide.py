"""Decides, for one address, what has to happen and why. Pure: what was read and seen comes in, a Change goes out.

What the planner trusts of the service, each a rule of the published guide or the safest reading of it:

- one create carries every input that needs no upload, all conversions, all job fields and ``process``;
- a job with ``process: true`` and no input waits; the first upload starts it and closes it;
- new inputs are appended; one PATCH of all inputs sets order, slide_duration and resize_handling;
- until a job starts every part can be added, removed or patched; afterwards only its outputs;
- source, type, engine and parameters of an input, target, category and delivery of a conversion cannot be patched.
"""

from __future__ import annotations

from dataclasses import replace

from a2c_spec.core import reasons
from a2c_spec.core.calls import Call, cost_of
from a2c_spec.core.live import LiveJob
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change, Detail
from a2c_spec.core.planner import recipes, update_reasons
from a2c_spec.core.planner.create import create_calls, why_not_fewer
from a2c_spec.core.planner.deletions import deletes, let_go
from a2c_spec.core.planner.finish import diff_outputs, finish, no_longer_there, saved_nowhere
from a2c_spec.core.planner.forbidden import conflicts, forbidden
from a2c_spec.core.planner.leftovers import left_behind
from a2c_spec.core.planner.matching import known
from a2c_spec.core.planner.recipes import changed_since_start
from a2c_spec.core.planner.update import Edit, edit
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.result_paths import placed
from a2c_spec.core.results import with_gone, with_results
from a2c_spec.core.run_records import with_earlier
from a2c_spec.core.same_recipe import same_recipe
from a2c_spec.core.state import JobRecord

LOST = "the service no longer has the job or its results"

FEWEST_ANEW = (2, 0)
"""The fewest calls and bytes that deleting and recreating a job can take."""


def plan_job(desired: DesiredJob, record: JobRecord | None, observed: Observed) -> Change:
    """The change of one desired job."""
    change = _decide(desired, record, observed)
    if change.action in ("create", "re-run"):
        change = saved_nowhere(desired, observed) or change
    change = replace(change, instead=let_go(observed)) if change.starts and not observed.replace else change
    if observed.cached and not observed.replace and change.starts:
        change = _from_cache(desired, observed.cached, observed, change)
    sent = {name.removeprefix("inputs.") for call in change.calls for name in call.creates}
    recipe = desired.as_sent(sent)
    return replace(change, fingerprint=recipe.fingerprint, basis=recipe.basis)


def needs_live(desired: DesiredJob, record: JobRecord | None, observed: Observed) -> bool:
    """Whether the job must be read from the service before it can be planned.

    A finished job whose files are intact need not; nor one that is run again whatever the service says of the old.
    """
    if record is None or not record.job_id or record.phase in ("failed", "canceled"):
        return False
    if record.phase in ("done", "completed") and not same_recipe(desired, record):
        return False
    if record.phase != "done":
        return True
    found = diff_outputs(desired, record, None, observed)
    return bool(found.calls or found.downloads or found.lost)


def _decide(desired: DesiredJob, record: JobRecord | None, observed: Observed) -> Change:
    if observed.replace and record is not None and (record.job_id or record.paid_for):
        again = _rerun(desired, record, (reasons.ASKED,), observed, paid=record.phase != "building")
        return replace(again, forced=True)
    if record is None or not record.job_id:
        return _anew(desired, record, observed)
    if record.phase in ("failed", "canceled") and (observed.live is None or observed.live.terminal):
        return _after_failure(desired, record, observed)
    if record.phase in ("done", "completed") and not same_recipe(desired, record):
        why = recipes.why(desired, with_earlier(record, observed.earlier, observed.apart))
        return _rerun(desired, record, why, observed, paid=True)
    if observed.gone:
        return _vanished(desired, record, observed)
    if observed.live is None:
        return _unseen(desired, record, observed)
    return _from_live(desired, record, observed.live, observed)


def _from_live(desired: DesiredJob, record: JobRecord, live: LiveJob, observed: Observed) -> Change:
    if live.editable and not _about_to_run(desired, record, live, observed):
        return _update(desired, record, live, observed)
    if live.status in ("failed", "canceled") and record.phase not in ("completed", "done"):
        taken = record.phase == "started" and same_recipe(desired, record)
        made = placed(desired.job, with_results(record, live), observed.late, live) if taken else ()
        if there := [one for one in made if not one.gone]:
            told, paths = (f"{live.status}, with results",), tuple(one.path for one in there if one.path)
            return Change(desired.job.address, "wait", told, downloads=paths, fetch=True)
        why, before = f"the service ended the last run as {live.status}", observed.earlier is not None
        return _rerun(desired, record, (why,), observed, paid=live.spent > 0 or before)
    changed = changed_since_start(desired, with_earlier(record, None, observed.apart), live)
    if changed:
        draft = record.phase == "building" and record.intent is None
        others = update_reasons.foreign_details(desired, record, live) if draft else ()
        changed = update_reasons.foreign_reasons(others) or changed
        run = _rerun(desired, record, changed, observed, paid=True) if live.terminal else None
        run = run or _replace_running(desired, record, live, changed, observed)
        return replace(run, details=(*others, *(one for one in run.details if one not in others)))
    if live.terminal:
        return _finish(desired, record, live, observed)
    return Change(desired.job.address, "wait", (f"running on the service ({live.status})",), fetch=True)


def _about_to_run(desired: DesiredJob, record: JobRecord, live: LiveJob, observed: Observed) -> bool:
    """Whether the job was told to run, as desired, and only does not say so yet: services say ``incomplete`` then."""
    if record.phase != "started" or observed.waited or not (live.process and live.inputs):
        return False
    return all(call.starts for call in edit(desired, live, known(record)).calls)


def _finish(desired: DesiredJob, record: JobRecord, live: LiveJob | None, observed: Observed) -> Change:
    found = diff_outputs(desired, record, live, observed)
    if found.lost:
        again = _rerun(desired, record, tuple(why for _, why in found.lost), observed, paid=True)
        return replace(again, lost=tuple(dict.fromkeys(conversion for conversion, _ in found.lost)))
    return finish(desired, record, found)


def _after_failure(desired: DesiredJob, record: JobRecord, observed: Observed) -> Change:
    """A run that failed is run again, unasked only if it gave nothing and cost nothing, and takes the place of nothing
    that was paid for before it."""
    if observed.earlier is None:
        return _rerun(desired, record, (recipes.failure(record),), observed, paid=record.paid_for)
    before = replace(record, basis=with_earlier(observed.earlier, None, observed.apart).basis)
    failed = (recipes.failure(record),) if same_recipe(desired, record) else ()
    return _rerun(desired, before, (*failed, *recipes.why(desired, observed.earlier)), observed, paid=True)


def _from_cache(desired: DesiredJob, cached: JobRecord, observed: Observed, otherwise: Change) -> Change:
    """The same conversion of the same bytes was paid for before, here or elsewhere: its files are put in place."""
    where = placed(desired.job, cached, observed.late)
    return Change(
        desired.job.address,
        "cached",
        (*otherwise.reasons, f"{reasons.FREE}the results of {desired.fingerprint[:4]}.. are in the results cache"),
        (*otherwise.instead, *(call for call in otherwise.calls if call.afterwards)),
        details=otherwise.details,
        removes=otherwise.removes,
        downloads=tuple(one.path for one in where),
        paid_again=bool(otherwise.instead) and not (observed.live and observed.live.editable),
        problem=otherwise.problem,
        lost=otherwise.lost,
        instead=otherwise.instead,
    )


def _anew(desired: DesiredJob, record: JobRecord | None, observed: Observed) -> Change:
    """Nothing of it is on the service: it was never applied, or its files came from the results cache."""
    change = _create(desired, observed)
    if observed.earlier is not None and (record is None or record.empty):
        why = observed.why or recipes.why(desired, observed.earlier)
        again = _rerun(desired, observed.earlier, why, observed, paid=True)
        lost = tuple(item.id for item in desired.job.conversions) if observed.why and not observed.replace else ()
        return replace(again, lost=lost, forced=observed.replace)
    if record is not None and record.phase == "failed" and record.problem:
        return _after_failure(desired, record, observed)
    if record is not None and record.phase == "started":
        return _rerun(desired, record, (LOST,), observed, paid=True)
    if record is None or record.phase != "done":
        return change
    if not same_recipe(desired, record):
        why = recipes.why(desired, with_earlier(record, None, observed.apart))
        return _rerun(desired, record, why, observed, paid=True)
    found = diff_outputs(desired, record, None, observed)
    if found.downloads or found.lost:
        why = (*found.why, *(told for _, told in found.lost))
        return replace(_rerun(desired, record, why, observed, paid=True), lost=_lost(desired, record, observed))
    if lost := no_longer_there(desired, record):
        return replace(_rerun(desired, record, (LOST,), observed, paid=True), lost=lost)
    return finish(desired, record, found)


def _create(desired: DesiredJob, observed: Observed) -> Change:
    calls = create_calls(desired)
    why, problem, least = ("not applied yet",), conflicts(desired, observed), why_not_fewer(calls)
    return Change(
        desired.job.address, "create", why, calls, fetch=desired.job.process, problem=problem, lower_bound=least
    )


def _rerun(desired: DesiredJob, record: JobRecord, why: tuple[str, ...], observed: Observed, *, paid: bool) -> Change:
    """A finished job is never edited: its recipe changed, so it is run again as a new job."""
    calls = create_calls(desired)
    least = why_not_fewer(calls)
    if desired.job.lifecycle.on_replace == "delete" and desired.job.process and record.job_id and not observed.gone:
        calls = (*calls, *deletes([record.job_id], calls))
    told, removes = left_behind(desired, record, observed)
    before = with_earlier(record, observed.earlier, observed.apart)
    change = Change(
        desired.job.address,
        "re-run" if desired.job.process else "replace",
        (*(why or ("the recipe changed",)), *told),
        calls,
        details=recipes.details(desired, before),
        removes=removes,
        fetch=desired.job.process,
        paid_again=paid,
        first_runs=recipes.first_runs(desired, before) if paid else 0,
        lower_bound=least,
    )
    return replace(change, problem=forbidden(desired, paid=paid) or conflicts(desired, observed))


def _replace_running(
    desired: DesiredJob, record: JobRecord, live: LiveJob, why: tuple[str, ...], observed: Observed
) -> Change:
    cancel = Call("delete_job", live.id, reason="cancel the run of the old recipe")
    calls = (*(() if observed.shared else (cancel,)), *create_calls(desired, step=1))
    goes_on = ("another address waits for its job, which goes on",) if observed.shared else ()
    before = with_earlier(record, None, observed.apart)
    return Change(
        desired.job.address,
        "replace",
        (f"running ({live.status}) with another recipe", *why, *goes_on),
        calls,
        details=recipes.details(desired, before),
        fetch=desired.job.process,
        paid_again=True,
        first_runs=recipes.first_runs(desired, before),
        problem=forbidden(desired, paid=True) or conflicts(desired, observed),
    )


def _vanished(desired: DesiredJob, record: JobRecord, observed: Observed) -> Change:
    """The service no longer knows the job (it keeps results for about a day)."""
    if record.phase == "started" or (record.phase == "completed" and not record.files):  # nothing is known of results
        return _rerun(desired, record, (LOST,), observed, paid=True)
    if record.phase in ("done", "completed"):
        if lost := _lost(desired, record, observed):
            return replace(_rerun(desired, record, (LOST,), observed, paid=True), lost=lost)
        return finish(desired, record, diff_outputs(desired, with_gone(record, None), None, observed))
    return replace(_create(desired, observed), reasons=("the service no longer has the job, which was held",))


def _lost(desired: DesiredJob, record: JobRecord, observed: Observed) -> tuple[str, ...]:
    """The conversions of a job that is not on the service whose results are not all here."""
    found = diff_outputs(desired, with_gone(record, None), None, observed)
    return tuple(dict.fromkeys(conversion for conversion, _ in found.lost))


def _unseen(desired: DesiredJob, record: JobRecord, observed: Observed) -> Change:
    """Planned without asking the service (offline): the record is all there is."""
    if record.phase in ("done", "completed"):
        return _finish(desired, record, None, observed)
    if record.phase == "started":
        return Change(desired.job.address, "wait", ("started earlier; its status is not known (offline)",), fetch=True)
    return Change(desired.job.address, "update", ("not started; what is live is not known (offline)",))


def _update(desired: DesiredJob, record: JobRecord, live: LiveJob, observed: Observed) -> Change:
    """An unstarted job: edit it, or delete and recreate it where that takes fewer calls."""
    way = edit(desired, live, known(record), observed.apart)
    if not way.calls:
        held = f"{update_reasons.which(desired)}held on the service as the manifest says"
        return Change(desired.job.address, "no-op", (held,), bindings=way.bindings)
    known_of = with_earlier(record, observed.earlier, observed.apart)
    others = update_reasons.foreign_details(desired, record, live)
    if not way.one_by_one and cost_of(way.calls).key()[:2] > FEWEST_ANEW:
        anew = (Call("delete_job", live.id, reason="recreating takes fewer calls"), *create_calls(desired, step=1))
        if cost_of(anew).key()[:2] < cost_of(way.calls).key()[:2]:
            why = f"not started; recreating it takes {len(anew)} calls, editing it {len(way.calls)}"
            told = (why, *update_reasons.foreign_reasons(others))
            return _updated(desired, record, Edit(anew, {}), told, others, observed)
    told = update_reasons.why(desired, known_of, way.calls, others)
    return _updated(desired, known_of, way, told, others, observed)


def _updated(
    desired: DesiredJob,
    record: JobRecord,
    way: Edit,
    why: tuple[str, ...],
    others: tuple[Detail, ...],
    observed: Observed,
) -> Change:
    earlier = observed.earlier if any(call.starts for call in way.calls) else None
    paid = earlier is not None
    return Change(
        desired.job.address,
        "update" if way.bindings else "replace",
        why,
        way.calls,
        bindings=way.bindings,
        details=update_reasons.details(desired, record, others),
        fetch=desired.job.process,
        paid_again=paid,
        first_runs=recipes.first_runs(desired, earlier) if earlier else 0,
        problem=forbidden(desired, paid=paid) or (conflicts(desired, observed) if desired.job.process else ""),
        lower_bound="every call changes something that no other call of the plan can change",
    )
