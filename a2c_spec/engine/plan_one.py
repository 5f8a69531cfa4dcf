"""Plans one address: from its manifest, its record, the disk and, only where needed, the service."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from a2c_spec.core import reasons
from a2c_spec.core.desired import Job
from a2c_spec.core.foreign import told_of_start
from a2c_spec.core.graph import needs
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import needs_live, other_bytes, plan_forget, plan_job, recognised, started_in_part
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.result_paths import by_conversion
from a2c_spec.core.results import with_gone
from a2c_spec.core.run_division import Part, divide, restricted
from a2c_spec.core.run_records import merged, names_there, out_of_time
from a2c_spec.core.skipping import only_skipped
from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import settled, without_job
from a2c_spec.engine.desired import Dependencies, make_ready
from a2c_spec.engine.held_inputs import may_be_held, with_held_inputs
from a2c_spec.engine.lost_calls import look
from a2c_spec.engine.planned import Lost, Pending, PlannedChange, Traded
from a2c_spec.engine.removals import with_cleanup
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.session import Session
from a2c_spec.manifests.expressions.template import render_late

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.live import LiveJob

LOOK_AGAIN = 1.0
"""Seconds until a job is read once more that does not show a result which the service still has to keep."""
FOUND_OUT = "apply finds out with a draft, which costs nothing, and takes the job or makes it"
"""What is going to happen where a create was lost, and nothing tells yet how the service writes times."""


def prepared(
    session: Session,
    job: Job,
    dependencies: Dependencies,
    chosen: Selection,
    lost: Lost = Lost(),  # noqa: B008 - frozen
    found: Mapping[str, JobRecord] = {},
    traded: Traded = Traded(),  # noqa: B008 - frozen
) -> tuple[list[Pending], tuple[JobRecord, ...]]:
    """Everything about one job that can be had without the service, run by run; and runs of which nothing is wanted.

    ``found`` are runs, by key, of which more is known than is stored.
    """
    recorded = session.store.runs(job.address)
    stored = {run.address: run for run in traded.runs(recorded)}
    runs = [found.get(run.address, run) for run in traded.runs(session.on_disk(recorded))]
    desired = make_ready(job, merged(runs), session, dependencies)
    ignoring = runs if job.lifecycle.ignore and len(runs) > 1 else ()
    own = {run.address: make_ready(job, run, session, dependencies) for run in ignoring}
    items, asked = desired.job.conversions, chosen.replaces(job)
    again = bool(asked) and len(asked) == len(items)
    lost = Lost(lost.conversions | asked, (*lost.why, reasons.ASKED)) if asked and not again else lost
    making = partial(dependencies.makes_elsewhere, job.address)
    cached = partial(session.results.soon_there, desired, making, {*asked})
    skipped = only_skipped(desired.job, render_late, partial(session.files.is_taken, address=job.address))
    several = len(runs) > 1 or len(items) > 1
    foreseen = by_conversion(desired.job, render_late, names_there(runs, items)) if several else {}
    division = divide(
        desired, runs, again=again, lost=lost.conversions, skipped=skipped, cached=cached, own=own, foreseen=foreseen
    )
    parts = [(own.get(part.key, desired), part, stored.get(part.key)) for part in division.parts]
    return [_pending(session, *part, lost, asked) for part in parts], division.unused


def prepared_run(
    session: Session, job: Job, dependencies: Dependencies, chosen: Selection, record: JobRecord | None = None
) -> Pending:
    """The same of one run that was planned before."""
    record = record or session.record(job.address)
    desired = make_ready(job, record, session, dependencies)
    part = Part(job.address, tuple(item.id for item in job.conversions), record)
    stored = session.store.get(job.address)
    return _pending(session, desired, part, stored, Lost(), chosen.replaces(job))


def _pending(
    session: Session, desired: DesiredJob, part: Part, stored: JobRecord | None, lost: Lost, asked: Collection[str]
) -> Pending:
    """``stored`` is the record of the run as the state has it; that of the part may know better. ``asked`` are the
    conversions that --replace names."""
    mine = restricted(desired, part)
    record = session.with_returned(mine, part.record) if part.record else None
    why = lost.why if lost.conversions.intersection(part.conversions) else ()
    ids = {item.id for item in desired.job.conversions}
    apart = frozenset(ids).difference(part.conversions)
    again = not set(asked).isdisjoint(part.conversions)
    known = Observed(render_late, replace=again, earlier=part.earlier, why=why, apart=apart)
    observed = session.observe(mine, record, None, known)
    if record is None or stored is None:
        return Pending(mine, record, observed)
    away = [file for file in record.leftover if file.aside and file not in stored.leftover]
    away = [file for file in away if file.path and file.conversion not in ids]
    away = [file for file in away if session.files.status(file.path, part.key) != "absent"]
    gone = dict.fromkeys(file.conversion.lstrip("#") for file in away)
    names = [f"conversion {name} is no longer in the manifest" for name in gone]
    filed_anew = (record.elements, record.files, record.leftover) != (stored.elements, stored.files, stored.leftover)
    aside = (*names, *(reasons.stays(file.path) for file in away))
    record = replace(record, gone_since=0.0) if record.gone_since else record
    return Pending(mine, record, observed, aside, filed_anew or stored.gone_since > 0)


def plan_from_records(
    session: Session, job: Job, pending: Sequence[Pending], unused: Sequence[JobRecord], *, offline: bool
) -> list[PlannedChange] | None:
    """The changes of the runs of a job where that needs no answer of the service; else None."""
    steps = [plan_from_record(session, one, offline=offline) for one in pending]
    found = [step for step in steps if step is not None]
    if len(found) < len(pending):
        return None
    if offline or not (unused or any(one.record for one in pending)):
        return with_cleanup(session, job, found, unused)
    held = any(may_be_held(session, one, step.change) for one, step in zip(pending, found, strict=True))
    return None if held or lost_results(found).conversions else with_cleanup(session, job, found, unused)


def lost_results(steps: Sequence[PlannedChange]) -> Lost:
    """What is lost of runs that have other results, which need not be made again."""
    some = [
        step.change for step in steps if step.desired and 0 < len(step.change.lost) < len(step.desired.job.conversions)
    ]
    lost = frozenset(name for change in some for name in change.lost)
    whys = [why for change in some for why in change.reasons if not why.startswith(reasons.FREE)]
    return Lost(lost, tuple(dict.fromkeys(whys)))


def begun_in_part(steps: Sequence[PlannedChange]) -> dict[str, JobRecord]:
    """By key, drafts that somebody started and that make only some of what is desired, as the runs that they are."""
    seen = [started_in_part(one.record, one.desired, one.live) for one in steps]
    return {run.address: run for run in seen if run is not None}


async def plan_address(
    session: Session,
    job: Job,
    dependencies: Dependencies,
    chosen: Selection,
    client: Client | None,
    traded: Traded = Traded(),  # noqa: B008 - frozen
) -> tuple[list[PlannedChange], tuple[JobRecord, ...]]:
    """The changes of all runs of a job, as far as needed with the service's answers; and runs that nobody wants."""
    others = traded.gained.values()
    lost, begun = Lost(), dict[str, JobRecord]()
    if client is not None:
        await look(session, session.runs(job.address), client)
    undecided = {key: f"{error.message}; {FOUND_OUT}" for key, error in session.lost.undecided.items()}
    while True:
        pending, unused = prepared(session, job, dependencies, chosen, lost, begun, traded)
        steps = [await plan_run(session, one, client, undecided, others) for one in pending]
        steps = [_adopting(step, session.lost.found) for step in steps]
        more, some = lost_results(steps), begun_in_part(steps)
        begun |= some
        if client is None or not (some or more.conversions - lost.conversions):
            steps = with_cleanup(session, job, steps, unused)
            return [replace(step, whole=job if needs(job) else None) for step in steps], unused
        lost = Lost(lost.conversions | more.conversions, (*lost.why, *more.why))


