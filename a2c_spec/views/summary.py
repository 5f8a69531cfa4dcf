"""What an apply came to: files saved, credits spent, failures by address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from a2c_spec.core.plan import Change
from a2c_spec.core.reasons import counted, size
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import SpecError
from a2c_spec.views.problems import error_json
from a2c_spec.views.style import Style

FILES_SHOWN = 20


def summary_text(
    changes: Sequence[Change],
    records: Mapping[str, JobRecord | None],
    errors: Sequence[SpecError],
    counts: Mapping[str, int],
    style: Style,
) -> str:
    """Ends without a line break."""
    busy = [change for change in changes if change.action != "no-op"]
    if not busy:
        return style("Nothing to do.", "green") + f" {_sent(counts)}."
    bad = {error.address for error in errors}
    good = [change for change in busy if change.address not in bad]
    files = [file for change in good if (record := records[change.address]) for file in record.files if file.path]
    lines = [f"  {file.path} ({size(file.size)})" for file in files[:FILES_SHOWN]]
    if len(files) > FILES_SHOWN:
        lines.append(f"  and {len(files) - FILES_SHOWN} more files")
    lines += [f"  {style('failed', 'red')} {error.address}: {error.message}" for error in errors]
    spent = sum(record.spent for change in good if change.starts and (record := records[change.address]))
    held = [change.address for change in good if (record := records[change.address]) and record.phase == "building"]
    parts = [f"{len(good)} applied", f"{len(errors)} failed" if errors else ""]
    parts += [
        f"{counted(len(held), 'job')} held, not started" if held else "",
        f"{counted(spent, 'credit')} spent" if spent else "",
    ]
    head = style("Done:" if not errors else "Not all done:", "green" if not errors else "red", "bold")
    return "\n".join([*lines, f"{head} {', '.join(part for part in parts if part)}; {_sent(counts)}."])


def _sent(counts: Mapping[str, int]) -> str:
    if not counts:
        return "no calls made"
    return f"{counted(sum(counts.values()), 'call')} ({', '.join(f'{name} {counts[name]}' for name in sorted(counts))})"


def summary_json(
    changes: Sequence[Change],
    records: Mapping[str, JobRecord | None],
    errors: Sequence[SpecError],
    counts: Mapping[str, int],
) -> dict[str, Any]:
    """The last line of ``apply --json``."""
    return {
        "event": "summary",
        "jobs": [_job(change, records[change.address]) for change in changes],
        "errors": [error_json(error) for error in errors],
        "requests": dict(counts),
    }


def _job(change: Change, record: JobRecord | None) -> dict[str, Any]:
    files = [file for file in record.files if file.path] if record else []
    return {
        "address": change.address,
        "action": change.action,
        "job_id": record.job_id if record else "",
        "phase": record.phase if record else "",
        "spent": record.spent if record else 0,
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in files],
    }
