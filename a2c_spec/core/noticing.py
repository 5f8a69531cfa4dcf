"""What answers show of a job beside what was sent to it, kept to tell later what somebody else set."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.core.calls import Call
from a2c_spec.core.foreign import UNSEEN, conversion_parts, echo_of, input_parts, settings_in
from a2c_spec.core.live import (
    LiveConversion,
    LiveInput,
    LiveJob,
    mapping,
    parse_conversion,
    parse_input,
    parse_job,
    parse_output,
    rows,
)
from a2c_spec.core.state import Element, JobRecord
from a2c_spec.core.transitions import parts

SHOWS_INPUTS = frozenset({"add_inputs", "upload_file", "upload_base64", "patch_inputs"})
SHOWS_CONVERSIONS = frozenset({"add_conversions", "patch_conversion"})
"""Calls whose answers may show such parts. The answer to an edit of the job shows all of it: that is somebody else's,
perhaps, except for the fields that were edited."""


def noticed(record: JobRecord, call: Call, reply: Any) -> JobRecord:
    """The record with what the answer to a call shows beside what was sent, to tell later what somebody else set: of a
    job that runs from its create on, nothing."""
    if call.kind == "create_job" and call.starts:
        return record
    elements, names = dict(record.elements), record.names()
    shown = rows(reply) if isinstance(reply, list) else [mapping(reply)]
    for live in _parts_in(call, shown):
        if name := names.get(live.id):
            elements[name] = _part_noticed(name, elements[name], live, call)
    for name in call.creates:
        if name.startswith("inputs.") and name in elements and not elements[name].echo:
            elements[name] = replace(elements[name], echo=UNSEEN)
    for output in map(parse_output, shown if call.kind == "patch_output" else ()):
        if (name := f"outputs.{output.id}") in elements:
            elements[name] = replace(elements[name], echo={"output": {"filename": output.filename}})
    if call.kind in ("create_job", "patch_job") and "job" in elements:
        touched = {"fields": mapping(call.body)} if call.kind == "patch_job" else None
        fields, known = {"fields": parse_job(mapping(reply)).fields}, elements["job"]
        elements["job"] = replace(known, echo=echo_of({"fields": known.sent}, fields, known.echo, touched))
    return replace(record, elements=elements)


def _parts_in(call: Call, shown: Collection[Mapping[str, Any]]) -> Iterator[LiveInput | LiveConversion]:
    if call.kind == "create_job":
        for job in map(parse_job, shown):
            yield from job.inputs
            yield from job.conversions
    yield from map(parse_input, shown if call.kind in SHOWS_INPUTS else ())
    yield from map(parse_conversion, shown if call.kind in SHOWS_CONVERSIONS else ())


def _part_noticed(name: str, known: Element, live: LiveInput | LiveConversion, call: Call) -> Element:
    """A part with all that it shows where the call adds it; an edit tells only of the keys that it named: the others
    may be somebody else's meanwhile."""
    touched: Mapping[str, Collection[str]] | None = None
    if isinstance(live, LiveConversion):
        sent, there = known.sent, conversion_parts(live, known.sent)
        if call.kind == "patch_conversion":
            touched = {part: mapping(value) for part, value in mapping(call.body).items()}
    else:
        sent, there = {"settings": settings_in(known.sent)}, input_parts(live)
        if name not in call.creates:
            edited = next((effect.sent for effect in call.effects if effect.name == name), None)
            touched = {"settings": settings_in(edited or {})}
    return replace(known, echo=echo_of(sent, there, known.echo, touched))


def closed(record: JobRecord) -> JobRecord:
    """The record of a job that was started in one go with its create: without what the service showed of it, for nobody
    can change it any more, and what a run shows later may be the service's own."""
    if record.phase != "started":
        return record
    kept = {name: replace(one, echo={}) if one.echo else one for name, one in record.elements.items()}
    return record if kept == record.elements else replace(record, elements=kept)


def unseen_inputs(record: JobRecord, before: JobRecord) -> list[str]:
    """The inputs of a held job that it did not have before, and of which no answer showed which settings they have."""
    known, held = before.names(), record.phase == "building"
    new = [(name, one) for name, one in parts(record.elements, "inputs") if one.api_id and one.api_id not in known]
    return [name for name, one in new if held and ("unseen" in one.echo or not one.echo)]


def seen(record: JobRecord, live: LiveJob, before: JobRecord) -> JobRecord:
    """The record with what the job shows of these inputs, once it was read right after they were added."""
    here, elements = {item.id: item for item in live.inputs}, dict(record.elements)
    for name in unseen_inputs(record, before):
        one = elements[name]
        if item := here.get(one.api_id):
            sent = {"settings": settings_in(one.sent)}
            elements[name] = replace(one, echo=echo_of(sent, {"settings": settings_in(item.options)}))
    return replace(record, elements=elements)
