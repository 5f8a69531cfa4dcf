"""Reads from an answer the ids of what a call created, in whatever shape the service gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from a2c_spec.api.http.replies import Reply
from a2c_spec.core.calls import Call
from a2c_spec.core.live import mapping, parse_job, rows, text


def items(data: Any) -> Sequence[Any]:
    """The elements of an array reply; a single object counts as one."""
    return rows(data) if isinstance(data, list) else [data] if isinstance(data, Mapping) else []


def new_ids(call: Call, reply: Reply) -> Mapping[str, str] | None:
    """Element name -> API id for all that ``call.creates``; None when the answer does not say, so live must be read."""
    if not call.creates:
        return {}
    if call.kind == "create_job":
        return _from_job(call, mapping(reply.data))
    ids = [_one_id(row) for row in items(reply.data)]
    if len(ids) != len(call.creates) or not all(ids):
        return None
    return dict(zip(call.creates, ids, strict=True))


def _one_id(row: Mapping[str, Any]) -> str:
    """An upload answers ``{"id": {"job", "input"}}``, the JSON endpoints ``{"id": "..."}``."""
    value = row.get("id")
    return text(value.get("input")) if isinstance(value, Mapping) else text(value)


def _from_job(call: Call, data: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Parts come back in the order in which they were sent, which their targets and types confirm."""
    job = parse_job(data)
    inputs = [name for name in call.creates if name.startswith("inputs.")]
    conversions = [name for name in call.creates if name.startswith("conversions.")]
    body = call.body if isinstance(call.body, Mapping) else {}
    sent_inputs, sent_conversions = body.get("input") or (), body.get("conversion") or ()
    agrees = _agree(sent_inputs, [item.type for item in job.inputs], "type") and _agree(
        sent_conversions, [item.target for item in job.conversions], "target"
    )
    if not job.id:
        return None
    if not agrees:
        return {"job": job.id}
    ids = {"job": job.id}
    ids |= dict(zip(inputs, (item.id for item in job.inputs), strict=True))
    return ids | dict(zip(conversions, (item.id for item in job.conversions), strict=True))


def _agree(sent: Any, echoed: Sequence[str], key: str) -> bool:
    return len(sent) == len(echoed) and all(
        mapping(one).get(key) == have for one, have in zip(sent, echoed, strict=True)
    )
