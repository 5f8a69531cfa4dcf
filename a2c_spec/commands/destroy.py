"""``destroy``: deletes jobs and presets from the service, and their records."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import ask, project_of, show_plan
from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change, Plan
from a2c_spec.core.reasons import counted
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.selection import whole_addresses
from a2c_spec.engine.session import open_session
from a2c_spec.errors import Conflict, LimitRefused, UsageError

if TYPE_CHECKING:
    from a2c_spec.engine.session import Session

RUNNING_HINT = "it stays recorded; destroy it again once it has ended (`a2c-spec wait` waits for it)"


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
    return asyncio.run(_destroy(flags_of(given), addresses, files=files, yes=yes))


async def _destroy(flags: Flags, addresses: tuple[str, ...], *, files: bool, yes: bool) -> int:
    project = project_of(flags)
    async with open_session(project) as session:
        with session.store.lock("destroy"):
            every, keys = list(session.store.scan()), set(session.keys(addresses))
            chosen = [record for record in every if record.address in keys]
            if not chosen:
                raise UsageError("nothing is recorded that could be destroyed")
            others = {record.job_id for record in every if record not in chosen}
            runs: dict[str, list[JobRecord]] = {}
            for record in chosen:
                runs.setdefault(address_of(record.address), []).append(record)
            calls = {record.address: _calls(record, others) for record in chosen}
            plan = Plan(tuple(_change(session, address, some, calls, files=files) for address, some in runs.items()))
            show_plan(project, plan)
            _confirm(plan, yes=yes)
            kept = [(record, await _delete(session, record, calls[record.address], files=files)) for record in chosen]
    if running := [(record.address, ids) for record, ids in kept if ids]:
        told = ", ".join(f"{address} (job {', '.join(ids)})" for address, ids in running)
        raise Conflict(f"not destroyed, because the service does not cancel it: {told}", hint=RUNNING_HINT)
    return 0


def _calls(record: JobRecord, others: Collection[str]) -> tuple[Call, ...]:
    """One DELETE for each job that may be on the service; a 404 is fine, since it is gone then.

    ``others`` are jobs of addresses that are not destroyed: one of several results may be another address's by now.
    """
    former = [job for job in record.former_jobs if job not in others]
    kind = "delete_preset" if "preset" in record.elements else "delete_job"
    present = [Call(kind, record.job_id)] if record.job_id and record.job_id not in others else []
    return (*(Call("delete_job", job) for job in former), *present)


def _change(
    session: Session, address: str, runs: Sequence[JobRecord], calls: Mapping[str, Sequence[Call]], *, files: bool
) -> Change:
    """What happens to an address, or to one run of it where only that is named."""
    every = tuple(dict.fromkeys(call for run in runs for call in calls[run.address]))
    kept = counted(len({path for run in runs for path in _places(run)}), "file")
    present = {run.job_id for run in runs if not run.gone_since}
    former = len([call for call in every if call.subject not in present])
    earlier = f"; with {counted(former, 'earlier job')}" if former else ""
    places = {(path, run.address) for run in runs for path in _places(run)}
    going = sorted(path for path, key in places if files and session.files.removable(path, key))
    return Change(address, "delete", (f"requested by destroy; {kept} here{earlier}",), every, removes=tuple(going))


def _places(record: JobRecord) -> set[str]:
    """Where its results are, also those of earlier runs that stayed."""
    return {file.path for file in (*record.files, *record.leftover) if file.path}


def _confirm(plan: Plan, *, yes: bool) -> None:
    if yes:
        return
    answer = ask(f"Delete {counted(len(plan.changes), 'address')}?")
    if answer is None:
        raise LimitRefused("destroy needs a confirmation", hint="add -y to allow it; nothing was sent")
    if not answer:
        raise LimitRefused("not confirmed; nothing was sent")


async def _delete(session: Session, record: JobRecord, calls: Sequence[Call], *, files: bool) -> list[str]:
    """The jobs that run and cannot be cancelled; what has one stays recorded, with its files."""
    running = [call.subject for call in calls if await session.service.client.delete(call) is not None]
    if running:
        return [str(job) for job in running]
    for path in _places(record) if files else ():
        session.files.remove(path, record.address)
    await session.store.put(without=(record.address,))
    return []
