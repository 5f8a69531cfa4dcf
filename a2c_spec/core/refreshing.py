"""What a record becomes when it is only brought up to date with live, and nothing is done about it."""

from __future__ import annotations

from dataclasses import replace

from a2c_spec.core.live import LiveJob
from a2c_spec.core.state import ENDED, JobRecord


def refreshed(record: JobRecord, live: LiveJob | None) -> JobRecord:
    """The record as live has it: ended where the job ended, without a job where the service has none any more.

    A finished job keeps its record even if the service forgot it, as it does after a while.
    """
    if record.phase not in ("building", "started") or record.unresolved:
        return record
    if live is None:
        return replace(record, job_id="", elements={}, phase="building")
    if record.phase == "started" and live.status in ENDED:
        problem = "; ".join(one.message for one in live.errors) if live.status != "completed" else ""
        return replace(record, phase=ENDED[live.status], spent=live.spent, problem=problem)
    return record
