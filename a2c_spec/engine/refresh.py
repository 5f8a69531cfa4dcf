"""Brings the state up to date with the service, and does nothing else."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from a2c_spec.core.live import LiveJob
from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import refreshed, refreshed_preset
from a2c_spec.engine.budget import Spender
from a2c_spec.engine.endpoint import endpoint
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project
from a2c_spec.engine.read_jobs import read_each
from a2c_spec.engine.session import Session, lock_holder, open_session
from a2c_spec.errors import ReadFailed, about

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.api.costs import Costs
    from a2c_spec.engine.lost_calls import LostCalls

Pair = tuple[JobRecord, JobRecord]
"""A record as it was, and as it is now."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh found out. ``changed``: every record that the service tells otherwise. ``spent`` is what became
    known to be spent, in credits, ``unread`` how many jobs were not read: they have ended, and their results are here.

    ``unfinished``: (address, status on the service) of jobs that are further there than what is recorded even so, or
    than what is here, and of presets that somebody changed: only an apply fetches results, judges a job that
    somebody else started, or puts a preset right. ``failed``: what the service failed to show.
    """

    changed: tuple[Pair, ...]
    unfinished: tuple[tuple[str, str], ...] = ()
    spent: int = 0
    unread: int = 0
    failed: tuple[ReadFailed, ...] = ()


async def refresh_state(project: Project, *, write: bool) -> Refreshed:
    """Compares every unfinished record, and what stays on the service, with it; with ``write`` what it tells otherwise
    is recorded."""
    async with open_session(project) as session:
        if not write:
            return await _found(session)
        spender = Spender(project, endpoint(project).realm)
        session.service.executor.costs.listen(spender.learned)
        with closing(spender), session.store.lock(lock_holder(project.environ)):
            found = await _found(session)
            for _, after in found.changed:
                await session.store.put(after)
            return found


async def _found(session: Session) -> Refreshed:
    costs = session.service.executor.costs
    wanted = (_to_be_read, _to_be_fetched, _is_preset)
    records = [record for record in session.store.scan() if any(asked(record) for asked in wanted)]

    async def read(record: JobRecord) -> tuple[JobRecord, JobRecord, str]:
        if _is_preset(record):
            return await read_preset(record)
        if not _to_be_read(record):
            return record, record, "completed"
        live = await session.service.client.job(record.job_id)
        known = costs.learn(record, live) if live and live.terminal and record.phase == "started" else record
        after = refreshed(known, live)
        return record, after, live.status if live and _is_further(live, after) else ""

    async def read_preset(record: JobRecord) -> tuple[JobRecord, JobRecord, str]:
        after = refreshed_preset(record, await session.service.client.preset(record.job_id))
        return record, after, "changed" if after.job_id and not after.fingerprint else ""

    reads = await read_each(records, read, session.project.flags.parallelism)
    rows = reads.found
    return Refreshed(
        tuple((before, after) for before, after, _ in rows if before != after),
        tuple((record.address, status) for record, _, status in rows if status),
        costs.total,
        sum(_is_not_read(record) for record in session.store.scan()),
        reads.failed,
    )


async def as_there(record: JobRecord, client: Client | None, lost: LostCalls) -> tuple[JobRecord, LiveJob | None]:
    """The record of a run that is let go, and its job if it was read: without the job if the service has it no more,
    and as one that was started if it was, by whomever."""
    if client is None or not record.running_or_held or record.is_preset:
        return record, None
    with about(record.address):
        live = await lost.job(client, record.job_id)
    if live is None:
        return replace(record, job_id=""), None
    return (record if live.editable else replace(record, phase="started")), live


def _to_be_read(record: JobRecord) -> bool:
    """Whether a job may have moved on, or has results that stay on the service, which keeps them for a while only."""
    there = [file for file in record.files if file.only_there and file.output_id not in record.gone]
    waited_for = record.phase in ("building", "started")
    return bool(record.job_id) and (waited_for or (record.phase == "done" and bool(there) and not record.gone_since))


def _is_not_read(record: JobRecord) -> bool:
    """Whether a job has ended and all of it is here, so that it does not matter what the service has of it."""
    done = record.phase == "done" and bool(record.job_id) and not record.gone_since
    return done and not (_to_be_read(record) or _is_preset(record))


def _is_preset(record: JobRecord) -> bool:
    """Whether it is a preset that a manifest asks for, and that was made."""
    return bool(record.job_id) and record.is_preset and not record.gone_since


def _to_be_fetched(record: JobRecord) -> bool:
    """Whether a job has ended, and not every result that a manifest asks for is in its place."""
    return record.phase == "completed" and not record.gone_since


def _is_further(live: LiveJob, record: JobRecord) -> bool:
    """Whether a job is further than its record, or has results that are not here."""
    if record.phase == "building":
        return not live.editable
    return record.phase in ("started", "completed") and live.terminal


async def with_end(session: Session, costs: Costs, step: PlannedChange) -> PlannedChange:
    """The change; where another run takes the place of one that ended unseen, its end and cost are recorded; of one
    that is let go, what it cost."""
    live, change = step.live, step.change
    replaced = change.action in ("cached", "forget") or any(call.kind == "create_job" for call in change.calls)
    if live is None or not live.terminal or not (change.starts or replaced):
        return step
    now = session.store.get(change.address) or step.record
    if now is None or now.phase != "started":
        return step
    known = costs.learn(now, live)
    if step.desired is not None and step.record is not None:
        seen = replace(step.record, files=now.files, leftover=now.leftover, spent=known.spent)
        known = refreshed(seen, live)
    return replace(step, record=await session.service.executor.save(known))
