"""What the API says now, read tolerantly from its JSON; nothing here is desired state.

Tolerance, because the service's replies vary: ``[]`` may stand for ``{}``, ``status`` may be a bare string, keys may be
absent, unknown status codes are not terminal. The per-job token is left out on purpose: it is a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from a2c_spec.core.patchable_fields import echoed
from a2c_spec.core.shortened import shortened, shortened_name

TERMINAL = frozenset({"completed", "failed", "canceled"})
"""The only statuses that end a job; every other or unknown code means it may still change."""

_MD5 = re.compile("[0-9a-f]{32}")

MOST_UNANNOUNCED = 2_000_000_000
"""Bytes of a result whose size the service does not tell, unless `--max-download-bytes` says otherwise."""

CATALOG_BYTES = 64 * 1024 * 1024
CATALOG_ROWS = 20_000
"""Bytes and targets of a catalog, whether a file or the service has it."""

MOST_CREDITS = 1_000_000_000
MOST_BYTES = 2**53
"""The largest numbers that are believed: what one job cost, and every other one."""

NOT_STARTED = frozenset({"incomplete", "created"})
"""Statuses of a job that can still be edited. ``ready`` counts as not started only while ``process`` is false."""


@dataclass(frozen=True, slots=True)
class LiveInput:
    """One input as echoed. ``checksum`` is an MD5 in lowercase hex, empty until the service has the bytes."""

    id: str
    type: str = ""
    source: str = ""
    engine: str = ""
    filename: str = ""
    content_type: str = ""
    size: int = 0
    checksum: str = ""
    status: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveConversion:
    """One conversion as echoed: options come back expanded with defaults and nulls, credentials never."""

    id: str
    target: str = ""
    category: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    output_target: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class LiveOutput:
    """One result. ``uri`` downloads it; it lives about 24 hours and for about ten downloads."""

    id: str
    conversion: str = ""
    inputs: tuple[str, ...] = ()
    filename: str = ""
    uri: str = ""
    size: int = 0
    checksum: str = ""
    status: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of a job's ``errors`` or ``warnings``: ``source`` is input or conversion, ``id_source`` its API id."""

    source: str
    id_source: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class LiveJob:
    """A job as the API describes it. ``spent`` is in credits; ``fields`` are the job fields that the reply told;
    ``process`` None means that it did not say."""

    id: str
    status: str
    info: str = ""
    process: bool | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    server: str = ""
    spent: int = 0
    created_at: str = ""
    inputs: tuple[LiveInput, ...] = ()
    conversions: tuple[LiveConversion, ...] = ()
    outputs: tuple[LiveOutput, ...] = ()
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def editable(self) -> bool:
        """Whether the service still lets the job be changed (it answers 409 once started)."""
        return self.status in NOT_STARTED or (self.status == "ready" and self.process is False)

    @property
    def terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def positions(self) -> list[int]:
        """The positions of all inputs; empty unless the reply tells some. Where it does not tell all of them, somebody
        moved these, and the others have the places that are left: how a service orders them is not known."""
        told = [place if isinstance(place := item.options.get("position"), int) else 0 for item in self.inputs]
        taken = set(told)
        left = iter(place for place in range(1, 2 * len(told) + 1) if place not in taken)
        return [place or next(left) for place in told] if any(told) else []


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; anything else (``[]`` for an empty one, null) reads as empty."""
    return value if isinstance(value, Mapping) else {}


def rows(value: object) -> Sequence[Mapping[str, Any]]:
    """The objects of a JSON array; anything else reads as none."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else ()


def text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _md5(value: object) -> str:
    """A checksum of 32 hex digits, in lowercase: MD5, as every known reply has it. Another kind would prove nothing."""
    shown = text(value).lower()
    return shown if _MD5.fullmatch(shown) else ""


