"""Ties a record to live parts: which recorded name belongs to which part of the job that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.core.calls import Call
from a2c_spec.core.live import LiveJob
from a2c_spec.core.planner.matching import known, spare_name
from a2c_spec.core.planner.update import edit
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.recipe import uploaded
from a2c_spec.core.state import Element, JobRecord


def rebind(record: JobRecord, desired: DesiredJob, bindings: Mapping[str, str]) -> JobRecord:
    """The record with every desired part tied to the live part it was paired with.

    What was sent to a live part stays known under its new name; of a part we have no record of, only what cannot be
    changed is known, for that is what it was recognised by. A part that is no longer desired stays known until it is
    deleted, in case that is interrupted.
    """
    if not bindings:
        return record
    by_id = {element.api_id: element for element in record.elements.values()}
    bound = {name: by_id.get(api_id, Element(api_id, _recognised(desired, name))) for name, api_id in bindings.items()}
    tied = {*bindings.values()}
    rest = {
        spare_name(name, element.api_id, desired): element
        for name, element in record.elements.items()
        if element.api_id not in tied and name != "job"
    }
    return replace(record, elements=rest | bound, job_id=bindings.get("job", record.job_id))


def recognised(record: JobRecord, desired: DesiredJob, live: LiveJob) -> JobRecord:
    """The record of a job that can no longer be edited: its parts by their ids, and the recipe that it runs.

    A job that was started without our having seen the answer counts as running what is desired only if the service
    shows just that, checksums included.
    """
    record = link_ids(record, desired, live)
    if record.phase == "building" and not started_unlike(desired, record, live):
        return replace(record, phase="started", fingerprint=desired.fingerprint, basis=desired.basis)
    return record


def started_unlike(desired: DesiredJob, record: JobRecord, live: LiveJob) -> bool:
    """Whether a job that was started shows anything but what is desired; that it runs does not count."""
    calls = edit(desired, live, known(record)).calls
    return any(not call.starts and not _only_process(call) for call in calls)


def _only_process(call: Call) -> bool:
    return call.kind == "patch_job" and isinstance(call.body, Mapping) and set(call.body) == {"process"}


def other_bytes(desired: DesiredJob, record: JobRecord, live: LiveJob) -> tuple[str, ...]:
    """Uploaded inputs whose checksum (MD5) on the service is not that of what is desired, told as reasons."""
    here = {item.id: item for item in live.inputs}
    found = []
    for item in desired.job.inputs:
        element = record.element(f"inputs.{item.id}")
        there = here.get(element.api_id) if element else None
        told = there is not None and there.checksum and item.content and uploaded(item) and not item.applied_sha256
        if told and there is not None and item.content and there.checksum != item.content.md5:
            found.append(f"input {item.id} on the service is not the file here (checksum {there.checksum[:4]}..)")
    return tuple(found)


def link_ids(record: JobRecord, desired: DesiredJob, live: LiveJob) -> JobRecord:
    """The record with the ids of live parts whose answer was lost, recognised by content as the desired ones.

    For jobs that can no longer be edited: what results are named after may depend on it.
    """
    here = known(record)
    inputs, conversions = here.pair_inputs(desired, live), here.pair_conversions(desired, live)
    found = {f"inputs.{desired.job.inputs[d].id}": live.inputs[n].id for d, n in inputs.items()}
    found |= {f"conversions.{desired.job.conversions[d].id}": live.conversions[n].id for d, n in conversions.items()}
    elements = dict(record.elements)
    for name, api_id in found.items():
        if not here.name(api_id):
            old = elements.get(name)
            elements[name] = replace(old, api_id=api_id) if old else Element(api_id, _recognised(desired, name))
    return replace(record, elements=elements)


def _recognised(desired: DesiredJob, name: str) -> Mapping[str, Any]:
    part, _, key = name.partition(".")
    if part == "inputs":
        sent = desired.sent_input(next(item for item in desired.job.inputs if item.id == key))
        return {key: sent[key] for key in ("identity", "filename") if key in sent}
    if part == "conversions":
        sent = desired.sent_conversion(next(item for item in desired.job.conversions if item.id == key))
        return {key: sent[key] for key in ("target", "category", "output_target")}
    return {}
