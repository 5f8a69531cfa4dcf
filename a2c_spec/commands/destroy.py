"""``destroy``: deletes jobs and presets from the service, and their records."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import click

from a2c_spec.api.going_files import removable
from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import ConsoleReporter, project_of, show_result, talk
from a2c_spec.core.live import LiveJob
from a2c_spec.core.plan import Change, Plan
from a2c_spec.core.planner import running
from a2c_spec.core.reasons import counted, deleted_there, listed, lost_there, stays
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.files_that_stay import stands, why_kept
from a2c_spec.engine.interrupts import stoppable
from a2c_spec.engine.last_copies import last_copies
from a2c_spec.engine.lost_calls import look_at_each
from a2c_spec.engine.outcome import ApplyOptions, Result
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project
from a2c_spec.engine.read_jobs import read_each
from a2c_spec.engine.refresh import as_there
from a2c_spec.engine.removals import plan_removal
from a2c_spec.engine.selection import EVERYTHING, whole_addresses
from a2c_spec.engine.session import Session, open_session
from a2c_spec.errors import LimitRefused, UsageError


@click.command("destroy")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--all", "everything", is_flag=True, help="Every recorded address.")
@click.option("--files", is_flag=True, help="Also remove the result files, except those that were changed.")
@options.yes
@options.project
def command(addresses: tuple[str, ...], everything: bool, files: bool, yes: bool, **given: Any) -> int:
    """Delete jobs and presets from the service, with their records; files here stay unless --files."""
    if bool(addresses) == everything:
        raise UsageError("name the addresses to destroy, or add --all")
    whole_addresses(*addresses)
    project = project_of(flags_of(given))
    reporter = ConsoleReporter(project)
    work = _destroy(project, reporter, addresses, files=files, yes=yes)
    result = asyncio.run(stoppable(work, lambda text: talk(project.flags, text), reporter.close))
    return show_result(project, result)


async def _destroy(
    project: Project, reporter: ConsoleReporter, addresses: tuple[str, ...], *, files: bool, yes: bool
) -> Result:
    from a2c_spec.engine.execution import Execution

    async with open_session(project, reporter) as session:
        with session.store.lock("destroy"):
            if not session.keys(addresses):
                raise UsageError("nothing is recorded that could be destroyed")
            runs = [record for key in session.keys(addresses) if (record := session.store.get(key))]
            await look_at_each(session, runs, session.service.client)
            every, keys = list(session.store.scan()), set(session.keys(addresses))
            chosen = [record for record in every if record.address in keys]
            others = {record.job_id for record in every if record not in chosen}
            read = partial(as_there, client=session.service.client, lost=session.lost)
            reads = await read_each(chosen, read, project.flags.parallelism)
            seen = {record.address: (record, live) for record, live in reads.found}
            told = {one.address: _lost(session, *seen.get(one.address, (one, None)), others) for one in chosen}
            changes = [told[one.address].of(_change(session, one, others, files=files)) for one in chosen]
            steps = [PlannedChange(change, None, one) for change, one in zip(changes, chosen, strict=True)]
            addresses = tuple(dict.fromkeys(address_of(record.address) for record in chosen))
            plan = Plan(tuple(_shown(address, steps) for address in addresses))
            reporter.plan(plan)
            _confirm(plan, reporter, yes=yes)
            return await Execution(session, ApplyOptions(yes), reporter, EVERYTHING).run(steps, ())


@dataclass(frozen=True, slots=True)
class _Lost:
    """What was paid for and goes with a run: the jobs that run, and results of which there is no other copy."""

    running: tuple[str, ...] = ()
    there: int = 0

    def words(self) -> Iterator[str]:
        """What is said of it."""
        yield from (f"its job {job} runs, is paid for, and is cancelled" for job in self.running)
        yield from (lost_there(self.there),) if self.there else ()

    def of(self, change: Change) -> Change:
        """The change that takes the run away, with what is lost."""
        paid = bool(self.running or self.there)
        return replace(change, running=self.running, only_there=self.there, paid_again=paid)


def _lost(session: Session, record: JobRecord, live: LiveJob | None, others: Collection[str]) -> _Lost:
    """``live`` is the job of the run, where it had to be read; what cannot be read is told as it is recorded."""
    if record.is_preset or record.job_id in others:
        return _Lost()
    return _Lost(running(record, live), last_copies(session, record, live))


def _change(session: Session, record: JobRecord, others: Collection[str], *, files: bool) -> Change:
    """One DELETE for each job that may be on the service, and with ``files`` those that are as they were written.

    ``others`` are jobs of addresses that are not destroyed: one of several results may be another address's by now.
    """
    jobs = [job for job in record.jobs if job not in others]
    going = [path for path in sorted(_places(record)) if files and removable(session.files, path, record.address)]
    left = [path for path in sorted(_places(record)) if path not in going and stands(session, path, record)]
    told = [stays(path, why_kept(session, path, record.address) if files else "") for path in left]
    unsure = session.lost.undecided.get(record.address) if record.unresolved else None
    told += [f"{unsure.message}; none is deleted"] if unsure else []
    return plan_removal(record, jobs, going, "requested by destroy", told)


def _shown(address: str, steps: Sequence[PlannedChange]) -> Change:
    """What happens to an address with all its runs."""
    mine = [step for step in steps if address_of(step.change.address) == address]
    records = [step.record for step in mine if step.record]
    calls = tuple(dict.fromkeys(call for step in mine for call in step.change.calls))
    present = {record.job_id for record in records if not record.gone_since}
    former = len([call for call in calls if call.subject not in present])
    removes = tuple(dict.fromkeys(path for step in mine for path in step.change.removes))
    earlier = f"; with {counted(former, 'earlier job')}" if former else ""
    left = tuple(dict.fromkeys(told for step in mine for told in step.change.stays))
    runs = tuple(dict.fromkeys(job for step in mine for job in step.change.running))
    lost = _Lost(runs, sum(step.change.only_there for step in mine))
    why = "; ".join([f"requested by destroy{earlier}", *lost.words()])
    return lost.of(Change(address, "delete", (why,), calls, removes=removes, stays=left))


def _places(record: JobRecord) -> set[str]:
    """Where its results are, also those of earlier runs that stayed."""
    return {file.path for file in (*record.files, *record.leftover) if file.path}


def _confirm(plan: Plan, reporter: ConsoleReporter, *, yes: bool) -> None:
    if yes:
        return
    calls = len({call for change in plan.changes for call in change.calls})
    files = len([path for change in plan.changes for path in change.removes])
    goes = [f"{counted(calls, 'job')} on the service"] if calls else []
    goes += [f"{counted(files, 'file')} here"] if files else []
    what = f" ({' and '.join(goes)})" if goes else ""
    runs = [change.address for change in plan.changes if change.running]
    lost = [f"{listed(runs)} would be cancelled while it runs, although already paid for"] if runs else []
    there = sum(change.only_there for change in plan.changes)
    lost += [deleted_there(there)] if there else []
    first = f"{'; '.join(lost)}. " if lost else ""
    answer = reporter.confirm(f"{first}Delete {counted(len(plan.changes), 'address')}{what}?")
    if answer is None:
        raise LimitRefused(
            "; ".join(["destroy needs a confirmation", *lost]), hint="add -y to allow it; nothing was sent"
        )
    if not answer:
        raise LimitRefused("not confirmed; nothing was sent")
