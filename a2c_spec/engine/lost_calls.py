"""What may have become of runs since they were recorded: starting calls whose answers were lost, and drafts that
somebody started. That is found out before others plan."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from a2c_spec.core.as_it_ran import as_it_ran
from a2c_spec.core.draft_versions import begun, begun_elsewhere
from a2c_spec.core.failed_jobs import failed_unseen
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.run_records import beside_new_run
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import next_key
from a2c_spec.errors import Conflict, ReadFailed, SpecError, about

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

    def is_known(self, key: str) -> bool:
        """Whether it was found out what became of the calls for a run."""
        return key in self.looked and key not in self.undecided

    async def job(self, client: Client, job_id: str) -> LiveJob | None:
        """The job as it was read for this plan and not used yet, else as the service has it now."""
        return self.read.pop(job_id) if job_id in self.read else await client.job(job_id)


async def look(session: Session, runs: Collection[JobRecord], client: Client) -> None:
    """Finds out, once, what became of the calls that were to start these runs, and of those that are held; raises
    Conflict where two jobs may be the one that a create made."""
    lost = session.lost
    async with lost.turn:
        for run in runs:
            if run.address not in lost.looked and (run.lost_start or _may_be_started(run)):
                await (_look_for_job if run.lost_start else _look_at_job)(session, run, client)
                lost.looked.add(run.address)
    for run in filter(_may_have_ended, runs):
        if run.address not in lost.looked:
            lost.looked.add(run.address)
            await _look_at_end(session, run, client)


async def look_at_ends(session: Session, addresses: Collection[str], client: Client, width: int) -> None:
    """The same for started runs of all but these addresses, of which others may be about to have what they made."""
    runs = [run for run in session.store.scan() if address_of(run.address) not in addresses and _may_have_ended(run)]
    for start in range(0, len(runs), width):
        some = (look_at_each(session, (run,), client) for run in runs[start : start + width])
        await asyncio.gather(*some)


async def look_at_each(session: Session, runs: Collection[JobRecord], client: Client) -> None:
    """The same for each of these runs alone. What cannot be decided, or not be read, is ``undecided`` where a call may
    have started or made something."""
    for run in open_runs(session, runs):
        try:
            with about(run.address):
                await look(session, (session.files.recover_files(run),), client)
        except (Conflict, ReadFailed) as error:
            session.lost.undecided |= {run.address: error} if run.intent else {}


def _may_have_ended(run: JobRecord) -> bool:
    return run.phase == "started" and bool(run.job_id) and not (run.gone_since or run.is_preset)


def open_runs(session: Session, runs: Collection[JobRecord]) -> Iterator[JobRecord]:
    """Those of the runs of which it is not known what became of them, and can be found out, as they are now."""
    now = [session.store.get(run.address) for run in runs if run.address not in session.lost.undecided]
    return (run for run in now if run is not None and (run.intent is not None or run.held or _may_have_ended(run)))


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


def _may_be_started(run: JobRecord) -> bool:
    """Whether somebody may have started the job of a run, as it was sent or while it was being edited."""
    return run.phase == "building" and bool(run.job_id) and not run.unresolved and (run.held or run.intent is not None)


async def _look_at_job(session: Session, run: JobRecord, client: Client) -> None:
    live = await client.job(run.job_id) if run.job_id else None
    session.lost.read[run.job_id] = live
    started = (begun(run, live) or begun_elsewhere(run, live)) if live is not None else None
    if live is not None and started is not None:
        session.lost.elsewhere |= set() if run.start_sent else {run.job_id}
        assume(session, *_ended(session, started, live))


async def _look_at_end(session: Session, run: JobRecord, client: Client) -> None:
    """Of a job that ran while nobody waited for it, it is known before anything is planned what it ran, and what it
    made if it failed. That is read by many addresses at once."""
    live = await client.job(run.job_id)
    session.lost.read[run.job_id] = live
    if live is not None and (ended := _ended(session, as_it_ran(run, live).record, live)) != (run,):
        assume(session, *ended)


def _ended(session: Session, run: JobRecord, live: LiveJob) -> tuple[JobRecord, ...]:
    """The run; of a job that failed, what it made, and apart from it what it did not make, with what it cost."""
    ended = failed_unseen(run, live, next_key(session.store, run.address))
    if not ended:
        return (run,)
    known = session.service.executor.costs.learn(run, live)
    return replace(ended[0], spent=known.spent), *ended[1:]


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
