"""Which job a create without an answer made, and what shows it: time, content, and that nobody else has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from a2c_spec.core import compare
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.patchable_fields import JOB_FIELDS
from a2c_spec.core.recipe import holds_secret
from a2c_spec.core.recognition import covered, sent_conversion, sent_input, tell_conversions, tell_inputs
from a2c_spec.core.state import Intent, JobRecord
from a2c_spec.core.transitions import created, epoch, names_zone, parts

EARLY = 2.0
"""Seconds that a job may seem older than its create, because services write whole seconds."""
APART = 300.0
"""Seconds by which two clocks of one service may differ: that of its answers, and that of what it stores."""
ZONES = (-12 * 3600.0, 14 * 3600.0)
"""Seconds by which the times of a zone differ from UTC: no zone is beyond these."""
QUARTER = 900.0
"""Every zone is off by a multiple of this, in seconds."""
Evidence = Literal["ours", "not ours", "unclear"]


def zone_of(records: Iterable[JobRecord]) -> float | None:
    """By how much the service's times without a zone differ from UTC (seconds), told by a create that was answered.

    None where nothing tells it, and where it told what is no zone: a clock that was wrong then may be right by now.
    """
    known = [record for record in records if record.created_at and record.answered_at]
    if not known:
        return None
    newest = max(known, key=lambda record: record.answered_at)
    apart = round((newest.created_at - newest.answered_at) / QUARTER) * QUARTER
    return apart if ZONES[0] <= apart <= ZONES[1] else None


def evidence(intent: Intent, live: LiveJob, zone: float | None, window: float, offset: float | None = None) -> Evidence:
    """Whether a job of equal content was made by the create that was intended.

    It was if it was created after the intent and at most ``window`` seconds later, by the service's clock. Where
    nothing told yet how its times differ from those of its answers, any other job is unclear, be it off by hours that
    may be a zone, by days or not at all. Where something told it, one that is off by a few minutes is unclear, since a
    service may have two clocks; ``offset`` is by how many seconds, where that was measured.
    """
    made = epoch(live.created_at)
    if made is None:
        return "unclear"
    told = 0.0 if names_zone(live.created_at) else zone
    apart = told if offset is None else offset
    late = made - (apart or 0.0) - intent.noted_at
    if apart is not None and -EARLY <= late <= window:
        return "ours"
    if offset is not None:
        return "not ours"
    near = -APART <= late <= window + APART
    return "unclear" if near or zone is None else "not ours"


def in_future(live: LiveJob, zone: float, now: float) -> bool:
    """Whether a job would have been made later than ``now``, were the service's times of this zone: they are not."""
    made = epoch(live.created_at)
    return made is not None and made - (0.0 if names_zone(live.created_at) else zone) > now + APART


def matches(intent: Intent, live: LiveJob) -> bool:
    """Whether ``live`` is what a create asked for: it runs, with the same inputs, conversions and callback.

    Options come back expanded, so what was sent need only be contained; secrets never come back and do not count. The
    order of a reply says nothing, so that of the inputs is judged by ``in_order``.
    """
    inputs, conversions = _sent_parts(intent, "inputs"), _sent_parts(intent, "conversions")
    if live.process is False or len(inputs) != len(live.inputs) or len(conversions) != len(live.conversions):
        return False
    fields = intent.elements["job"].sent if "job" in intent.elements else {}
    if any(name in JOB_FIELDS and not _field(name, live.fields[name], fields) for name in live.fields):
        return False
    same_inputs = covered(len(inputs), len(inputs), lambda s, n: _input(inputs[s], live.inputs[n]))
    return same_inputs and covered(
        len(conversions), len(conversions), lambda s, n: _conversion(conversions[s], live.conversions[n])
    )


def in_order(intent: Intent, inputs: Sequence[LiveInput]) -> bool:
    """Whether inputs, in the order in which they are combined, are those that a create asked for."""
    return all(_input(one, have) for one, have in zip(_sent_parts(intent, "inputs"), inputs, strict=True))


def _sent_parts(intent: Intent, kind: str) -> list[Mapping[str, Any]]:
    return [element.sent for _, element in parts(intent.elements, kind)]


def _field(name: str, echo: Any, sent: Mapping[str, Any]) -> bool:
    return compare.echoes(sent.get(name, JOB_FIELDS[name].reset), echo)


def owned(records: Iterable[JobRecord]) -> frozenset[str]:
    """Jobs that belong, or belonged, to some record."""
    return frozenset(job for record in records for job in record.jobs)


def lost_creates_of(records: Iterable[JobRecord], live: LiveJob) -> int:
    """How many creates without an answer may have made this job; any of them may have it, since all asked for it."""
    return sum(record.intent is not None and record.unresolved and matches(record.intent, live) for record in records)


def _input(sent: Mapping[str, Any], live: LiveInput) -> bool:
    identity = sent.get("identity", {})
    source = sent.get("wire_source") or identity.get("source", "")
    named = live.filename.startswith(sent.get("filename", "")) or not live.filename
    if "wire_type" in sent:  # nothing says how a service shows bytes that it took from an earlier job
        return named and (not live.checksum or sent.get("checksum", live.checksum) == live.checksum)
    parameters = _contained(identity.get("parameters", {}), live.parameters) or not live.parameters
    return bool(live.type == identity.get("type") and live.source == source and named and parameters)


def _conversion(sent: Mapping[str, Any], live: LiveConversion) -> bool:
    category = compare.same_category(sent.get("category", ""), live.category)
    options = _contained(sent.get("options", {}), live.options)
    metadata = _contained(sent.get("metadata", {}), live.metadata)
    return bool(sent.get("target") == live.target and category and options and metadata)


def _contained(sent: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    return all(holds_secret(value) or compare.echoes(value, live.get(key)) for key, value in sent.items())


def adopt(record: JobRecord, live: LiveJob, now: float) -> JobRecord:
    """The record with the job that its create turned out to have made, and the ids of parts that can be told.

    No answer came, so that it counts as answered when it was sent. What that was by our own clock, tells nothing of
    the zone of the service's times.
    """
    intent = record.intent or Intent()
    ids = {"job": live.id} | told_ids(intent, live)
    after = created(record, live, ids, starts=not live.editable, now=intent.noted_at or now)
    return replace(after, created_at=0.0) if intent.by_our_clock else after


def told_ids(intent: Intent, live: LiveJob) -> dict[str, str]:
    """The ids of those parts of an intent of which it can be told which ones of the job they are."""
    inputs, conversions = parts(intent.elements, "inputs"), parts(intent.elements, "conversions")
    of_inputs = tell_inputs([sent_input(one.sent) for _, one in inputs], live.inputs)
    of_conversions = tell_conversions([sent_conversion(one.sent) for _, one in conversions], live.conversions)
    ids = {inputs[sent][0]: live.inputs[n].id for sent, n in of_inputs.items()}
    return ids | {conversions[sent][0]: live.conversions[n].id for sent, n in of_conversions.items()}
