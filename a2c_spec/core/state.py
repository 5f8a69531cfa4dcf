"""What we recorded: one row per job, without any secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Phase = Literal["building", "started", "completed", "failed", "canceled", "done"]
"""building: the job exists and is not started. started: the service answered that it was told to run. completed,
failed, canceled: as the service ended it, or as we deleted it. done: completed, and every result is where the manifest
wants it."""

ENDED: Mapping[str, Phase] = {"completed": "completed", "failed": "failed", "canceled": "canceled"}
"""The phase of a job that the service has ended, by the service's status."""

PRESET = "preset"
"""The name of the one element of a preset's record."""

LOCAL_REALM = "local"
"""The local API, as the service of a record: nothing of it has a price."""


@dataclass(frozen=True, slots=True)
class Element:
    """One part of a job on the service (the job itself, an input, a conversion, an output) as we last sent it.

    ``sent`` is canonical: secrets stand as marks (keyed digests), never as values. ``echo`` is what the service showed
    beside it when it answered, by part (options, metadata, fields, settings), without what is empty or a default; a
    part that is not in it is not known.
    """

    api_id: str
    sent: Mapping[str, Any] = field(default_factory=dict)
    echo: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


CACHED = "cached-"
"""How the id of a result begins that was taken from the results cache."""