def plan_from_record(session: Session, pending: Pending, *, offline: bool) -> PlannedChange | None:
    """The change of a run where manifest, record and disk are enough; None when the service must be asked."""
    desired, record, observed = pending.desired, pending.record, pending.observed
    if record is not None and record.lost_start:
        why = "the answer to an earlier create is missing; plan without --offline to look for its job"
        return _undecided(pending, record, why) if offline else None
    change = plan_with_cache(session, pending, record, observed)
    if offline or change.action == "no-op" or not needs_live(desired, record, observed):
        return _planned(pending, record, change)
    return None


def _planned(pending: Pending, record: JobRecord | None, change: Change, live: LiveJob | None = None) -> PlannedChange:
    """The change, which also says which results no manifest asks for any more."""
    if pending.aside:
        idle = change.action == "no-op"
        said = pending.aside if idle else (*change.reasons, *pending.aside)
        change = replace(change, action="forget" if idle else change.action, reasons=said)
    return PlannedChange(change, pending.desired, record, live=live, filed_anew=pending.filed_anew)


def _undecided(pending: Pending, record: JobRecord, why: str) -> PlannedChange:
    """What became of a create is not known; nothing is done before it is."""
    return _planned(pending, record, Change(record.address, "adopt", (why,)))


def _adopting(step: PlannedChange, found: Mapping[str, str]) -> PlannedChange:
    """The change, which says that its job is one whose create was lost; ``found`` are these jobs, by run."""
    job_id = found.get(step.change.address)
    if job_id is None or step.record is None or step.record.job_id != job_id:
        return step
    reason = f"job {job_id} was created by a call whose answer was lost"
    change = replace(step.change, reasons=(reason, *step.change.reasons))
    change = change if change.action == "cached" else replace(change, action="adopt")
    return replace(step, change=change, filed_anew=True)


