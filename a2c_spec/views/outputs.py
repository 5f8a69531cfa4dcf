"""``outputs.json``: every job with what went in, what came out, digests, ids and times, for the programs that go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from a2c_spec.core.results import partial
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.views import inert

FORMAT_VERSION = 1


LEAST_FIRST = ("failed", "canceled", "building", "started", "completed", "done")
"""The phases, the one first that an address as a whole is in if any of its runs is."""


def outputs_lines(rows: Iterable[tuple[str, Sequence[JobRecord], str]]) -> Iterator[str]:
    """The JSON document in pieces, one address at a time; ``rows`` are (action, its runs, the newest last, problem)."""
    yield f'{{"format_version": {FORMAT_VERSION}, "jobs": ['
    comma = "\n"
    for row in rows:
        yield comma + inert.dumps(job_json(*row))
        comma = ",\n"
    yield "\n]}\n"


def job_json(action: str, runs: Sequence[JobRecord], problem: str = "") -> dict[str, Any]:
    """One address with the results of all its runs; ``action`` is what this apply did with it. Times are UTC.

    What is told of a job is told of the newest one. ``problem``: why the files are not what the manifest asks for, if
    this apply could not make them; else what a run tells of it. ``left_out``: conversion -> inputs that its result was
    made without, because its manifest lets inputs fail.
    """
    record = runs[-1]
    unfinished = (
        "; ".join(run.warnings) or "not all of its results are here" for run in runs if run.phase == "completed"
    )
    there = [(run.gone, file) for run in runs for file in run.files if file.only_there]
    gone = (
        f"the service no longer has the result of {file.conversion}" for ids, file in there if file.output_id in ids
    )
    problems = [problem, *(run.problem for run in runs), *unfinished, *gone]
    return {
        "address": address_of(record.address),
        "action": action,
        "job_id": record.job_id,
        "phase": min((run.phase for run in runs), key=LEAST_FIRST.index),
        "problem": next(filter(None, problems), ""),
        "fingerprint": record.fingerprint,
        "spent": sum(run.spent for run in runs),
        "created_at": _when(record.answered_at),
        "ended_at": _when(record.updated_at),
        "inputs": [
            {"id": name, **{key: item[key] for key in ("type", "sha256", "source") if key in item}}
            for name, item in record.basis.get("inputs", {}).items()
        ],
        "left_out": {name: some for run in runs for name, some in partial(run).items()},
        "files": [_file(file) | {"job_id": run.job_id} for run in runs for file in run.files],
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
