"""``status``: the recorded addresses and their status."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, style_of, tell_failed
from a2c_spec.core.live import LiveJob
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.engine.read_jobs import Reads, read_each
from a2c_spec.engine.session import open_session
from a2c_spec.errors import SpecError
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
    """Prints a table, or one record in full; what the service failed to show is told after it."""
    project = project_of(flags)
    found, failed = asyncio.run(_found(project, address))
    style = style_of(project)
    if address:
        record, live = found[0]
        emit(flags, lambda: records.record_json(record, live), lambda: records.detail(record, live, style))
        return tell_failed(flags, failed)
    seen = [f"{record.address}: {live.status} on the service" for record, live in found if live is not None]
    emit(
        flags,
        lambda: [records.record_json(record, live) for record, live in found],
        lambda: style.lines([*records.listing([record for record, _ in found], style).split("\n"), *seen]),
    )
    return tell_failed(flags, failed)


async def _found(
    project: Project, address: str
) -> tuple[list[tuple[JobRecord, LiveJob | None]], tuple[SpecError, ...]]:
    async with open_session(project) as session:
        recorded = list(session.store.scan())
        alive = {address_of(row.address) for row in recorded if not row.gone_since}
        counting = [row for row in recorded if not (row.gone_since and address_of(row.address) in alive)]
        rows = [session.recorded(address)] if address else counting
        client = session.service.client

        async def live(record: JobRecord) -> tuple[str, LiveJob | None]:
            return record.address, await client.job(record.job_id)

        asked = [] if project.flags.offline else filter(_unfinished, rows)
        lives: Reads[tuple[str, LiveJob | None]] = await read_each(asked, live, project.flags.parallelism)
        known = dict(lives.found)
        return [(row, known.get(row.address)) for row in rows], lives.failed


def _unfinished(record: JobRecord) -> bool:
    return (
        bool(record.job_id) and record.phase in ("building", "started", "completed") and "preset" not in record.elements
    )