@dataclass(frozen=True, slots=True)
class SavedFile:
    """One result: ``path`` below the project root (POSIX; empty when it stays on the service), size in bytes, SHA-256.

    ``wanted`` is the path the manifest asked for; it differs from ``path`` after ``on_conflict: rename``.
    ``aside``: the job has it still, but no manifest asks for its conversion now.
    ``service_name`` is its file name on the service, ``name`` the base name last set there, ``checksum`` its MD5 as the
    service says it. ``refused`` is how the service answered its last download, where it said that it has it no more.
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
    checksum: str = ""
    aside: bool = False
    refused: str = ""

    @property
    def only_there(self) -> bool:
        """Whether it stays on the service and is nowhere else, which is what its manifest asks for, if it was saved."""
        return not (self.path or self.wanted)

    @property
    def from_cache(self) -> bool:
        """Whether it was taken from the results cache, so that the service has no result of this id."""
        return self.output_id.startswith(CACHED)

    @property
    def digest(self) -> str:
        """What tells these bytes from others, as far as it is known."""
        return self.sha256 or self.checksum or self.output_id


@dataclass(frozen=True, slots=True)
class Intent:
    """Calls that are about to be sent. It says what will be true if they succeed, and is never a fact.

    ``kinds`` are the calls, ``starts``: one of them starts the job, ``adds``: one of them adds parts. ``fingerprint``
    and ``basis`` are the recipe that would run. ``elements`` is what the job has then. ``key``: that of a create, for
    idempotency. ``noted_at``: epoch seconds by the service's clock, or ours (``by_our_clock``) while that is not known.
    ``acknowledged``: the service said that it made the job; which one is not known, as its answer could not be used.
    """

    kinds: tuple[str, ...] = ()
    starts: bool = False
    adds: bool = False
    fingerprint: str = ""
    basis: Mapping[str, Any] = field(default_factory=dict)
    elements: Mapping[str, Element] = field(default_factory=dict)
    key: str = ""
    noted_at: float = 0.0
    by_our_clock: bool = False
    acknowledged: bool = False

    @property
    def creates(self) -> bool:
        """Whether a job is created, which may be there although its answer was lost."""
        return "create_job" in self.kinds


@dataclass(frozen=True, slots=True)
class JobRecord:
    """Everything we know of one address in one realm (the service, or the local API).

    ``elements`` maps ``job``, ``inputs.<id>``, ``conversions.<id>``, ``outputs.<api id>`` to what was sent.
    All of it are facts: an answer of the service, or the disk, said so. What is only about to be sent is the
    ``intent``. ``fingerprint`` is that of the recipe that was sent to the job; ``basis`` describes it part by part. A
    draft has none while it is being edited: it is not known yet what it would run.
    ``created_at`` is when the service says it created the job, ``answered_at`` when its answer came, by the service's
    clock (epoch seconds both; the former is read as UTC, for the service names no zone). ``problem`` is why a job
    ended as failed, ``warnings`` are what the service said of a job that it completed.
    ``leftover`` are files of an earlier run that stay under a name that no result has any more.
    ``gone`` are ids of results that the job no longer showed when it was read, or that were refused when the service
    need not keep them any more. A refusal before that is no such evidence: what a job shows is there.
    ``gone_since`` (epoch seconds) is when the last manifest that asks for it went: job, recipe and files stay known.
    ``landing`` are files about to get their final names: after a crash either they stand there, or what stood there
    before.
    ``former_jobs`` are ids of earlier jobs that were made for it, of which nothing else is known here any more: the
    service may have them still, and what was sent to them. ``undeletable`` are ids of those that it refused to delete.
    """

    address: str
    realm: str
    phase: Phase = "building"
    job_id: str = ""
    created_at: float = 0.0
    answered_at: float = 0.0
    fingerprint: str = ""
    basis: Mapping[str, Any] = field(default_factory=dict)
    elements: Mapping[str, Element] = field(default_factory=dict)
    files: tuple[SavedFile, ...] = ()
    landing: tuple[SavedFile, ...] = ()
    leftover: tuple[SavedFile, ...] = ()
    spent: int = 0
    problem: str = ""
    warnings: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    updated_at: float = 0.0
    gone_since: float = 0.0
    intent: Intent | None = None
    former_jobs: tuple[str, ...] = ()
    undeletable: tuple[str, ...] = ()

    @property
    def jobs(self) -> tuple[str, ...]:
        """Every job that was made for it and that the service may have, the present one last."""
        return (*self.former_jobs, self.job_id) if self.job_id else self.former_jobs

    @property
    def is_preset(self) -> bool:
        """Whether it is the record of a preset, which is no job: ``job_id`` is its id, then."""
        return PRESET in self.elements

    @property
    def held(self) -> bool:
        """Whether the job is a draft, of which it is known what it runs if somebody starts it."""
        return self.phase == "building" and bool(self.job_id and self.basis.get("conversions")) and self.intent is None

    @property
    def unresolved(self) -> bool:
        """Whether a create was sent, or about to be, and its answer is not known."""
        return self.intent is not None and self.intent.creates

    @property
    def start_sent(self) -> bool:
        """Whether a call that starts the job was sent, or about to be, and its answer is not known."""
        return self.intent is not None and self.intent.starts

    @property
    def lost_start(self) -> bool:
        """Whether a job may be there that runs, and costs, because it was created to start by itself."""
        return self.unresolved and self.start_sent

    @property
    def lost_draft(self) -> bool:
        """Whether a job may be there that was not started, costs nothing, and is not looked for."""
        return self.unresolved and not self.start_sent

    @property
    def age(self) -> tuple[bool, float, float]:
        """What sorts the runs of an address, the newest last: one that counts is newer than one that does not."""
        return (self.gone_since == 0, self.answered_at, self.updated_at)

    @property
    def running_or_held(self) -> bool:
        """Whether a job is on the service that runs, or may be started."""
        return bool(self.job_id) and self.phase in ("building", "started")

    @property
    def paid_for(self) -> bool:
        """Whether running it again pays for something again: it was started, and is not known to have failed for
        nothing.

        Which failures are billed is documented nowhere, so what the service says that the job ``spent`` counts. Of a
        job whose end we did not see that is not known: it counts as paid.
        """
        ended_badly = self.phase in ("failed", "canceled")
        return bool(self.files or self.spent) if ended_badly else self.phase != "building"

    @property
    def ran_otherwise(self) -> bool:
        """Whether it ended, and did not run what was sent to it: nothing of it was taken."""
        return self.phase in ("completed", "done") and bool(self.job_id) and not self.basis

    @property
    def empty(self) -> bool:
        """Whether nothing is known: no job, no results."""
        return not (self.job_id or self.files or self.landing or self.basis)

    def element(self, name: str) -> Element | None:
        return self.elements.get(name)

    def names(self) -> Mapping[str, str]:
        """API id -> element name."""
        return {element.api_id: name for name, element in self.elements.items() if element.api_id}
