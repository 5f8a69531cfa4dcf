"""Where live, or the files here, differ from what state recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.live import LiveConversion, LiveJob
from a2c_spec.core.observed import Disk
from a2c_spec.core.recipe import holds_secret
from a2c_spec.core.result_paths import GONE
from a2c_spec.core.state import JobRecord

EXPECTED: Mapping[str, frozenset[str]] = {
    "done": frozenset({"completed"}),
    "completed": frozenset({"completed"}),
    "failed": frozenset({"failed"}),
    "canceled": frozenset({"canceled"}),
}
"""The statuses that agree with a recorded phase; a started job may be in any, one being built must be editable."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference at one address: where, what was recorded, what is now."""

    address: str
    path: str
    recorded: Any
    now: Any


def drift(record: JobRecord, live: LiveJob | None, disk: Mapping[str, Disk], *, gone: bool) -> tuple[Drift, ...]:
    """Every difference of one address. A finished job that the service has forgotten, as it does, is no drift."""
    found = [*_files(record, disk)]
    if gone and record.phase not in ("done", "failed", "canceled"):
        found.append(("job", record.job_id, "gone"))
    if live is not None:
        found += [*_status(record, live), *_parts(record, live), *_outputs(record, live)]
    return tuple(Drift(record.address, *difference) for difference in found)


Found = tuple[str, Any, Any]


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
    inputs = {row.id: row for row in live.inputs}
    conversions = {row.id: row for row in live.conversions}
    for api_id, name in names.items():
        part = name.partition(".")[0]
        if (part == "inputs" and api_id not in inputs) or (part == "conversions" and api_id not in conversions):
            yield name, api_id, "gone"
        elif part == "conversions":
            yield from _conversion(name, record.elements[name].sent, conversions[api_id])
    for api_id in [*inputs, *conversions]:
        if api_id not in names:
            yield f"{'inputs' if api_id in inputs else 'conversions'}.{api_id}", None, "added outside a2c-spec"
    yield from _fields(record, live)


def _conversion(name: str, sent: Mapping[str, Any], live: LiveConversion) -> Iterator[Found]:
    for part, echo in (("options", live.options), ("metadata", live.metadata)):
        for key, value in sent.get(part, {}).items():
            if key in echo and not holds_secret(value) and not compare.echoes(value, echo[key]):
                yield f"{name}.{part}.{key}", value, echo[key]


def _fields(record: JobRecord, live: LiveJob) -> Iterator[Found]:
    sent = record.elements["job"].sent if "job" in record.elements else {}
    for key, value in sent.items():
        if key in live.fields and not compare.equal(live.fields[key], value):
            yield f"job.{key}", value, live.fields[key]


def _outputs(record: JobRecord, live: LiveJob) -> Iterator[Found]:
    """Results kept on the service only, that are no longer to be had."""
    statuses = {output.id: output.status for output in live.outputs}
    for file in record.files:
        if not file.path and statuses.get(file.output_id, "gone") in {*GONE, "gone"}:
            yield f"outputs.{file.output_id}", "on the service", statuses.get(file.output_id, "gone")
