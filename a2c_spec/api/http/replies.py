"""What the service answered: parsed, or refused in our own words; and whether it may have done what it was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from a2c_spec.errors import AuthError, InvalidError, NetworkError, QuotaError, SpecError

LARGEST_REPLY = 16 * 1024 * 1024
"""JSON replies larger than this (bytes) are refused; the official clients draw the same line."""


class LostAnswer(NetworkError):
    """A request that changes something was sent, and whether it took effect is not known."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the JSON API: ``data`` is parsed, None for an empty body."""

    status: int
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What the service says went wrong; it names fields, never values of credentials."""
        if isinstance(self.data, Mapping):
            text = str(self.data.get("message") or "")
            errors = self.data.get("errors")
            return f"{text} {_plain(errors)}".strip() if errors else text
        return ""


def _plain(errors: object) -> str:
    if isinstance(errors, Mapping):
        return "; ".join(f"{key}: {value}" for key, value in errors.items())
    return str(errors)


class TooLarge(httpx.RequestError):
    """An answer that is not read to its end; what it is about may have happened all the same."""


async def read_capped(response: httpx.Response) -> bytes:
    """The whole body, refused beyond LARGEST_REPLY."""
    parts, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LARGEST_REPLY:
            raise TooLarge(f"larger than {LARGEST_REPLY} bytes, which is refused", request=response.request)
        parts.append(chunk)
    return b"".join(parts)


def parsed(response: httpx.Response, raw: bytes) -> Any:
    """JSON, None for an empty body, Ellipsis for what is no JSON at all."""
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return ... if response.status_code < 400 else None


def error_text(error: Exception) -> str:
    error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def root_cause(error: BaseException) -> str:
    """What the system said at the bottom of a chain of errors, such as ``Name or service not known``."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.strerror and not below.strerror.startswith("Cannot connect"):
            return re.sub(r"^Connect call failed.*", "connection refused or timed out", below.strerror)
        below = getattr(below, "os_error", None) or below.__cause__ or below.__context__
    return error_text(error) if isinstance(error, Exception) else type(error).__name__


def unreachable(base_url: str, error: Exception) -> NetworkError:
    return NetworkError(
        f"cannot reach {base_url}: {root_cause(error)}",
        hint="check the network, API2CONVERT_BASE_URL and --base-url; --local needs no service",
    )


def not_the_service(reply: Reply, *, harmless: bool) -> NetworkError:
    kind = NetworkError if harmless else LostAnswer
    return kind(
        f"what answers with {reply.status} is not the service: the body is no JSON",
        hint="is there a proxy in between? check API2CONVERT_BASE_URL",
    )


def refusal(reply: Reply, *, harmless: bool) -> SpecError:
    """The error that a refused request is."""
    text = reply.message or f"the service answered {reply.status}"
    if reply.status in (401, 403):
        return AuthError(f"the service refuses the API key: {text}", hint="check API2CONVERT_API_KEY")
    if reply.status == 402:
        return QuotaError(f"credits or contract limits are exhausted: {text}", hint="nothing more is started")
    if reply.status >= 500:
        kind = NetworkError if harmless else LostAnswer
        return kind(f"the service failed with {reply.status}: {text}", hint="apply again later; nothing is lost")
    if 300 <= reply.status < 400:
        kind = NetworkError if harmless else LostAnswer
        return kind(f"the service redirects ({reply.status}); the key is never sent along", hint="check --base-url")
    if reply.status == 429:
        return NetworkError("the service keeps answering 429", hint="lower --parallelism, or try later")
    return Refused(reply.status, f"the service refuses the request ({reply.status}): {text}")


class Refused(InvalidError):
    """A 4xx that is about this very request: 400, 404, 409, 410, 422."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class MissingIds(SpecError):
    """A call succeeded, but its answer does not say which ids it created."""


UNKNOWN_RESULT = (LostAnswer, MissingIds)
"""Failures after which only reading the job tells what it holds now."""