async def plan_run(
    session: Session,
    pending: Pending,
    client: Client | None,
    undecided: Mapping[str, str] = {},
    others: Collection[JobRecord] = (),
) -> PlannedChange:
    """The change of a run, asked of the service where needed; bytes that it holds are not sent again.

    ``others`` are runs under another address, which become those of this one.

    A run whose create was lost has been looked for: ``undecided`` says why that is not decided, else it made no job.
    """
    record = pending.record
    if client is not None and record is not None and record.lost_start:
        if why := undecided.get(record.address):
            return _undecided(pending, record, why)
        anew = await plan_run(session, replace(pending, record=settled(record)), client)
        return replace(anew, record=record)  # apply looks again before it pays
    step = plan_from_record(session, pending, offline=client is None)
    step = step or await plan_from_live(session, pending, client)
    wrong = bool(step.live and step.record and other_bytes(pending.desired, step.record, step.live))
    if client is None or wrong or not may_be_held(session, pending, step.change, others):
        return step
    holding = may_be_held(session, pending, step.change, others, client.wire.service_time())
    if not holding:
        return step
    pending, seen = await with_held_inputs(holding, pending, client)
    again = plan_from_record(session, pending, offline=False)
    again = again or await plan_from_live(session, pending, client, step.live)
    return replace(again, live=again.live or seen)


def run_replaced(
    session: Session, record: JobRecord, asked: Collection[str], live: LiveJob | None = None
) -> PlannedChange:
    """A run of which nothing is wanted any more, told where it runs or files stay; ``asked``: what is wanted."""
    since = replace(session.store.get(record.address) or record, gone_since=session.project.runtime.clock())
    here = session.still_here(record)
    if not record.running_or_held and not here.files:
        return PlannedChange(Change(record.address, "no-op", ()), None, since)
    gone = [name for name in record.basis.get("conversions", {}) if name not in asked]
    why = f"conversion {', '.join(gone)} is no longer in the manifest" if gone else "another run makes its results now"
    return PlannedChange(plan_forget(here, why, live), None, record)


async def plan_run_again(
    session: Session, step: PlannedChange, dependencies: Dependencies, chosen: Selection, client: Client
) -> PlannedChange:
    """The change of a run that was planned before, once more is known of what it depends on."""
    if step.desired is None:
        return step
    again = await plan_run(session, prepared_run(session, step.desired.job, dependencies, chosen, step.record), client)
    return replace(step, change=again.change, desired=again.desired, record=again.record, live=again.live)


async def plan_from_live(
    session: Session, pending: Pending, client: Client | None, live: LiveJob | None = None, *, sure: bool = False
) -> PlannedChange:
    """The change of a run that must be read from the service first, unless ``live`` is what it said.

    One answer without a result that the service has to keep is no reason to pay again: then it is asked once more.
    """
    desired, record = pending.desired, pending.record
    assert record is not None  # noqa: S101 - what is not recorded is planned from the record
    assert client is not None  # noqa: S101 - offline, everything is planned from the record
    live = live or await session.lost.job(client, record.job_id)
    if live is not None:
        record = recognised(record, desired, live)
    known = pending.observed
    observed = session.observe(desired, record, live, known) if live is not None else replace(known, gone=True)
    before, change = pending.record or record, plan_with_cache(session, pending, record, observed)
    held = (before.phase == "building" and not before.start_sent) or record.job_id in session.lost.elsewhere
    change = told_of_start(change, live, record) if held else change
    doubtful = change.lost and change.starts and live and not sure
    if doubtful and not out_of_time(record, client.wire.service_time()):
        await session.project.runtime.sleep(LOOK_AGAIN)
        return await plan_from_live(session, pending, client, sure=True)
    if live is None and record.phase == "building" and change.action == "create":
        record = without_job(record, record.job_id)  # there is nothing of it to delete, ever
    return _planned(pending, with_gone(record, live) if change.lost or change.moves else record, change, live)


def plan_with_cache(session: Session, pending: Pending, record: JobRecord | None, observed: Observed) -> Change:
    """The change of a job; before anything is paid for, the results cache is looked at."""
    change = plan_job(pending.desired, record, observed)
    wanted = change.starts and not observed.replace
    cached = session.results.known(pending.desired, record) if wanted else None
    return plan_job(pending.desired, record, replace(observed, cached=cached)) if cached else change
