"""Reads from an answer the ids of what a call created, in whichever shape the service gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from a2c_spec.api.http.replies import Reply
from a2c_spec.core.calls import Call, Ref
from a2c_spec.core.compare import echoes
from a2c_spec.core.desired import Secret
from a2c_spec.core.live import LiveJob, mapping, parse_job, rows, text


def created_ids(call: Call, reply: Reply) -> Mapping[str, str] | None:
    """Element name -> API id for all that ``call.creates``.

    For a create, only ``job`` if the answer does not describe its parts as they were sent. None when the answer does
    not tell the ids, so that the job must be read.
    """
    if not call.creates:
        return {}
    if call.kind == "create_job":
        return _from_job(call, mapping(reply.data))
    ids = [_created_id(row) for row in _elements(reply.data)]
    if len(ids) != len(call.creates) or not all(ids):
        return None
    return dict(zip(call.creates, ids, strict=True))


def _elements(data: Any) -> Sequence[Any]:
    """The elements of an array; a single object counts as an array of one."""
    return rows(data) if isinstance(data, list) else [data] if isinstance(data, Mapping) else []


def _created_id(row: Mapping[str, Any]) -> str:
    """An upload answers ``{"id": {"job", "input"}}``, the JSON endpoints ``{"id": "..."}``."""
    value = row.get("id")
    return text(value.get("input")) if isinstance(value, Mapping) else text(value)


def _from_job(call: Call, data: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Parts usually come back in the order in which they were sent; it counts only where their content confirms it."""
    job = parse_job(data)
    if not job.id:
        return None
    body = call.body if isinstance(call.body, Mapping) else {}
    inputs = [name for name in call.creates if name.startswith("inputs.")]
    conversions = [name for name in call.creates if name.startswith("conversions.")]
    if not (_as_sent_inputs(body.get("input") or (), job) and _as_sent_conversions(body.get("conversion") or (), job)):
        return {"job": job.id}
    ids = {"job": job.id}
    ids |= dict(zip(inputs, (item.id for item in job.inputs), strict=True))
    return ids | dict(zip(conversions, (item.id for item in job.conversions), strict=True))


def _as_sent_inputs(sent: Any, job: LiveJob) -> bool:
    """Whether the inputs came back as they were sent, in this order, as far as the answer tells."""
    pairs = list(zip(sent, job.inputs, strict=False))
    return len(sent) == len(job.inputs) and all(
        mapping(part).get("type") == live.type
        and (isinstance(mapping(part).get("source"), Ref) or not live.source or mapping(part)["source"] == live.source)
        for part, live in pairs
    )


def _as_sent_conversions(sent: Any, job: LiveJob) -> bool:
    """The same for conversions; options come back expanded, so what was sent need only be contained."""
    pairs = list(zip(sent, job.conversions, strict=False))
    return len(sent) == len(job.conversions) and all(
        mapping(part).get("target") == live.target and _contained(mapping(mapping(part).get("options")), live.options)
        for part, live in pairs
    )


def _contained(sent: Mapping[str, Any], echo: Mapping[str, Any]) -> bool:
    """Secrets and references never come back as they were sent, so they say nothing."""
    plain = {key: value for key, value in sent.items() if not isinstance(value, Ref | Secret)}
    return not echo or all(key not in echo or echoes(value, echo[key]) for key, value in plain.items())
