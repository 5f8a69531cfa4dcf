"""``drift``: where the service, or the files here, differ from what was applied."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, talk, tell_failed
from a2c_spec.core.drift import Drift, drift, preset_drift
from a2c_spec.core.reasons import shown
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.run_records import out_of_time
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.engine.read_jobs import read_each
from a2c_spec.engine.session import open_session
from a2c_spec.errors import SpecError
from a2c_spec.views.style import PLAIN

if TYPE_CHECKING:
    from a2c_spec.engine.session import Session

OF_PRESETS = ("preset", "name", "target", "options")
"""Where a preset differs. It is not read as long as nothing runs with it, so that plans need no call."""

ENDED = (
    "`a2c-spec plan` shows what apply would do: results that are here are not made again "
    "(`apply --replace ADDRESS` does that)"
)


@click.command("drift")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there is drift, 0 when there is none.")
@options.parallelism
@options.offline
@options.project
def command(addresses: tuple[str, ...], detailed_exitcode: bool, **given: Any) -> int:
    """Compare every recorded job with the service, and every saved file with its digest. Changes nothing.

    Of a job that has ended, too: what the service no longer has within the 24 hours for which it keeps results was
    deleted by somebody, and is drift.
    """
    return report(flags_of(given), addresses, detailed_exitcode=detailed_exitcode)


def report(flags: Flags, addresses: tuple[str, ...], *, detailed_exitcode: bool) -> int:
    """Prints one line per difference; what the service failed to show is told after them."""
    project = project_of(flags)
    found, gone, unknown, failed = asyncio.run(_found(project, addresses))
    lines = [f"{item.address}: {item.path}: {shown(item.recorded)} -> {shown(item.now)}" for item in found]
    none = "no drift in the files here; the service was not asked" if flags.offline else "no drift"
    none += " in what could be read" if failed else ""
    unread = {address_of(error.address): error.message for error in failed}
    tree = {"drift": [asdict(item) for item in found], "gone": gone, "unknown": unknown, "failed": unread}
    emit(flags, lambda: tree, lambda: PLAIN.lines(lines) or none)
    if gone:
        talk(flags, f"no longer on the service (this is not drift: their results are here): {', '.join(gone)}")
    if unknown:
        talk(
            flags, f"whether a call made or started a job is not known yet; `a2c-spec plan` looks: {', '.join(unknown)}"
        )
    if any(item.path.partition(".")[0] in OF_PRESETS for item in found):
        talk(flags, "presets: `a2c-spec apply --refresh-only` records it, then apply puts it right")
    if any(item.path == "job" or item.path.startswith("outputs.") for item in found):
        talk(flags, ENDED)
    return tell_failed(flags, failed) or (2 if detailed_exitcode and found else 0)


async def _found(
    project: Project, addresses: tuple[str, ...]
) -> tuple[list[Drift], list[str], list[str], tuple[SpecError, ...]]:
    """Every difference; the finished jobs that the service no longer has, without it being one; those of which a call
    that starts them was not answered; and failures."""
    gone: list[str] = []
    async with open_session(project) as session:
        keys = set(session.keys(addresses))
        rows = [row for row in session.store.scan() if row.address in keys]
        rows = [row for row in rows if not row.gone_since]  # what was let go may be as it likes
        read = partial(_one, session, gone, offline=project.flags.offline)
        reads = await read_each(rows, read, project.flags.parallelism)
        unknown = sorted({address_of(row.address) for row in rows if row.start_sent})
        return [item for part in reads.found for item in part], sorted(gone), unknown, reads.failed


async def _one(session: Session, gone: list[str], record: JobRecord, *, offline: bool) -> tuple[Drift, ...]:
    disk = {file.path: session.files.status(file.path, record.address) for file in record.files if file.path}
    if offline or not record.job_id:
        return drift(record, None, disk, gone=False)
    if "preset" in record.elements:
        return preset_drift(record, await session.service.client.preset(record.job_id))
    client = session.service.client
    live = await client.job(record.job_id)
    kept = not out_of_time(record, client.wire.service_time())
    found = drift(record, live, disk, gone=live is None, kept=kept)
    gone += [record.address] if live is None and not found else []
    return found
