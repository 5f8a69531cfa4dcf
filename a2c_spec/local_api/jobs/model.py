"""The job and its parts as frozen values; to change one is to make a new value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from a2c_spec.local_api.jobs import vocabulary


@dataclass(frozen=True, slots=True)
class Input:
    """One input file. ``blob`` is empty until the file is here; ``suggested`` is the name that the client asked for."""

    id: str
    type: str
    source: str
    created: float
    modified: float
    engine: str = ""
    status: str = ""
    suggested: str = ""
    filename: str = ""
    size: int = 0
    checksum: str = ""
    content_type: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    position: int = 0
    blob: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion. ``options`` are only those that were set; defaults are added when it is shown or run.

    ``passwords`` are digests of the passwords of its downloads, once the job has ended.
    """

    id: str
    target: str
    category: str
    options: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    output_target: tuple[Mapping[str, Any], ...] = ()
    passwords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """One output file. A deleted output stays in the job, so that its download can answer 410."""

    id: str
    conversion: str
    inputs: tuple[str, ...]
    filename: str
    size: int
    checksum: str
    content_type: str
    created: float
    blob: str
    downloads: int = 0
    password: str = ""
    deleted: bool = False
    expired: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A job with all its parts. ``owner`` is the account; ``runner`` is the process that carries it out."""

    id: str
    token: str
    owner: str
    created: float
    modified: float
    base: str
    web: int = 1
    phase: str = vocabulary.INCOMPLETE
    process: bool = True
    fail_on_input_error: bool = True
    fail_on_conversion_error: bool = True
    callback: str = ""
    notify_status: bool = False
    limits: Mapping[str, Any] | None = None
    download_passwords: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    outputs: tuple[Output, ...] = ()
    errors: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[Mapping[str, Any], ...] = ()
    spent: int = 0
    started: float | None = None
    finished: float | None = None
    polls: int = 0
    runner: str = ""
    activity: str = ""
    activity_since: float = 0.0

    @property
    def editable(self) -> bool:
        """Whether the job has not started: its parts may still be changed."""
        return self.phase == vocabulary.INCOMPLETE

    def in_order(self) -> tuple[Input, ...]:
        """The inputs in the order of their positions: the order of a combined output."""
        return tuple(sorted(self.inputs, key=lambda entry: entry.position))

    def input(self, input_id: str) -> Input | None:
        """The input with that id."""
        return next((entry for entry in self.inputs if entry.id == input_id), None)

    def conversion(self, conversion_id: str) -> Conversion | None:
        """The conversion with that id."""
        return next((entry for entry in self.conversions if entry.id == conversion_id), None)

    def output(self, output_id: str) -> Output | None:
        """The output with that id, unless it was deleted."""
        return next((entry for entry in self.outputs if entry.id == output_id and not entry.deleted), None)


def with_input(job: Job, changed: Input) -> Job:
    """The job in which ``changed`` replaces the input with the same id."""
    return replace(job, inputs=tuple(changed if entry.id == changed.id else entry for entry in job.inputs))


def with_conversion(job: Job, changed: Conversion) -> Job:
    """The job in which ``changed`` replaces the conversion with the same id."""
    return replace(job, conversions=tuple(changed if entry.id == changed.id else entry for entry in job.conversions))


def with_output(job: Job, changed: Output) -> Job:
    """The job in which ``changed`` replaces the output with the same id."""
    return replace(job, outputs=tuple(changed if entry.id == changed.id else entry for entry in job.outputs))


def to_document(job: Job) -> dict[str, Any]:
    """The job as plain data, for the store."""
    return asdict(job)


def from_document(document: Mapping[str, Any]) -> Job:
    """The job from the plain data of the store."""
    parts: dict[str, Any] = dict(document)
    parts["inputs"] = tuple(Input(**row) for row in document["inputs"])
    parts["conversions"] = tuple(
        Conversion(
            **{**row, "output_target": tuple(row["output_target"]), "passwords": tuple(row.get("passwords", ()))}
        )
        for row in document["conversions"]
    )
    parts["outputs"] = tuple(Output(**{**row, "inputs": tuple(row["inputs"])}) for row in document["outputs"])
    for name in ("download_passwords", "errors", "warnings"):
        parts[name] = tuple(document[name])
    return Job(**parts)
