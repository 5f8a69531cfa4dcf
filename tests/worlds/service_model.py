"""What the other service keeps: jobs with their parts, presets, and who did what to them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tests.worlds.recipes import Recipe, sha256

KEY = "0123456789abcdef0123456789abcdef"
"""The account key."""

CATALOG: dict[tuple[str, str], dict[str, str]] = {
    ("image", "png"): {"width": "integer", "quality": "any", "color": "string", "rotate": "integer"},
    ("image", "jpg"): {"width": "integer", "quality": "any"},
    ("image", "webp"): {"width": "integer", "quality": "any", "color": "string", "rotate": "integer"},
    ("document", "pdf"): {"merge": "boolean", "quality": "any", "pages": "string", "dpi": "integer", "pdf_a": "string"},
    ("document", "txt"): {"ocr": "boolean", "language": "string", "quality": "any"},
    ("archive", "zip"): {"compression_level": "string", "quality": "any"},
    ("hash", "sha256"): {"quality": "any"},
    ("hash", "md5"): {"quality": "any"},
    ("metadata", "json"): {"output_mode": "string", "quality": "any"},
}
"""Targets and their own options, by JSON type."""

EVERYWHERE = {
    "allow_multiple_outputs": "boolean",
    "allow_multiple_outputs_threshold": "integer",
    "download_password": "string",
    "output_filename": "string",
    "preset": "string",
}

TERMINAL = frozenset({"completed", "failed", "canceled"})


class Refusal(Exception):
    """The service says no: a status, and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class Input:
    """One source file of a job; ``data`` is None while, or because, it cannot be had."""

    id: str
    type: str
    source: str
    filename: str = ""
    data: bytes | None = None
    password: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    engine: str = ""
    content_type: str = ""
    added: float = 0.0

    @property
    def md5(self) -> str:
        return "" if self.data is None else hashlib.md5(self.data, usedforsecurity=False).hexdigest()

    @property
    def sha(self) -> str:
        return "" if self.data is None else sha256(self.data)


@dataclass(slots=True)
class Conversion:
    """One thing to make."""

    id: str
    target: str
    category: str
    options: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Output:
    """One result."""

    id: str
    conversion: str
    inputs: list[str]
    filename: str
    data: bytes
    made: float
    password: str = ""
    deleted: bool = False
    downloads: int = 0


@dataclass(slots=True)
class Job:
    """One job. ``creator`` made it; ``recipes`` are those it was started with; ``doomed``: it is going to fail;
    ``edited``: somebody who did not make it changed it."""

    id: str
    token: str
    creator: str
    created: float
    process: bool = True
    flags: dict[str, Any] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    status: str = "draft"
    started: float = 0.0
    looks: int = 0
    spent: int = 0
    recipes: list[Recipe] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    doomed: bool = False
    deleted: bool = False
    edited: bool = False

    @property
    def strict_inputs(self) -> bool:
        return bool(self.flags.get("fail_on_input_error", True))

    @property
    def strict_conversions(self) -> bool:
        return bool(self.flags.get("fail_on_conversion_error", True))


@dataclass(slots=True)
class Preset:
    """A named set of options."""

    id: str
    name: str
    target: str
    category: str
    options: dict[str, Any]
    scope: str
    creator: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One request of the log: who, what class of call, on which job or preset, how it was answered, which fault."""

    actor: str
    call: str
    subject: str
    owner: str
    status: int
    fault: str = ""

    @property
    def mutates(self) -> bool:
        return self.call not in READS


READS = frozenset({"get", "list", "download", "read", "get preset"})


@dataclass(frozen=True, slots=True)
class Start:
    """One job that began to cost: who caused it, whose job it is."""

    actor: str
    owner: str
    job: str
    keys: tuple[str, ...]
    edited: bool


def check_options(category: str, target: str, options: Any) -> dict[str, Any]:
    """The options as they are kept; raises Refusal for one that the target does not know, or of a wrong type."""
    if not isinstance(options, dict):
        raise Refusal(400, "options must be an object")
    known = CATALOG[category, target] | EVERYWHERE
    for name, value in options.items():
        if name not in known:
            raise Refusal(400, f"unknown option {name}")
        if value is not None and not _fits(known[name], value):
            raise Refusal(400, f"option {name} must be {known[name]}")
    return dict(options)


def described() -> list[dict[str, Any]]:
    """Every target with its options, as the service lists them."""
    return [
        {"id": str(n), "target": target, "category": category, "options": _described(options | EVERYWHERE)}
        for n, ((category, target), options) in enumerate(CATALOG.items())
    ]


def _described(options: dict[str, str]) -> dict[str, Any]:
    return {name: {} if kind == "any" else {"type": kind} for name, kind in options.items()}


def _fits(kind: str, value: Any) -> bool:
    if kind == "integer":
        return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    return kind == "any" or isinstance(value, {"string": str, "boolean": bool}[kind])


def category_of(target: str, category: str) -> str:
    """The category of a target where none is given; raises Refusal where there is no such target."""
    found = [one for one, name in CATALOG if name == target and category in ("", one)]
    if not found:
        raise Refusal(400, f"there is no conversion to {category}/{target}")
    return found[0]
