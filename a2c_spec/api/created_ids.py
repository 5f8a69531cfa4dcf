"""Reads from an answer the ids of what a call created, in whichever shape the service gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from a2c_spec.api.http.replies import Reply
from a2c_spec.core.calls import Call
from a2c_spec.core.live import mapping, parse_job, rows, text


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
    """Parts come back in the order in which they were sent, which their types and targets confirm."""
    job = parse_job(data)
    if not job.id:
        return None
    body = call.body if isinstance(call.body, Mapping) else {}
    inputs = [name for name in call.creates if name.startswith("inputs.")]
    conversions = [name for name in call.creates if name.startswith("conversions.")]
    same_inputs = _same(body.get("input") or (), "type", [item.type for item in job.inputs])
    same_conversions = _same(body.get("conversion") or (), "target", [item.target for item in job.conversions])
    if not (same_inputs and same_conversions):
        return {"job": job.id}
    ids = {"job": job.id}
    ids |= dict(zip(inputs, (item.id for item in job.inputs), strict=True))
    return ids | dict(zip(conversions, (item.id for item in job.conversions), strict=True))


def _same(sent: Any, key: str, echoed: Sequence[str]) -> bool:
    """Whether the parts that were sent have these values under ``key``, in this order."""
    return [mapping(part).get(key) for part in sent] == [*echoed]
