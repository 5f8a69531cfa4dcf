"""``outputs.json``: every job with what went in, what came out, digests, ids and times, for the programs that go on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from a2c_spec.core.state import JobRecord, SavedFile

FORMAT_VERSION = 1


def outputs_lines(rows: Iterable[tuple[str, JobRecord]]) -> Iterator[str]:
    """The JSON document in pieces, one job at a time; ``rows`` are (action, record)."""
    yield f'{{"format_version": {FORMAT_VERSION}, "jobs": ['
    comma = "\n"
    for action, record in rows:
        yield comma + json.dumps(job_json(action, record), ensure_ascii=False)
        comma = ",\n"
    yield "\n]}\n"


def job_json(action: str, record: JobRecord) -> dict[str, Any]:
    """One job; ``action`` is what this apply did with it. Times are UTC."""
    return {
        "address": record.address,
        "action": action,
        "job_id": record.job_id,
        "phase": record.phase,
        "problem": record.problem,
        "fingerprint": record.fingerprint,
        "spent": record.spent,
        "created_at": _when(record.answered_at),
        "ended_at": _when(record.updated_at),
        "inputs": [
            {"id": name, **{key: item[key] for key in ("type", "sha256", "source") if key in item}}
            for name, item in record.basis.get("inputs", {}).items()
        ],
        "files": [_file(file) for file in record.files],
    }


def _file(file: SavedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "size": file.size,
        "sha256": file.sha256,
        "conversion": file.conversion,
        "inputs": list(file.inputs),
        "output_id": file.output_id,
    }


def _when(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds") if epoch else ""
