"""Reads request bodies: at most so many bytes, and strict JSON that can be written back unchanged."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from starlette.requests import Request

from a2c_spec.local_api.jobs.refusals import EMPTY_BODY, INVALID, Refusal, not_an_object

CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)


async def read_json(request: Request, limit: int) -> Any:
    """The JSON body of a request; 400 when it is empty or broken, 413 when it is too large."""
    body = await read_bounded(request, limit)
    if not body.strip():
        raise Refusal(400, {"code": EMPTY_BODY, "message": "The JSON body is empty"})
    return parse_json(body)


async def read_object(request: Request, limit: int) -> dict[str, Any]:
    """The JSON object in the body of a request; 400 also when it is not an object."""
    body = await read_json(request, limit)
    if not isinstance(body, dict):
        raise not_an_object()
    return body


async def read_bounded(request: Request, limit: int) -> bytes:
    """The body of a request; 413 when it has more than ``limit`` bytes, 400 when its headers say that it is packed or
    not UTF-8: whoever believes them, such as a proxy, would read something else than we do."""
    require_unpacked(request)
    if (found := _CHARSET.search(request.headers.get("content-type", ""))) and found[1].lower() not in CHARSETS:
        raise Refusal(400, {"code": INVALID, "message": "The body must be UTF-8"})
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def require_unpacked(request: Request) -> None:
    """400 when a body is, or is said to be, packed: no client of this API packs one."""
    if any(text.strip().lower() not in ("", "identity") for text in request.headers.getlist("content-encoding")):
        raise Refusal(400, {"code": INVALID, "message": "The body must have no content encoding"})


def too_large(limit: int) -> Refusal:
    """413: the body has more than ``limit`` bytes."""
    return Refusal(413, {"message": f"The request is larger than {limit} bytes"}, {"Connection": "close"})


def parse_json(body: bytes) -> Any:
    """The value of strict JSON; 400 for NaN, infinity, lone surrogates, and nesting that is too deep."""
    try:
        value = json.loads(body, parse_constant=_no_constant, parse_float=_finite)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refusal(400, {"code": INVALID, "message": "The JSON body is not valid"}) from None
    return value


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
