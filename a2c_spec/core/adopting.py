"""Recognises the job of a create whose answer was lost, by its content alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.recipe import holds_secret
from a2c_spec.core.state import Element, JobRecord, Phase

DAY_AND_ZONES = 26 * 3600.0
"""Seconds. The service says times without their zone, so less than this proves nothing."""


def parts(record: JobRecord, kind: str) -> list[tuple[str, Element]]:
    """The recorded elements of one kind (``inputs``, ``conversions``), in the order in which they were sent."""
    return [(name, element) for name, element in record.elements.items() if name.startswith(f"{kind}.")]


def matches(record: JobRecord, live: LiveJob) -> bool:
    """Whether ``live`` is what the recorded create asked for: same inputs in order, same conversions, same callback.

    Options come back expanded, so what was sent need only be contained; secrets never come back and do not count.
    """
    inputs, conversions = parts(record, "inputs"), parts(record, "conversions")
    if len(inputs) != len(live.inputs) or len(conversions) != len(live.conversions):
        return False
    fields = record.elements["job"].sent if "job" in record.elements else {}
    if "callback" in live.fields and live.fields["callback"] != fields.get("callback", ""):
        return False
    same_inputs = all(_input(one.sent, have) for (_, one), have in zip(inputs, live.inputs, strict=True))
    pairs = zip(conversions, live.conversions, strict=True)
    return same_inputs and all(_conversion(one.sent, have) for (_, one), have in pairs)


def owned(records: Iterable[JobRecord]) -> frozenset[str]:
    """Jobs that belong to some record, also those that a create on its way is going to replace."""
    every = [one for record in records for one in (record, record.previous) if one is not None]
    return frozenset(one.job_id for one in every if one.job_id)


def rivals(records: Iterable[JobRecord], live: LiveJob) -> int:
    """How many creates without an answer may have made this job; any of them may have it, since all asked for it."""
    return sum(record.unresolved and matches(record, live) for record in records)


def too_old(record: JobRecord, live: LiveJob) -> bool:
    """Whether the job was there before the create was sent, by more than clocks and time zones can explain."""
    try:
        made = datetime.fromisoformat(live.created_at)
    except ValueError:
        return False
    made = made if made.tzinfo else made.replace(tzinfo=UTC)
    return made.timestamp() < record.intent_at - DAY_AND_ZONES


def _input(sent: Mapping[str, Any], live: LiveInput) -> bool:
    identity = sent.get("identity", {})
    return bool(live.type == identity.get("type") and live.source == identity.get("source", ""))


def _conversion(sent: Mapping[str, Any], live: LiveConversion) -> bool:
    category = compare.same_category(sent.get("category", ""), live.category)
    options = _contained(sent.get("options", {}), live.options)
    metadata = _contained(sent.get("metadata", {}), live.metadata)
    return bool(sent.get("target") == live.target and category and options and metadata)


def _contained(sent: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    return all(holds_secret(value) or compare.same(live.get(key), value) for key, value in sent.items())


def adopt(record: JobRecord, live: LiveJob) -> JobRecord:
    """The record with the found job as its own; what was sent with the create is known to be there."""
    elements = dict(record.elements)
    found = (("inputs", [row.id for row in live.inputs]), ("conversions", [row.id for row in live.conversions]))
    for kind, ids in found:
        for (name, element), api_id in zip(parts(record, kind), ids, strict=True):
            elements[name] = replace(element, api_id=api_id)
    job = elements.get("job", Element(""))
    elements["job"] = replace(job, api_id=live.id)
    phase: Phase = "building" if live.editable else "started"
    return replace(record, job_id=live.id, elements=elements, phase=phase, previous=None)
