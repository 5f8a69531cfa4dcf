"""Jobs that are deleted because their results are made, or taken, elsewhere: those of ``on_replace: delete`` once these
are where they belong, one that is held or makes something else before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from a2c_spec.core.calls import Call, Effect
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.reasons import counted, lost_there
from a2c_spec.core.state import JobRecord

FROM_CACHE = "its results come from the results cache"

Planned = tuple[Change, JobRecord | None]
"""The change of a run, and its record."""


def deletes(jobs: Iterable[str], calls: Sequence[Call]) -> tuple[Call, ...]:
    """A DELETE of each job, after these calls and once their results are there."""
    step = max((call.step + 1 for call in calls), default=0)
    effects = (Effect("job", None),)
    kind, why = "delete_job", "another one takes its place"
    return tuple(Call(kind, job, effects=effects, step=step, afterwards=True, reason=why) for job in jobs)


def let_go(observed: Observed) -> tuple[Call, ...]:
    """The DELETE of the job that a run has, and that has not ended, where nothing is wanted of it any more; others may
    wait for it."""
    live = observed.live
    if live is None or live.terminal or observed.shared:
        return ()
    return (Call("delete_job", live.id, reason=FROM_CACHE),)


def with_deletes(
    planned: Sequence[Planned],
    unused: Iterable[JobRecord],
    asked: Collection[str],
    shared: Collection[str] = (),
    there: Mapping[str, int] = {},
) -> list[Change]:
    """The changes of all runs of an address, with a DELETE of every job that is replaced once they are carried out.

    All stand in one change: the last that makes something, else the last. ``unused`` are runs of which nothing is
    wanted, ``asked`` the conversions of the manifest. Nothing is deleted as long as something that is asked for will
    still be missing. A job of which the service refused to be rid is left alone, and so are ``shared`` ones, of which
    other addresses have results. What was paid for, and is not here, is not deleted unasked: ``there`` says of which
    jobs so many results are only on the service.
    """
    changes = [replace(change, calls=tuple(one for one in change.calls if not one.afterwards)) for change, _ in planned]
    if not all(ends_here(change, record) for change, record in planned):
        return changes
    unused, records = [*unused], [record for _, record in planned if record]
    jobs = [str(call.subject) for change, _ in planned for call in change.calls if call.afterwards]
    jobs += [job for run in (*records, *unused) for job in run.former_jobs]
    jobs += [run.job_id for run in unused if run.job_id and _replaced(run, asked)]
    stays = {record.job_id for change, record in planned if record and not change.makes}
    stays |= {job for run in (*records, *unused) for job in run.undeletable} | {*shared}
    doomed = [job for job in dict.fromkeys(jobs) if job not in stays]
    if doomed:
        place = max((number for number, change in enumerate(changes) if change.makes), default=len(changes) - 1)
        changes[place] = _with(changes[place], doomed, there)
    return changes


def ends_here(change: Change, record: JobRecord | None) -> bool:
    """Whether all results are where they belong once the change is carried out."""
    there = record is not None and record.phase == "done" and not change.makes
    return not change.problem and (change.fetch or change.action == "cached" or there)


def _replaced(run: JobRecord, asked: Collection[str]) -> bool:
    """Whether a run has ended and others make its results; what is no longer asked for nobody has replaced."""
    made = run.basis.get("conversions", {})
    return run.phase not in ("building", "started") and (not made or any(name in asked for name in made))


def _with(change: Change, jobs: Sequence[str], there: Mapping[str, int]) -> Change:
    change = replace(change, calls=(*change.calls, *deletes(jobs, change.calls)))
    if change.action != "no-op":
        change = replace(change, reasons=(*change.reasons, _told(len(jobs))))
    else:
        told = f"{counted(len(jobs), 'job')} that it replaced {'is' if len(jobs) == 1 else 'are'} deleted"
        change = replace(change, action="delete", reasons=(told,))
    lost = sum(there.get(job, 0) for job in jobs)
    said = (*change.reasons, lost_there(lost))
    return replace(change, only_there=lost, paid_again=True, reasons=said) if lost else change


def _told(jobs: int) -> str:
    return f"once its results are here, {counted(jobs, 'job')} that it replaces {'is' if jobs == 1 else 'are'} deleted"


def spared(change: Change, shared: Collection[str], there: Mapping[str, int] = {}) -> Change:
    """The change without the DELETE of jobs of which, as the whole plan shows, other addresses have results then."""
    doomed = [str(call.subject) for call in change.calls if call.afterwards]
    left = [job for job in doomed if job not in shared]
    if left == doomed:
        return change
    calls = tuple(call for call in change.calls if not call.afterwards)
    if change.action == "delete":
        bare = replace(change, action="no-op", calls=calls, reasons=("unchanged",), paid_again=False)
    else:
        untrue = {_told(len(doomed)), lost_there(change.only_there)}
        bare = replace(change, calls=calls, reasons=tuple(why for why in change.reasons if why not in untrue))
    bare = replace(bare, only_there=0)
    return _with(bare, left, there) if left else bare