def number(value: object, most: int = MOST_BYTES) -> int:
    """A count; services of this family also send numbers as strings. What counts nothing is 0, and nothing is below
    that, or above ``most``: what is kept, added up and compared must stay what it is."""
    try:
        return min(max(int(value), 0), most)  # type: ignore[call-overload, no-any-return]  # any JSON value may come
    except (TypeError, ValueError, OverflowError):
        return 0


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def parse_input(row: Mapping[str, Any]) -> LiveInput:
    """Reads one element of ``input``."""
    return LiveInput(
        id=text(row.get("id")),
        type=text(row.get("type")),
        source=text(row.get("source")),
        engine=text(row.get("engine")),
        filename=shortened_name(text(row.get("filename"))),
        content_type=text(row.get("content_type")),
        size=number(row.get("size")),
        checksum=_md5(row.get("checksum") or row.get("hash")),
        status=text(row.get("status")),
        options=mapping(row.get("options")),
        parameters=mapping(row.get("parameters")),
    )


def parse_conversion(row: Mapping[str, Any]) -> LiveConversion:
    """Reads one element of ``conversion``."""
    return LiveConversion(
        id=text(row.get("id")),
        target=text(row.get("target")),
        category=text(row.get("category")),
        options=mapping(row.get("options")),
        metadata=mapping(row.get("metadata")),
        output_target=tuple(rows(row.get("output_target"))),
    )


def parse_output(row: Mapping[str, Any]) -> LiveOutput:
    """Reads one element of ``output``; the file name falls back to ``name`` and the last segment of the uri."""
    source = mapping(row.get("source"))
    inputs = source.get("input")
    uri = text(row.get("uri"))
    return LiveOutput(
        id=text(row.get("id")),
        conversion=text(source.get("conversion")),
        inputs=tuple(text(i) for i in inputs) if isinstance(inputs, list | tuple) else (),
        filename=shortened_name(text(row.get("filename") or row.get("name")) or file_name_in(uri)),
        uri=uri,
        size=number(row.get("size")),
        checksum=_md5(row.get("checksum")),
        status=text(row.get("status")),
        content_type=text(row.get("content_type")),
    )


def file_name_in(uri: str) -> str:
    """The last segment of the path of an address; what stands before its path, as a password, is no name."""
    return re.split("[?#]", uri.partition("://")[2] or uri)[0].partition("/")[2].rpartition("/")[2]


def _problem(row: Mapping[str, Any]) -> Problem:
    return Problem(
        source=shortened(text(row.get("source"))),
        id_source=text(row.get("id_source") or row.get("idSource")),
        code=shortened(text(row.get("code"))),
        message=shortened(text(row.get("message"))),
    )


class _Part(Protocol):
    @property
    def id(self) -> str: ...


_P = TypeVar("_P", bound=_Part)


def _parts(value: object, parse: Callable[[Mapping[str, Any]], _P]) -> tuple[_P, ...]:
    """The parts of a job in a list. One that is listed twice with the same id is one; without an id each counts."""
    found = [parse(row) for row in rows(value)]
    if len(found) < 2:
        return tuple(found)
    first = {part.id: part for part in reversed(found)}
    return tuple(part for part in found if not part.id or first[part.id] is part)


def parse_job(data: Mapping[str, Any]) -> LiveJob:
    """Reads a job reply; never fails on an unexpected shape, but what is missing stays empty."""
    status = data.get("status")
    detail = mapping(status)
    return LiveJob(
        id=text(data.get("id")),
        status=shortened(text(status if isinstance(status, str) else detail.get("code"))),
        info=shortened(text(detail.get("info"))),
        process=_flag(data.get("process")),
        fields=echoed(data),
        server=text(data.get("server")).rstrip("/"),
        spent=number(data.get("spent"), MOST_CREDITS),
        created_at=text(data.get("created_at")),
        inputs=_parts(data.get("input"), parse_input),
        conversions=_parts(data.get("conversion"), parse_conversion),
        outputs=_parts(data.get("output"), parse_output),
        errors=tuple(_problem(row) for row in rows(data.get("errors"))),
        warnings=tuple(_problem(row) for row in rows(data.get("warnings"))),
    )
