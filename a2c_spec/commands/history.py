"""``history``: the service's own list of events of one job."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, style_of
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.engine.session import open_session
from a2c_spec.errors import UsageError, about
from a2c_spec.views import records


@click.command("history")
@click.argument("address")
@options.project
def command(address: str, **given: Any) -> int:
    """Show what the service did with the job of an address, event by event."""
    return history(flags_of(given), address)


def history(flags: Flags, address: str) -> int:
    """Prints the events in the service's order."""
    project = project_of(flags)
    rows = asyncio.run(_rows(project, address))
    emit(flags, lambda: rows, lambda: records.history_text(rows, style_of(project)))
    return 0


async def _rows(project: Project, address: str) -> list[Mapping[str, Any]]:
    async with open_session(project) as session:
        record = session.recorded(address)
        if record.is_preset:
            raise UsageError(f"{address} is a preset, and the service tells the history of jobs alone")
        with about(address):
            return list(await session.service.client.history(record.job_id)) if record.job_id else []
