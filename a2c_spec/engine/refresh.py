"""Brings the state up to date with the service, and does nothing else."""

from __future__ import annotations

import asyncio

from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import refreshed
from a2c_spec.engine.project import Project
from a2c_spec.engine.session import Session, lock_holder, open_session
from a2c_spec.errors import about

Pair = tuple[JobRecord, JobRecord]
"""A record as it was, and as it is now."""


async def refresh_state(project: Project, *, write: bool) -> list[Pair]:
    """Every record that the service tells otherwise; with ``write`` the new ones are recorded."""
    async with open_session(project) as session:
        if not write:
            return await _changed(session)
        with session.store.lock(lock_holder(project.environ)):
            changed = await _changed(session)
            for _, after in changed:
                await session.store.put(after)
            return changed


async def _changed(session: Session) -> list[Pair]:
    gate = asyncio.Semaphore(session.project.flags.parallelism)
    records = [record for record in session.store.scan() if record.job_id and record.phase in ("building", "started")]

    async def read(record: JobRecord) -> Pair:
        async with gate:
            with about(record.address):
                return record, refreshed(record, await session.service.client.job(record.job_id))

    pairs = await asyncio.gather(*(read(record) for record in records))
    return [pair for pair in pairs if pair[0] != pair[1]]
