"""``--refresh-only``: brings the state up to date with the service, and does nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import refreshed
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import open_workspace
from a2c_spec.engine.session import open_session

if TYPE_CHECKING:
    from a2c_spec.engine.connection import Connection
    from a2c_spec.engine.plan import Session

Pair = tuple[JobRecord, JobRecord]


def refresh_only(flags: Flags, *, write: bool) -> int:
    """Shows how the state differs from live, and with ``write`` records it; runs, downloads and pays nothing."""
    return asyncio.run(_refresh(flags, write=write))


async def _refresh(flags: Flags, *, write: bool) -> int:
    space = open_workspace(flags)
    async with open_session(space) as (session, connection):
        if not write:
            moved = await _moved(session, connection, flags.parallelism)
        else:
            with session.store.lock("refresh"):
                moved = await _moved(session, connection, flags.parallelism)
                for _, after in moved:
                    session.store.put(after)
    _show(flags, moved, write=write)
    return 0


async def _moved(session: Session, connection: Connection, width: int) -> list[Pair]:
    gate = asyncio.Semaphore(width)
    records = [one for one in session.store.scan() if one.job_id and one.phase in ("building", "started")]

    async def one(record: JobRecord) -> Pair:
        async with gate:
            return record, refreshed(record, await connection.client.job(record.job_id))

    return [pair for pair in await asyncio.gather(*(one(record) for record in records)) if pair[0] != pair[1]]


def _show(flags: Flags, moved: Sequence[Pair], *, write: bool) -> None:
    rows = [{"address": old.address, "before": _word(old), "after": _word(new)} for old, new in moved]
    if flags.as_json:
        click.echo(json.dumps({"refreshed": rows, "written": write}))
    else:
        lines = [f"{row['address']}: {row['before']} -> {row['after']}" for row in rows]
        click.echo("\n".join(lines) or "the state agrees with the service")


def _word(record: JobRecord) -> str:
    return record.phase if record.job_id else "no job"
