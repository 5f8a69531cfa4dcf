"""``history``: the service's own trail of one job."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Workspace, open_workspace
from a2c_spec.engine.session import open_session, recorded
from a2c_spec.views import records


@click.command("history")
@click.argument("address")
@click.option("-C", "--chdir", default="", metavar="DIR", help="Run as if started there.")
@options.service
@options.output
def command(address: str, **given: Any) -> int:
    """Show what the service did with the job of an address, event by event."""
    return history(flags_of(given), address)


def history(flags: Flags, address: str) -> int:
    """Prints the events in the service's order."""
    space = open_workspace(flags)
    rows = asyncio.run(_rows(space, address))
    click.echo(json.dumps(rows, ensure_ascii=False) if flags.as_json else records.history_text(rows, space.style))
    return 0


async def _rows(space: Workspace, address: str) -> list[Mapping[str, Any]]:
    async with open_session(space) as (session, connection):
        job_id = recorded(session, address).job_id
        return list(await connection.client.history(job_id)) if job_id else []
