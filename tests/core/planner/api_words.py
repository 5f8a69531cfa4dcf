"""The vocabulary of the abstract API: jobs, wishes, and the calls that change a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Phase = Literal["held", "waiting", "started"]
"""held: process false. waiting: process true, no input yet. started: closed to every change."""

Pairs = frozenset[tuple[str, str]]


class Illegal(Exception):
    """The API refuses the call, or does not say what it would do."""


class Source(NamedTuple):
    """An input. The first letter of ``identity`` tells how it travels: r(emote), s(mall file), b(ig file)."""

    identity: str
    password: str = ""
    slide: str = ""
    resize: str = ""

    @property
    def inline(self) -> bool:
        return self.identity[0] == "r"

    @property
    def small(self) -> bool:
        return self.identity[0] == "s"


class Task(NamedTuple):
    """A conversion. ``target`` stands for all that cannot be patched: target, category and delivery."""

    target: str
    options: Pairs = frozenset()
    metadata: Pairs = frozenset()


class ApiJob(NamedTuple):
    """One job on the service."""

    phase: Phase
    inputs: tuple[Source, ...] = ()
    tasks: tuple[Task, ...] = ()
    fields: Pairs = frozenset()


class Wish(NamedTuple):
    """What somebody wants: this job, started or held."""

    start: bool
    inputs: tuple[Source, ...] = ()
    tasks: tuple[Task, ...] = ()
    fields: Pairs = frozenset()


Live = ApiJob | None

SIZES = {"r": 0, "s": 300, "b": 3_000_000}
"""Bytes of an input by the first letter of its identity."""

BASE64_SIZE = 400
"""Bytes of a small file in a base64 body."""


@dataclass(frozen=True, slots=True)
class Create:
    inputs: tuple[Source, ...]
    tasks: tuple[Task, ...]
    fields: Pairs
    process: bool


@dataclass(frozen=True, slots=True)
class UploadFile:
    source: Source


@dataclass(frozen=True, slots=True)
class UploadBase64:
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class AddInputs:
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class AddTasks:
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class PatchJob:
    """``fields`` None: none mentioned; else all of them as they are afterwards. ``process`` None: not mentioned."""

    fields: Pairs | None = None
    process: bool | None = None


@dataclass(frozen=True, slots=True)
class Arranged:
    """One entry of a bulk PATCH: which input stands here, and the settings it is given ('' = not mentioned)."""

    place: int
    slide: str = ""
    resize: str = ""


@dataclass(frozen=True, slots=True)
class PatchInputs:
    """The full permutation: the inputs, by their places until now, in the new order."""

    order: tuple[Arranged, ...]


@dataclass(frozen=True, slots=True)
class PatchInput:
    place: int
    password: str


@dataclass(frozen=True, slots=True)
class PatchTask:
    """Options and metadata as they are after the merge (null removes a key, so every result can be reached)."""

    place: int
    options: Pairs
    metadata: Pairs


@dataclass(frozen=True, slots=True)
class DeleteInput:
    place: int


@dataclass(frozen=True, slots=True)
class DeleteTask:
    place: int


@dataclass(frozen=True, slots=True)
class DeleteJob:
    pass


Move = (
    Create
    | UploadFile
    | UploadBase64
    | AddInputs
    | AddTasks
    | PatchJob
    | PatchInputs
    | PatchInput
    | PatchTask
    | DeleteInput
    | DeleteTask
    | DeleteJob
)
