"""Checks request bodies. All problems are reported at once, by dotted field name; the values are never repeated."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from a2c_spec.local_api.jobs.refusals import invalid, payment_required
from a2c_spec.local_api.jobs.vocabulary import ENGINES, INPUT_TYPES, RESIZE_HANDLING

MOST_PARTS = 10_000
"""Inputs of one job, and conversions; and objects of one request."""
MOST_PROBLEMS = 1_000
"""With so many problems a request is refused at once: more are not looked for."""

Document = Mapping[str, Any]


@dataclass(slots=True)
class Problems:
    """The problems found so far, by field name."""

    found: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, text: str) -> None:
        """Add a problem; the first one of a field is kept. Raises the refusal where there are very many."""
        self.found.setdefault(name, text)
        if len(self.found) >= MOST_PROBLEMS:
            self.refuse()

    def refuse(self) -> None:
        """Raise the refusal of the request when there is any problem."""
        if self.found:
            raise invalid(self.found)


@dataclass(frozen=True, slots=True)
class InputDraft:
    """An input that a client asks for, checked."""

    type: str
    source: str
    engine: str = ""
    filename: str = ""
    content_type: str = ""
    options: Document = field(default_factory=dict)
    parameters: Document = field(default_factory=dict)
    credentials: Document = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class ConversionDraft:
    """A conversion that a client asks for, checked against the catalog."""

    target: str
    category: str
    options: Document
    metadata: Document
    output_target: tuple[Document, ...]


def require_parts(kind: str, count: int) -> None:
    """Raise 402 where a job would have more parts of a kind, or a request more objects, than any may have."""
    if count > MOST_PARTS:
        raise payment_required(f"There are more than {MOST_PARTS} {kind}")


def object_of(value: Any, name: str, problems: Problems) -> dict[str, Any]:
    """A JSON object; an empty array means an empty object, as in PHP."""
    if value is None or value == []:
        return {}
    if isinstance(value, dict):
        return value
    problems.add(name, "This must be an object")
    return {}


def objects_of(value: Any, name: str, problems: Problems) -> list[dict[str, Any]]:
    """The objects of an array; a single object counts as an array of one, and null as an empty array."""
    rows = [value] if isinstance(value, dict) else [] if value is None else value
    if not isinstance(rows, list):
        problems.add(name, "This must be an array of objects")
        return []
    require_parts("objects in an array", len(rows))
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            problems.add(f"{name}.{index}".strip("."), "This must be an object")
    return [row for row in rows if isinstance(row, dict)]


def prefixed_objects(value: Any, name: str, problems: Problems) -> list[tuple[str, dict[str, Any]]]:
    """The objects of ``objects_of``, each with the dotted prefix that its fields have in problems."""
    rows = objects_of(value, name, problems)
    if isinstance(value, dict) and not name:
        return [("", row) for row in rows]
    return [(f"{name}.{index}.".lstrip("."), row) for index, row in enumerate(rows)]


# Job fields


def _boolean(value: Any) -> str:
    return "" if isinstance(value, bool) else "This must be true or false"


def _callback(value: Any) -> str:
    if value in (None, "") or (isinstance(value, str) and value.startswith(("http://", "https://"))):
        return ""
    return "This must be an http or https URL"


def _passwords(value: Any) -> str:
    rows = value if isinstance(value, list) else [None]
    printable = all(isinstance(row, str) and len(row) <= 65000 and row.isascii() and _printable(row) for row in rows)
    return "" if printable else "This must be an array of strings of printable ASCII characters"


def _printable(text: str) -> bool:
    return text == "" or text.isprintable()


def _limits(value: Any) -> str:
    if value == [] or (isinstance(value, dict) and all(isinstance(part, dict) for part in value.values())):
        return ""  # PHP writes an empty object as []
    return "This must be an object of objects"


JOB_FIELDS: Mapping[str, Callable[[Any], str]] = {
    "process": _boolean,
    "fail_on_input_error": _boolean,
    "fail_on_conversion_error": _boolean,
    "notify_status": _boolean,
    "callback": _callback,
    "download_passwords": _passwords,
    "limits": _limits,
}


def job_fields(body: Document, problems: Problems) -> dict[str, Any]:
    """The job-level fields of a body, in the form that the model has."""
    fields: dict[str, Any] = {}
    for name, check in JOB_FIELDS.items():
        if name in body:
            text = check(body[name])
            problems.add(name, text) if text else fields.update({name: body[name]})
    if "callback" in fields:
        fields["callback"] = fields["callback"] or ""
    if "download_passwords" in fields:
        fields["download_passwords"] = tuple(fields["download_passwords"])
    if fields.get("limits") == []:
        fields["limits"] = {}
    return fields


# Inputs


def input_draft(row: Document, prefix: str, problems: Problems) -> InputDraft:
    """The draft of one input of a body."""
    kind = row.get("type") or "remote"
    _check_type(kind, row.get("engine"), prefix, problems)
    source = row.get("source", row.get("content") if kind == "base64" else None)
    if not isinstance(source, str) or not source:
        problems.add(f"{prefix}source", "This value is required and must be a string")
        source = ""
    for name in ("filename", "content_type"):
        if not isinstance(row.get(name, ""), str | None):
            problems.add(f"{prefix}{name}", "This must be a string")
    options = object_of(row.get("options"), f"{prefix}options", problems)
    check_input_options(options, f"{prefix}options.", problems)
    content = None
    if kind == "base64" and source:
        content, source = _decoded(source, f"{prefix}source", problems), ""
    if kind == "remote" and source and not source.lower().startswith(("http://", "https://")):
        problems.add(f"{prefix}source", "This must be an http or https URL")
    return InputDraft(
        type=str(kind),
        source=source,
        engine=str(row.get("engine") or ""),
        filename=str(row.get("filename") or ""),
        content_type=str(row.get("content_type") or ""),
        options=options,
        parameters=object_of(row.get("parameters"), f"{prefix}parameters", problems),
        credentials=object_of(row.get("credentials"), f"{prefix}credentials", problems),
        content=content,
    )


def _check_type(kind: Any, engine: Any, prefix: str, problems: Problems) -> None:
    if kind not in INPUT_TYPES:
        problems.add(f"{prefix}type", f"This must be one of: {', '.join(INPUT_TYPES)}")
    if kind == "upload":
        problems.add(f"{prefix}type", "Uploads go to the job's server, not here")
    if engine and (kind != "remote" or engine not in ENGINES):
        problems.add(f"{prefix}engine", f"This must be one of: {', '.join(ENGINES)}, and only for remote inputs")


def _decoded(text: str, name: str, problems: Problems) -> bytes | None:
    try:
        return decode_base64(text)
    except ValueError:
        problems.add(name, "This is not valid base64")
        return None


def decode_base64(text: str) -> bytes:
    """The bytes of base64 text or of a data: URI; ValueError when it is neither."""
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or not head.endswith(";base64"):
            raise ValueError("not a base64 data URI")
    compact = "".join(text.split())
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error


def check_input_options(options: Document, prefix: str, problems: Problems) -> None:
    """Check the options that every input may have; options of an engine are not checked."""
    duration = options.get("slide_duration")
    if duration is not None and not _between(duration, 0.1, 120):
        problems.add(f"{prefix}slide_duration", "This must be a number between 0.1 and 120")
    handling = options.get("resize_handling")
    if handling is not None and handling not in RESIZE_HANDLING:
        problems.add(f"{prefix}resize_handling", f"This must be one of: {', '.join(RESIZE_HANDLING)}")


def _between(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
