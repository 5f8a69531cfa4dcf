"""Reads from an answer the ids of what a call created, in whichever shape the service gives them.

Which id belongs to which part is decided by what the answer tells of the parts (``core.recognition``). The order of an
answer counts only for an array of parts of which it tells nothing but ids, as answers to uploads do, and only for a
caller who says that he can bear it: the published capture and the official client keep the order, no document
promises it. What no later call of the change names by its id can wait until the job is read, where checksums decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from a2c_spec.api.http.replies import Reply
from a2c_spec.core.calls import Call, Payload, Ref
from a2c_spec.core.live import LiveJob, mapping, parse_conversion, parse_input, rows, text
from a2c_spec.core.recognition import Part, input_part, sent_payload, tell_conversions, tell_inputs
from a2c_spec.core.state import Element

Find = Callable[[str], str]
"""Gives the API id behind a reference to another manifest."""


def created_ids(
    call: Call, reply: Reply, find: Find | None = None, *, in_order: bool = True
) -> Mapping[str, str] | None:
    """Element name -> API id of all that ``call.creates`` and of which it is certain which one it is.

    None when the answer does not even say what was created, so that the job must be read. ``in_order``: the order of
    an answer that tells nothing but ids may count.
    """
    if not call.creates:
        return {}
    if call.kind == "create_job":
        return _from_job(call, reply.job, find)
    found = list({_created_id(row): row for row in _elements(reply.data)}.values())
    ids = [_created_id(row) for row in found]
    if len(ids) != len(call.creates) or not all(ids):
        return None
    if len(ids) == 1:
        return {call.creates[0]: ids[0]}
    if all(row.keys() <= {"id", "completed", "metadata"} for row in found):
        return dict(zip(call.creates, ids, strict=True)) if in_order else {}
    return _told(call, [{**row, "id": one} for row, one in zip(found, ids, strict=True)], find)


def _elements(data: Any) -> Sequence[Mapping[str, Any]]:
    """The elements of an array; a single object counts as an array of one."""
    return rows(data) if isinstance(data, list) else [data] if isinstance(data, Mapping) else []


def _created_id(row: Mapping[str, Any]) -> str:
    """An upload answers ``{"id": {"job", "input"}}``, the JSON endpoints ``{"id": "..."}``."""
    value = row.get("id")
    return text(value.get("input")) if isinstance(value, Mapping) else text(value)


def _told(call: Call, found: Sequence[Mapping[str, Any]], find: Find | None) -> Mapping[str, str]:
    """The ids of an array of parts, as far as the answer tells which is which."""
    parts = [_wire(part, find) for part in _array(call.body)]
    if call.kind == "add_conversions":
        pairs = tell_conversions(parts, [parse_conversion(row) for row in found])
    else:
        pairs = tell_inputs([input_part(part) for part in parts], [parse_input(row) for row in found])
    return {call.creates[sent]: text(found[live]["id"]) for sent, live in pairs.items()}


def _from_job(call: Call, job: LiveJob, find: Find | None) -> Mapping[str, str] | None:
    """The id of a new job, and those of its parts."""
    if not job.id:
        return None
    body = call.body if isinstance(call.body, Mapping) else {}
    inputs = [name for name in call.creates if name.startswith("inputs.")]
    conversions = [name for name in call.creates if name.startswith("conversions.")]
    of_inputs = tell_inputs([input_part(_wire(part, find)) for part in _array(body.get("input"))], job.inputs)
    of_conversions = tell_conversions([_wire(part, find) for part in _array(body.get("conversion"))], job.conversions)
    ids = {"job": job.id} | {inputs[sent]: job.inputs[live].id for sent, live in of_inputs.items()}
    ids |= {conversions[sent]: job.conversions[live].id for sent, live in of_conversions.items()}
    return {name: one for name, one in ids.items() if one}


def _array(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()


def _wire(part: Any, find: Find | None) -> Part:
    """A part as it was sent: with ids in the place of references, as far as they are known."""
    return sent_payload(part) if isinstance(part, Payload) else mapping(_resolved(part, find))


def _resolved(value: Any, find: Find | None) -> Any:
    if isinstance(value, Ref):
        return find(value.name) if find else value
    return {key: _resolved(item, find) for key, item in value.items()} if isinstance(value, Mapping) else value


def sent_by(create: Call, find: Find) -> Mapping[str, Element]:
    """What a create sends, part by part; of a result of another job, the id under which it goes."""
    sent = {effect.name: dict(effect.sent or {}) for effect in create.effects}
    body = create.body if isinstance(create.body, Mapping) else {}
    for kind, key in (("inputs.", "input"), ("conversions.", "conversion")):
        names, sent_parts = [name for name in create.creates if name.startswith(kind)], body.get(key)
        for name, part in zip(names, sent_parts if isinstance(sent_parts, tuple) else (), strict=True):
            sent[name] |= _ids_in(mapping(part), find)
    return {name: Element("", values) for name, values in sent.items()}


def _ids_in(part: Mapping[str, object], find: Find) -> Mapping[str, str]:
    """The ids under which a part names a result or a preset of another manifest, or an input of an earlier job."""
    found = {"wire_source": part.get("source"), "wire_preset": mapping(part.get("options")).get("preset")}
    ids = {key: find(ref.name) for key, ref in found.items() if isinstance(ref, Ref)}
    held = {"wire_source": str(part.get("source")), "wire_type": "input_id"}
    return ids | (held if part.get("type") == "input_id" else {})
