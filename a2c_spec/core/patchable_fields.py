"""The fields of a job that can be changed until it starts: a new one is one row here, and one property of the schema.

Everything that builds, sends, reads back, compares, imports or prints these fields goes by the two tables. Inputs,
conversions and outputs are structure, not fields: what of them can be patched stands in ``core/planner``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


def _flag(value: object) -> Any:
    """A boolean; anything else says nothing."""
    return value if isinstance(value, bool) else None


def _text(value: object) -> Any:
    """Text; null reads as empty, as an unset callback does."""
    return "" if value is None else str(value)


def _never(_value: object) -> Any:
    """The service never shows it."""
    return None


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``reset`` is its default on the service, sent when a manifest no longer mentions it; ``read`` makes
    of an echo what can be compared, None where it says nothing. ``secret``: a list of secrets, never echoed."""

    reset: Any
    read: Callable[[object], Any] = _flag
    secret: bool = False


JOB_FIELDS: Mapping[str, Field] = {
    "fail_on_input_error": Field(reset=True),
    "fail_on_conversion_error": Field(reset=True),
    "callback": Field(reset="", read=_text),
    "notify_status": Field(reset=False),
    "download_passwords": Field(reset=(), read=_never, secret=True),
}
"""Set by POST /jobs and PATCH /jobs/{id}. ``process`` is not among them: it is a command, not a property."""

INPUT_SETTINGS: tuple[str, ...] = ("slide_duration", "resize_handling")
"""Set by the bulk PATCH /jobs/{id}/input, beside the position. They decide the result, and cannot be unset."""


def echoed(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """The job fields that a reply tells, as they can be compared."""
    found = {name: field.read(reply[name]) for name, field in JOB_FIELDS.items() if name in reply}
    return {name: value for name, value in found.items() if value is not None}
