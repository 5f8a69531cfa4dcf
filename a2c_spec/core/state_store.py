"""The protocol of the stores that keep what we recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from a2c_spec.core.run_keys import address_of, free_key
from a2c_spec.core.state import JobRecord


@dataclass(frozen=True, slots=True)
class OwnedFile:
    """A file that was written for ``address``: size in bytes, SHA-256.

    ``elsewhere`` is the endpoint that it was written for, if it is another one than that of the store.
    """

    address: str
    path: str
    size: int
    sha256: str
    elsewhere: str = ""


class StateStore(Protocol):
    """The state of one workspace, with the records of one realm of it.

    Any number of stores, in any number of processes, may be open on one state: one of them writes records, while it
    holds the lock, and the others read. A read shows the state as it was at one moment, all of a ``put`` or nothing of
    it: what is durable, and what was begun through the same store. Text is kept as it is, compared and sorted by its
    code points. Raises SpecError when the state cannot be read or written.

    ``tests/state/test_contract.py`` proves each promise made here, for every store.
    """

    def lock(self, who: str) -> AbstractContextManager[None]:
        """Makes us the only writer, in every realm, until the context ends or the process dies. Raises Locked at once,
        naming the holder, when somebody is that already."""
        ...

    async def put(self, *records: JobRecord, without: Collection[str] = ()) -> None:
        """Inserts or replaces records, and removes those of ``without`` that are not among them: all or none.

        They are durable when it returns, and readers of this store see them at once. When it raises, or the process
        dies, what was recorded before is still there. Writers may share one fsync. Their realm is that of the store.
        """
        ...

    def assume(self, *records: JobRecord, without: Collection[str] = ()) -> None:
        """Reads of this store, and no others, show these records as if they had been put, until their address is."""
        ...

    def get(self, address: str) -> JobRecord | None:
        """The record of one address, equal to what was put."""
        ...

    def runs(self, address: str) -> tuple[JobRecord, ...]:
        """Every run of one address (``address``, ``address#2``, ...), sorted by its number; of the key of a run, it."""
        ...

    def scan(self) -> Iterator[JobRecord]:
        """All records, sorted by address."""
        ...

    def addresses(self) -> tuple[str, ...]:
        """All addresses, sorted; cheaper than their records."""
        ...

    def interrupted(self) -> tuple[JobRecord, ...]:
        """Records of which more may be known than they say, sorted by address: those that an interrupted apply left
        with files about to be written, or an intent; and those of held jobs, which somebody may have started."""
        ...

    def files_at(self, path: str) -> tuple[OwnedFile, ...]:
        """Files that we wrote, or are about to write, at ``path``, in any realm; none means that it is not ours.

        In each realm a path belongs to the record that was put last with it: to what it says of it, be it one file or
        two. What one realm writes takes nothing from another one.
        """
        ...

    def secret_marks(self) -> frozenset[str]:
        """How the secrets that were sent are marked in the records: each reference, with or without a digest."""
        ...

    def realms(self, address: str = "") -> tuple[str, ...]:
        """Every realm that has a record, of ``address`` if one is given, sorted."""
        ...

    def note(self, name: str) -> str:
        """What is noted of the state as a whole under this name; empty when nothing is.

        ``serial`` is noted by the store itself: a number that grows with every durable write.
        """
        ...

    def write_note(self, name: str, value: str, *, over: bool = False) -> bool:
        """Writes a note, durable when it returns; one that stands already stays, unless ``over``.

        Tells whether it was written. Of all who write one, with or without the lock, just one is told so.
        """
        ...

    def close(self) -> None:
        """Releases everything; the store is not used afterwards."""
        ...


def next_key(store: StateStore, key: str) -> str:
    """The first key that no run has of the address whose run has, or had, this one."""
    address = address_of(key)
    return free_key(address, [run.address for run in store.runs(address)])
