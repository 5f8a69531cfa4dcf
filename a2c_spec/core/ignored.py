"""``lifecycle.ignore``: what was once applied stays as it is, whatever the manifest says of it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.core.desired import Conversion, Input, Job
from a2c_spec.core.fields import INPUT_SETTINGS, JOB_FIELDS
from a2c_spec.core.recipe import holds_secret
from a2c_spec.core.state import JobRecord

_MAPS = ("options", "metadata")


def ignoring(job: Job, record: JobRecord | None) -> Job:
    """The job with every ignored attribute as it was last applied; without a record nothing is ignored."""
    if record is None or not job.lifecycle.ignore:
        return job
    for path in job.lifecycle.ignore:
        part, _, rest = path.partition(".")
        name, _, attribute = rest.partition(".")
        if part == "conversions":
            job = replace(job, conversions=tuple(_conversion(c, name, attribute, record) for c in job.conversions))
        elif part == "inputs":
            job = replace(job, inputs=tuple(_input(i, name, attribute, record) for i in job.inputs))
        elif part == "job":
            job = _field(job, name, record)
    return job


def _sent(record: JobRecord, name: str) -> Mapping[str, Any] | None:
    element = record.element(name)
    return element.sent if element else None


def _conversion(item: Conversion, name: str, attribute: str, record: JobRecord) -> Conversion:
    sent = _sent(record, f"conversions.{item.id}")
    part, _, key = attribute.partition(".")
    if item.id != name or sent is None or part not in _MAPS:
        return item
    wanted, before = getattr(item, part), sent.get(part, {})
    keys = [key] if key else [*wanted, *(one for one in before if one not in wanted)]
    merged = dict(wanted)
    for one in keys:
        _keep(merged, one, before)
    return replace(item, options=merged) if part == "options" else replace(item, metadata=merged)


def _keep(merged: dict[str, Any], key: str, before: Mapping[str, Any]) -> None:
    """A secret cannot be kept as it was, for its value is nowhere; it is as the manifest says."""
    if key in before and not holds_secret(before[key]):
        merged[key] = before[key]
    elif key not in before:
        merged.pop(key, None)


def _input(item: Input, name: str, attribute: str, record: JobRecord) -> Input:
    if item.id != name:
        return item
    sent = _sent(record, f"inputs.{item.id}") or {}
    if attribute == "content" and item.content:
        before = record.basis.get("inputs", {}).get(item.id, {}).get("sha256")
        return replace(item, content=replace(item.content, sha256=before)) if before else item
    if attribute in INPUT_SETTINGS and sent:
        return replace(item, settings=_as_before(item.settings, attribute, sent))
    return item


def _field(job: Job, name: str, record: JobRecord) -> Job:
    sent = _sent(record, "job")
    if sent is None or name == "process" or JOB_FIELDS[name].secret:
        return job
    return replace(job, fields=_as_before(job.fields, name, sent))


def _as_before(values: Mapping[str, Any], name: str, sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values with ``name`` as it was sent, or without it where it was not."""
    others = {key: value for key, value in values.items() if key != name}
    return others | ({name: sent[name]} if name in sent else {})
