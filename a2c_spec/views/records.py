"""What is recorded, and what is live, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from a2c_spec.core.live import LiveJob
from a2c_spec.core.reasons import size
from a2c_spec.core.state import JobRecord
from a2c_spec.views.style import Style
from a2c_spec.views.table import table

COLOURS = {"done": "green", "failed": "red", "canceled": "red"}


def when(epoch: float) -> str:
    """UTC, to the second."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S") if epoch else ""


def listing(records: Iterable[JobRecord], style: Style) -> str:
    """One line per address."""
    rows = [
        (one.address, one.phase, one.job_id, str(len([f for f in one.files if f.path])), when(one.updated_at))
        for one in records
    ]
    return table(("ADDRESS", "PHASE", "JOB", "FILES", "UPDATED (UTC)"), rows, style) if rows else "nothing is recorded"


def detail(record: JobRecord, live: LiveJob | None, style: Style) -> str:
    """Everything about one address that may be shown."""
    lines = [
        style(record.address, "bold"),
        f"  phase        {style(record.phase, *filter(None, [COLOURS.get(record.phase)]))}",
        f"  realm        {record.realm}",
        f"  job          {record.job_id or '(none)'}",
        f"  fingerprint  {record.fingerprint}",
        f"  updated      {when(record.updated_at)} UTC",
    ]
    if record.spent:
        lines.append(f"  spent        {record.spent} credits")
    if record.problem:
        lines.append(f"  problem      {style(record.problem, 'red')}")
    if live is not None:
        lines.append(f"  live         {live.status}{f' ({live.info})' if live.info else ''}")
    parts = [f"  {name:<24} {element.api_id}" for name, element in record.elements.items() if name != "job"]
    files = [f"  {file.path or '(on the service)'}  {size(file.size)}  {file.sha256}" for file in record.files]
    return "\n".join([*lines, *parts, *files])


def record_json(record: JobRecord, live: LiveJob | None = None) -> dict[str, Any]:
    """One record; sent values stand as they are recorded, secrets as marks cut down to their reference."""
    return {
        "address": record.address,
        "realm": record.realm,
        "phase": record.phase,
        "job_id": record.job_id,
        "fingerprint": record.fingerprint,
        "spent": record.spent,
        "problem": record.problem,
        "updated_at": record.updated_at,
        "elements": {name: {"id": element.api_id} for name, element in record.elements.items()},
        "files": [
            {"path": file.path, "size": file.size, "sha256": file.sha256, "output_id": file.output_id}
            for file in record.files
        ],
        **({"live": {"status": live.status, "info": live.info}} if live else {}),
    }


def history_text(rows: Sequence[Any], style: Style) -> str:
    """The service's own trail of one job."""
    cells = [(str(row.get("created_at", "")), str(row.get("status", "")), str(row.get("info", ""))) for row in rows]
    return table(("AT", "STATUS", "INFO"), cells, style) if cells else "the service tells no history"
