"""What may have become of runs since they were recorded: starting calls whose answers were lost, and drafts that
somebody started. That is found out before others plan."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from a2c_spec.core.adoption import begun, begun_elsewhere
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.run_records import beside_new_run
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import Conflict, SpecError

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.live import LiveJob
    from a2c_spec.engine.session import Session


@dataclass(slots=True)
class LostCalls:
    """What is known of such calls. The store assumes what became of them, and an apply writes it with its books.

    ``found``: by the key of a run, the job that its create made. ``undecided``: by key, why that is not known.
    ``looked``: the keys of runs that were looked for. ``to_pay``: an apply plans, which waits until every request of an
    earlier process has reached the service, or never will. ``changed``: the keys of all records that are assumed.
    ``elsewhere``: ids of drafts that somebody started, just as they were sent. ``read``: what was read of a job, by id,
    for whoever needs it next.
    """

    to_pay: bool = False
    found: dict[str, str] = field(default_factory=dict)
    undecided: dict[str, SpecError] = field(default_factory=dict)
    looked: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)
    read: dict[str, LiveJob | None] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def job(self, client: Client, job_id: str) -> LiveJob | None:
        """The job as it was read for this plan and not used yet, else as the service has it now."""
        return self.read.pop(job_id) if job_id in self.read else await client.job(job_id)


async def look(session: Session, runs: Collection[JobRecord], client: Client) -> None:
    """Finds out, once, what became of the calls that were to start these runs, and of those that are held; raises
    Conflict where two jobs may be the one that a create made."""
    lost = session.lost
    async with lost.turn:
        for run in runs:
            if run.address not in lost.looked and (run.held or (run.intent is not None and run.intent.starts)):
                await (_look_for_job if run.lost_start else _look_at_job)(session, run, client)
                lost.looked.add(run.address)


async def look_for_each(session: Session, addresses: Collection[str]) -> dict[str, str]:
    """The same for all runs of these addresses, or of all there are; gives, by run, why that cannot be decided."""
    for key in session.keys(addresses):
        run = session.store.get(key)
        try:
            await look(session, [run] if run else [], session.service.client)
        except Conflict as error:
            session.lost.undecided[key] = error
    return {key: error.message for key, error in session.lost.undecided.items()}


async def _look_for_job(session: Session, run: JobRecord, client: Client) -> None:
    from a2c_spec.api.lost_answers import TimeUnknown, resolve_lost_create

    known = (*session.store.scan(), *session.others.records())
    try:
        found = await resolve_lost_create(client, run, known)
    except TimeUnknown as unknown:
        session.lost.undecided[run.address] = unknown
        return
    if found is not None:
        names = run.intent.basis.get("conversions", ()) if run.intent else ()
        runs = session.store.runs(address_of(run.address))
        changed, expired = beside_new_run(found, runs, [*names], run, found.answered_at)
        session.lost.found[run.address] = found.job_id
        assume(session, *changed, without=expired)


async def _look_at_job(session: Session, run: JobRecord, client: Client) -> None:
    live = await client.job(run.job_id) if run.job_id else None
    session.lost.read[run.job_id] = live
    started = (begun(run, live) or begun_elsewhere(run, live)) if live is not None else None
    if started is not None:
        session.lost.elsewhere |= {run.job_id} if run.held else set()
        assume(session, started)


def assume(session: Session, *records: JobRecord, without: Collection[str] = ()) -> None:
    """Lets the plan see these records; ``without`` are the keys of those that it does not see any more."""
    session.lost.changed.update((record.address for record in records), without)
    session.store.assume(*records, without=without)


async def write_down(session: Session) -> None:
    """Makes what is assumed durable, all of it together."""
    changed = session.lost.changed
    records = [record for key in changed if (record := session.store.get(key))]
    if changed:
        await session.store.put(*records, without=[*changed])
    changed.clear()
    session.lost.found.clear()
    session.lost.read.clear()  # what is planned again later, is read again
