"""``status``: the recorded addresses and their status."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, style_of
from a2c_spec.core.live import LiveJob
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.engine.session import Session, open_session
from a2c_spec.errors import about
from a2c_spec.views import records


@click.command("status")
@click.argument("address", required=False, default="")
@options.parallelism
@options.offline
@options.project
def command(address: str, **given: Any) -> int:
    """Show every recorded address, or one in full; the service is asked about unfinished jobs."""
    return status(flags_of(given), address)


def status(flags: Flags, address: str) -> int:
    """Prints a table, or one record in full."""
    project = project_of(flags)
    found = asyncio.run(_found(project, address))
    style = style_of(project)
    if address:
        record, live = found[0]
        emit(flags, lambda: records.record_json(record, live), lambda: records.detail(record, live, style))
        return 0
    seen = [f"{record.address}: {live.status} on the service" for record, live in found if live is not None]
    emit(
        flags,
        lambda: [records.record_json(record, live) for record, live in found],
        lambda: style.lines([*records.listing([record for record, _ in found], style).split("\n"), *seen]),
    )
    return 0


async def _found(project: Project, address: str) -> list[tuple[JobRecord, LiveJob | None]]:
    async with open_session(project) as session:
        recorded = list(session.store.scan())
        alive = {address_of(row.address) for row in recorded if not row.gone_since}
        counting = [row for row in recorded if not (row.gone_since and address_of(row.address) in alive)]
        rows = [session.recorded(address)] if address else counting
        asked = {} if project.flags.offline else {row.address: row for row in rows if _unfinished(row)}
        lives = await asyncio.gather(*(_live(session, row) for row in asked.values()))
        live = dict(zip(asked, lives, strict=True))
        return [(row, live.get(row.address)) for row in rows]


async def _live(session: Session, record: JobRecord) -> LiveJob | None:
    with about(record.address):
        return await session.service.client.job(record.job_id)


def _unfinished(record: JobRecord) -> bool:
    return (
        bool(record.job_id) and record.phase in ("building", "started", "completed") and "preset" not in record.elements
    )
