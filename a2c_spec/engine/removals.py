"""What goes: jobs on the service, and files here, that are replaced or that nobody asks for; only what is ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from a2c_spec.api.going_files import remove
from a2c_spec.api.replaced import delete_replaced
from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Job
from a2c_spec.core.events import Event, Listener
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import ends_here, left_files, with_deletes, with_removals
from a2c_spec.core.reasons import kept_there
from a2c_spec.core.result_paths import predicted
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.core.transitions import files_alone, without_files, without_job
from a2c_spec.engine.files_that_stay import why_kept
from a2c_spec.engine.last_copies import by_job
from a2c_spec.engine.outcome import THE_REST
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.session import Session
from a2c_spec.errors import Conflict, NotCleanedUp, SpecError, of_the_system
from a2c_spec.manifests.expressions.template import render_late

RUNNING_HINT = "it stays recorded; try again once it has ended (`a2c-spec wait` waits for it)"


def with_cleanup(
    session: Session, job: Job, steps: list[PlannedChange], unused: Sequence[JobRecord]
) -> list[PlannedChange]:
    """The changes of all runs of a job, with what they, or earlier ones, leave behind, where it is not to stay."""
    asked, planned = [item.id for item in job.conversions], [(step.change, step.record) for step in steps]
    changes = [step.change for step in steps]
    if job.lifecycle.on_replace == "delete":
        changes = with_deletes(planned, unused, asked)
        if any(call.afterwards for change in changes for call in change.calls):  # only then are all records read
            there = by_job(session, job.address, steps)
            changes = with_deletes(planned, unused, asked, session.held_by_several(), there)
    if job.lifecycle.on_rename == "remove":
        steps = [replace(step, change=change) for step, change in zip(steps, changes, strict=True)]
        changes = _without_leftovers(session, steps, unused, asked)
    pairs = zip(steps, changes, strict=True)
    return [step if change is step.change else replace(step, change=change) for step, change in pairs]


def _without_leftovers(
    session: Session, steps: Sequence[PlannedChange], unused: Sequence[JobRecord], asked: Collection[str]
) -> list[Change]:
    """The changes, the first of which also removes what runs left of which nothing is wanted any more; --prune takes
    these away as a whole."""
    every = session.project.flags.prune
    if not all(ends_here(step.change, step.record) for step in steps):  # then is the time for it
        return [with_removals(step.change, (), step.change.removes) for step in steps]
    present = {path for step in steps for path in _present(step, asked)}
    replaced = [file for run in unused if not (every or run.running_or_held) for file in (*run.files, *run.leftover)]
    others = [file.path for file in replaced if file.path and file.conversion in asked]
    found = []
    for step in steps:
        change, record = step.change, step.record
        left = [file.path for file in left_files(record, asked, every=every)] if record else []
        more = [path for path in (*left, *others) if path not in present and not change.problem]
        others = []
        wrong = {path for path in (*more, *change.removes) if path in present or not _ours(session, path, change)}
        found.append(with_removals(change, more, wrong))
    return found


def _present(step: PlannedChange, asked: Collection[str]) -> Iterator[str]:
    """The paths at which a run has its results once its change is carried out, as far as they are known; not those of
    conversions that another run makes by then."""
    yield from (*step.change.downloads, *(move.target for move in step.change.moves))
    if step.desired and (step.change.fetch or step.change.action == "cached"):
        yield from (one.path for one in predicted(step.desired.job, render_late))
    elif step.record:
        mine = step.conversions if step.desired else asked
        files = (file for file in step.record.files if file.conversion in mine or file.conversion not in asked)
        yield from (file.path for file in files if file.path)


def _ours(session: Session, path: str, change: Change) -> bool:
    stands = session.files.status(path, change.address)
    return stands == "intact" and not why_kept(session, path, change.address)


@dataclass(slots=True)
class Cleaner:
    """Takes away the jobs and files that changes replace, once all that is asked of their address is where it belongs.

    ``waiting`` are changes that have ended while others of their address had not.
    """

    session: Session
    tell: Listener
    waiting: dict[str, list[Change]] = field(default_factory=dict)

    async def ended(self, change: Change) -> None:
        """One change has ended. Raises NotCleanedUp where something cannot be taken away, which takes nothing back of
        what was done and paid for before."""
        address = address_of(change.address)
        replaces = bool(change.removes) or any(call.afterwards for call in change.calls)
        waiting = [*self.waiting.pop(address, ()), *([change] if replaces else ())]
        if waiting and all(run.phase == "done" for run in self.session.store.runs(address) if not run.gone_since):
            for one in waiting:
                await _clean_up(self.session, one, self.tell)
        elif waiting:
            self.waiting[address] = waiting


async def _clean_up(session: Session, change: Change, tell: Listener) -> None:
    try:
        await _delete_replaced(session, change)
        await _remove_leftovers(session, change, tell)
    except (SpecError, OSError) as problem:
        error = of_the_system(problem) if isinstance(problem, OSError) else problem
        if change.action == "delete":
            raise error from problem  # nothing else was to be done
        told = f"all of it is here, and what it replaces is not deleted: {error.message}"
        raise NotCleanedUp(told, hint=THE_REST, address=change.address) from error


async def _delete_replaced(session: Session, change: Change) -> None:
    calls = [call for call in change.calls if call.afterwards]
    runs = session.store.runs(address_of(change.address)) if calls else ()
    if calls:
        stay = {run.job_id for run in runs if not run.gone_since} | session.held_by_several()
        calls = [call for call in calls if call.subject not in stay]
        await delete_replaced(session.service.executor, change.address, calls)


async def _remove_leftovers(session: Session, change: Change, tell: Listener) -> None:
    runs = session.store.runs(address_of(change.address)) if change.removes else ()
    current = [run for run in runs if not run.gone_since]
    anew = {file.conversion for run in current if run.address == change.address for file in run.files}
    before = {run.address: _made_anew(run, change, anew) for run in runs}
    present = {file.path for run in current for file in run.files if file not in before[run.address]}
    for run in runs:
        known = {file.path for file in (*run.leftover, *before[run.address], *(run.files if run.gone_since else ()))}
        paths = _removed(session, run, [path for path in change.removes if path in known - present], tell)
        if paths:
            await session.store.put(without_files(run, paths))


def _made_anew(run: JobRecord, change: Change, anew: Collection[str]) -> tuple[SavedFile, ...]:
    """The files of a run of the same address whose conversions the run of this change has made ``anew``."""
    if not change.makes or run.address == change.address:
        return ()
    return tuple(file for file in run.files if file.conversion in anew)


def _removed(session: Session, record: JobRecord, paths: Iterable[str], tell: Listener) -> list[str]:
    """Those of the files that were removed: each was the record's, and as it was written."""
    mine = [path for path in paths if session.files.owner(path) == record.address]
    gone = [path for path in mine if remove(session.files, path, record.address)]
    for path in gone:
        tell(Event("note", record.address, text=f"{path} was removed"))
    return gone


