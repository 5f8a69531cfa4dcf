"""What becomes of a record: after a call that succeeded, after a refresh, after a lost create was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.calls import Call, Effect
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.recipe import holds_secret
from a2c_spec.core.state import ENDED, Element, JobRecord, Phase


def apply_response(record: JobRecord, call: Call, ids: Mapping[str, str]) -> JobRecord:
    """The record after ``call``: new ids, and what each element was sent. A deleted job leaves nothing behind."""
    if call.kind == "delete_job":
        return replace(record, job_id="", elements={}) if record.job_id == call.subject else record
    elements = dict(record.elements)
    for effect in call.effects:
        _apply(elements, effect, ids.get(effect.name, ""))
    return replace(record, job_id=ids.get("job", record.job_id), elements=elements)


def _apply(elements: dict[str, Element], effect: Effect, api_id: str) -> None:
    if effect.sent is None:
        elements.pop(effect.name, None)
        return
    old = elements.get(effect.name)
    before: Mapping[str, Any] = old.sent if old and not api_id else {}
    merged = {key: value for key, value in (dict(before) | dict(effect.sent)).items() if value is not None}
    fallback = effect.name.removeprefix("outputs.") if effect.name.startswith("outputs.") else ""
    elements[effect.name] = Element(api_id or (old.api_id if old else fallback), merged)


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


def lost_creates_of(records: Iterable[JobRecord], live: LiveJob) -> int:
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
    return all(holds_secret(value) or compare.echoes(value, live.get(key)) for key, value in sent.items())


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
