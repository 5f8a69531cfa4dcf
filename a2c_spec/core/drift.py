"""Where live, or the files here, differ from what state recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from a2c_spec.core.foreign import Found, foreign, foreign_of_preset
from a2c_spec.core.live import LiveJob
from a2c_spec.core.observed import Disk
from a2c_spec.core.results import NO_LONGER, missing_results, renamed_results, with_results
from a2c_spec.core.run_keys import added_part
from a2c_spec.core.state import JobRecord

EXPECTED: Mapping[str, frozenset[str]] = {
    "done": frozenset({"completed", "failed", "canceled"}),
    "completed": frozenset({"completed", "failed", "canceled"}),
    "failed": frozenset({"failed"}),
    "canceled": frozenset({"canceled"}),
}
"""The statuses that agree with a recorded phase; a started job may be in any, one being built must be editable.

What a job gave counts as done although the job failed, or was canceled, for the rest.
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference at one address: where, what was recorded, what is now."""

    address: str
    path: str
    recorded: Any
    now: Any


def drift(
    record: JobRecord, live: LiveJob | None, disk: Mapping[str, Disk], *, gone: bool, kept: bool = False
) -> tuple[Drift, ...]:
    """Every difference of one address. A finished job that the service has forgotten, as it does, is no drift, except
    for results that stay there alone. ``kept``: it still has to keep it, so that somebody has deleted what is gone,
    unless that is recorded."""
    found = [*_files(record, disk)]
    if gone and record.phase == "done":
        found += _outputs(record, None)
    known = bool(record.files) and all(file.output_id in record.gone for file in record.files)
    if gone and ((kept and not known) or record.phase not in ("done", "failed", "canceled")):
        found.append(("job", record.job_id, "gone"))
    if live is not None:
        found += [*_status(record, live), *_parts(record, live), *_outputs(record, live)]
        found += [*(_deleted(record, live) if kept else ()), *renamed_results(record, live), *_late(record, live)]
    return tuple(Drift(record.address, *difference) for difference in found)


def preset_drift(record: JobRecord, live: Mapping[str, Any] | None) -> tuple[Drift, ...]:
    """Every difference of one preset that was read; None: the service no longer has it."""
    if live is None:
        return (Drift(record.address, "preset", record.job_id, "gone"),)
    return tuple(Drift(record.address, *one) for one in foreign_of_preset(record, live))


def _files(record: JobRecord, disk: Mapping[str, Disk]) -> Iterator[Found]:
    for file in record.files:
        if file.path and (stands := disk.get(file.path, "absent")) != "intact":
            yield f"files.{file.path}", "intact", "missing" if stands == "absent" else "changed"


def _status(record: JobRecord, live: LiveJob) -> Iterator[Found]:
    if record.phase == "building":
        if not live.editable:
            yield "status", "not started", live.status
    elif record.phase in EXPECTED and live.status not in EXPECTED[record.phase]:
        yield "status", record.phase, live.status


def _parts(record: JobRecord, live: LiveJob) -> Iterator[Found]:
    """Inputs and conversions that appeared, vanished or were changed outside a2c-spec."""
    names = record.names()
    inputs = {row.id for row in live.inputs}
    conversions = {row.id for row in live.conversions}
    for api_id, name in names.items():
        part = name.partition(".")[0]
        if (part == "inputs" and api_id not in inputs) or (part == "conversions" and api_id not in conversions):
            yield name, api_id, "gone"
    for part, rows in (("inputs", live.inputs), ("conversions", live.conversions)):
        new = (row.id for row in rows if names.get(row.id) in (None, added_part(part, row.id)))
        yield from ((f"{part}.{api_id}", None, "added outside a2c-spec") for api_id in new)
    yield from foreign(record, live)


def _outputs(record: JobRecord, live: LiveJob | None) -> Iterator[Found]:
    """Results kept on the service only, that are no longer to be had."""
    statuses = {output.id: output.status for output in live.outputs} if live else {}
    for output_id in missing_results(record, live):
        yield f"outputs.{output_id}", "on the service", statuses.get(output_id, NO_LONGER)


def _late(record: JobRecord, live: LiveJob) -> Iterator[Found]:
    """Results that the service did not show yet when the job was recorded as done; --refresh-only records them."""
    if record.phase == "done":
        for file in with_results(record, live).files[len(record.files) :]:
            yield f"outputs.{file.output_id}", None, file.service_name


def _deleted(record: JobRecord, live: LiveJob) -> Iterator[Found]:
    """Results that are here, and that somebody deleted on the service."""
    statuses = {output.id: output.status for output in live.outputs}
    for file in record.files:
        status = statuses.get(file.output_id, NO_LONGER)
        if not file.only_there and file.output_id not in record.gone and status in (NO_LONGER, "disabled"):
            yield f"outputs.{file.output_id}", "on the service", status