def plan_removal(
    record: JobRecord, jobs: Iterable[str], files: Sequence[str], why: str, stays: Sequence[str] = ()
) -> Change:
    """The change that takes a run away: a DELETE of each job, or of the preset, then its files, then its record.

    A 404 is fine, since it is gone then. ``stays`` says what is left.
    """
    kind = "delete_preset" if record.is_preset else "delete_job"
    calls = (Call(kind if job == record.job_id else "delete_job", job) for job in jobs)
    return Change(record.address, "delete", (why,), tuple(calls), removes=tuple(files), stays=tuple(stays))


async def remove_run(session: Session, change: Change, tell: Listener) -> None:
    """Takes a run away. One whose job the service does not cancel stays recorded, with its files; raises Conflict then.

    What the service keeps although it has ended is told. Of a run that leaves files, these stay recorded.
    """
    record = session.store.get(change.address)
    if record is None:
        return
    running = []
    for call in change.calls:
        job = str(call.subject)
        try:
            if record.phase == "building" and job == record.job_id and not (record.is_preset or change.paid_again):
                await session.service.client.check_not_started(job)
            live = await session.service.client.delete(call)
        except SpecError:
            await session.store.put(record)  # without the jobs that are deleted already
            raise
        if live is None:
            record = without_job(record, job)
        elif live.terminal:
            tell(Event("note", record.address, text=kept_there(job)))
        else:
            running.append(job)
    if running:
        await session.store.put(record)
        told = f"the service does not cancel it: {address_of(record.address)} (job {', '.join(running)})"
        raise Conflict(f"not deleted, because {told}", hint=RUNNING_HINT, address=record.address)
    _removed(session, record, change.removes, tell)
    left = files_alone(record, change.leaves, session.project.runtime.clock())
    await session.store.put(*([left] if left else ()), without=(record.address,))
