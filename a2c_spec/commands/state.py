"""``state``: lists, shows, renames and removes records, and adopts a job by hand."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import did, emit, project_of, style_of
from a2c_spec.core.adoption import adopt, matches
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.digest_key import NOTE, check_of, own_key
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.engine.selection import whole_addresses
from a2c_spec.engine.session import open_session, open_state
from a2c_spec.errors import Conflict, UsageError
from a2c_spec.views import records


@click.group("state")
def command() -> None:
    """List, show, rename, remove or adopt records. Nothing on the service or on disk changes."""


@command.command("list")
@options.project
def state_list(**given: Any) -> int:
    """Show every recorded address."""
    project = project_of(flags_of(given))
    with open_state(project) as session:
        found, nothing = list(session.store.scan()), session.nothing()
        told = f"recorded for {session.results.realm}"
    emit(
        project.flags,
        lambda: [records.record_json(record) for record in found],
        lambda: f"{records.listing(found, style_of(project))}\n{told}" if found else nothing,
    )
    return 0


@command.command("show")
@click.argument("address")
@options.project
def state_show(address: str, **given: Any) -> int:
    """Show an address in full, run by run (report, report#2, ...), or one run: facts, then intent."""
    project = project_of(flags_of(given))
    found = asyncio.run(_runs(project, address))
    emit(
        project.flags,
        lambda: records.runs_json(found),
        lambda: "\n\n".join(records.detail(record, None, style_of(project)) for record in found),
    )
    return 0


async def _runs(project: Project, address: str) -> tuple[JobRecord, ...]:
    """Every run of an address, the first one first; of the key of a run, that one."""
    async with open_session(project) as session:
        session.recorded(address)
        return session.store.runs(address)


@command.command("mv")
@click.argument("old")
@click.argument("new")
@options.project
def state_mv(old: str, new: str, **given: Any) -> int:
    """Give a record another address; nothing is run again."""
    return asyncio.run(_moved(flags_of(given), old, new))


async def _moved(flags: Flags, old: str, new: str) -> int:
    project = project_of(flags)
    whole_addresses(old, new)
    async with open_session(project) as session:
        with session.store.lock("state mv"):
            session.recorded(old)
            if session.store.get(new) is not None:
                raise UsageError(f"{new} is recorded already", hint=f"`a2c-spec state rm {new}` removes the record")
            runs = session.store.runs(old)
            moved = [replace(run, address=new + run.address.removeprefix(old)) for run in runs]
            await session.store.put(*moved, without=[run.address for run in runs])
    did(project.flags, f"{old} is now {new}", moved={"from": old, "to": new})
    return 0


@command.command("rm")
@click.argument("address")
@options.project
def state_rm(address: str, **given: Any) -> int:
    """Remove the record of an address, or of one run of it (report#2); its job and its files stay where they are."""
    return asyncio.run(_removed(flags_of(given), address))


async def _removed(flags: Flags, address: str) -> int:
    project = project_of(flags)
    async with open_session(project) as session:
        with session.store.lock("state rm"):
            session.recorded(address)
            runs = session.store.runs(address)
            await session.store.put(without=[run.address for run in runs])
    stays = "it stays on the service" if any(run.is_preset for run in runs) else "its job and its files stay"
    told = [f"the record of {address} is removed; {stays}", *map(_job_that_stays, runs)]
    jobs = [job for run in runs for job in run.jobs]
    did(project.flags, "; ".join(filter(None, told)), removed=address, jobs=jobs)
    return 0


def _job_that_stays(run: JobRecord) -> str:
    """Which job a record that is removed was of, since nothing here names it afterwards."""
    if run.is_preset:
        return f"its id there is {run.job_id}"
    made = "a create whose answer is missing may have made one more job" if run.unresolved else ""
    return " and ".join(filter(None, [f"job {run.job_id} was {run.phase} when last seen" if run.job_id else "", made]))


@command.command("new-key")
@options.project
def state_new_key(**given: Any) -> int:
    """Accept the current digest key if that of the state is lost; jobs that use secrets run again once."""
    project = project_of(flags_of(given))
    with open_state(project) as session, session.store.lock("state new-key"):
        key = own_key(project.environ)
        session.store.write_note(NOTE, check_of(key), over=True)
    did(project.flags, "from now on, digests of secrets are made with the current key", new_key=check_of(key))
    return 0


@command.command("adopt")
@click.argument("address")
@click.argument("job_id")
@options.project
def state_adopt(address: str, job_id: str, **given: Any) -> int:
    """Name the job of a create whose answer was lost, if several look alike."""
    return asyncio.run(_adopted(flags_of(given), address, job_id))


async def _adopted(flags: Flags, address: str, job_id: str) -> int:
    project = project_of(flags)
    async with open_session(project) as session:
        with session.store.lock("state adopt"):
            first = session.recorded(address)
            record = next((run for run in session.store.runs(address) if run.unresolved), first)
            live = await session.service.client.job(job_id)
            if record.intent is None or not record.unresolved:
                raise UsageError(
                    f"no create of {address} is waiting for an answer; its job is {record.job_id or 'none'}"
                )
            if live is None or not matches(record.intent, live):
                raise Conflict(f"job {job_id} is not what the create of {address} asked for", address=address)
            now = session.service.client.wire.service_time()
            await session.service.executor.recorder.save_created(adopt(record, live, now), record, now)
    did(project.flags, f"{address} is job {job_id} now", adopted={"address": address, "job_id": job_id})
    return 0
