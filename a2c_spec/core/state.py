"""What we recorded: one row per job, without any secret, and the protocol of the stores that keep it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Phase = Literal["creating", "building", "started", "completed", "failed", "canceled", "done"]
"""creating: the create was about to be sent, its answer is not known. building: the job exists and is not started.
started: it was told to run. completed/failed/canceled: as the service ended it. done: completed, and every result is
where the manifest wants it."""

ENDED: Mapping[str, Phase] = {"completed": "completed", "failed": "failed", "canceled": "canceled"}
"""The phase of a job that the service has ended, by the service's status."""


@dataclass(frozen=True, slots=True)
class Element:
    """One part of a job on the service (the job itself, an input, a conversion, an output) as we last sent it.

    ``sent`` is canonical: secrets stand as marks (keyed digests), never as values.
    """

    api_id: str
    sent: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedFile:
    """One result: ``path`` below the project root (POSIX; empty when it stays on the service), size in bytes, SHA-256.

    ``wanted`` is the path the manifest asked for; it differs from ``path`` after ``on_conflict: rename``.
    ``service_name`` is its file name on the service, ``name`` the base name last set there.
    """

    path: str
    size: int
    sha256: str
    output_id: str
    conversion: str
    inputs: tuple[str, ...] = ()
    index: int = 0
    service_name: str = ""
    name: str = ""
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """Everything we know of one address in one realm (the service, or the local API).

    ``elements`` maps ``job``, ``inputs.<id>``, ``conversions.<id>``, ``outputs.<api id>`` to what was sent.
    ``intent_at`` is epoch seconds of the last create. ``fingerprint`` is that of the recipe the job runs.
    ``basis`` describes that recipe part by part, so that a later change can be explained. ``problem`` is why a job
    ended as failed, ``warnings`` are what the service said of a job that it completed.
    ``previous`` is what was known before a create whose answer has not come yet. ``landing`` are files
    about to get their final names: after a crash either they stand there, or what stood there before. ``pending``:
    calls that add something were about to be sent; until they are recorded, they may still be on their way.
    """

    address: str
    realm: str
    phase: Phase = "building"
    job_id: str = ""
    idempotency_key: str = ""
    intent_at: float = 0.0
    fingerprint: str = ""
    basis: Mapping[str, Any] = field(default_factory=dict)
    elements: Mapping[str, Element] = field(default_factory=dict)
    files: tuple[SavedFile, ...] = ()
    landing: tuple[SavedFile, ...] = ()
    pending: bool = False
    spent: int = 0
    problem: str = ""
    warnings: tuple[str, ...] = ()
    updated_at: float = 0.0
    previous: JobRecord | None = None

    @property
    def unresolved(self) -> bool:
        """Whether a create was sent, or about to be, and its answer is not known."""
        return self.phase == "creating" and not self.job_id

    def element(self, name: str) -> Element | None:
        return self.elements.get(name)

    def names(self) -> Mapping[str, str]:
        """API id -> element name."""
        return {element.api_id: name for name, element in self.elements.items() if element.api_id}


class StateStore(Protocol):
    """Where the records of one realm are kept. Reads see every write that was begun."""

    def lock(self, who: str) -> AbstractContextManager[None]:
        """Makes us the only writer until the context ends or the process dies; raises Locked, naming the holder."""
        ...

    def get(self, address: str) -> JobRecord | None:
        """The record of one address."""
        ...

    async def put(self, record: JobRecord) -> None:
        """Inserts or replaces the record of its address; durable when it returns. Writers may share one fsync."""
        ...

    async def remove(self, address: str) -> None:
        """Forgets one address, as durably; nothing on the service or on the disk changes."""
        ...

    def scan(self) -> Iterator[JobRecord]:
        """All records, sorted by address."""
        ...

    def addresses(self) -> tuple[str, ...]:
        """All addresses, sorted; cheaper than their records."""
        ...

    def interrupted(self) -> tuple[JobRecord, ...]:
        """Records that an interrupted apply left with files about to be written."""
        ...

    def files_at(self, path: str) -> tuple[SavedFile, ...]:
        """Files that we wrote, or are about to write, at ``path``, in any realm; none means that it is not ours."""
        ...

    def plan_used(self, nonce: str) -> bool:
        """Whether a saved plan was applied before."""
        ...

    def use_plan(self, nonce: str) -> bool:
        """Records that a saved plan is being applied; False if it was applied before."""
        ...

    def close(self) -> None:
        """Releases everything; the store is not used afterwards."""
        ...
