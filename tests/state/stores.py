"""The stores that the contract is proven for, and processes that work on a state until they are killed.

Another database is one more line in ``STORES``.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import StateStore
from a2c_spec.state.sqlite import SqliteStore

SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of store. ``open`` gives a store of the state that belongs to a folder, for a realm; the folder is there
    and was empty at first. ``spoil`` makes every later write of a store fail."""

    open: Callable[[Path, str], StateStore]
    spoil: Callable[[Any], object]


STORES: Mapping[str, Kind] = {
    "sqlite": Kind(
        lambda folder, realm: SqliteStore(folder / "state.db", realm),
        lambda store: store._db.execute("DROP TABLE file"),
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """The state of one workspace, in a store of one kind."""

    kind: str
    folder: Path

    @contextmanager
    def open(self, realm: str = "host") -> Iterator[StateStore]:
        store = STORES[self.kind].open(self.folder, realm)
        try:
            yield store
        finally:
            store.close()

    def spoil(self, store: StateStore) -> None:
        STORES[self.kind].spoil(store)

    def beside(self, name: str) -> Place:
        """Another workspace."""
        folder = self.folder / name
        folder.mkdir()
        return Place(self.kind, folder)


def put(store: StateStore, *records: JobRecord, without: Collection[str] = ()) -> None:
    """One write of all these records."""
    asyncio.run(store.put(*records, without=without))


@contextmanager
def process(work: Callable[..., None], *args: Any) -> Iterator[tuple[Connection, multiprocessing.process.BaseProcess]]:
    """A process that works, and what it tells; it is killed at the end, and so it may be in the middle of a write."""
    here, there = SPAWN.Pipe()
    running = SPAWN.Process(target=work, args=(*args, there))
    running.start()
    there.close()
    try:
        yield here, running
    finally:
        running.kill()
        running.join()
        here.close()


# What such a process does. Each tells something as soon as it has begun.


def hold_the_lock(place: Place, who: str, tell: Connection) -> None:
    """Holds the lock until it is killed."""
    with place.open() as store, store.lock(who):
        tell.send("held")
        signal.pause()


def write_for_ever(place: Place, size: int, tell: Connection) -> None:
    """Replaces so many records again and again, by one write each time, and tells which write returned."""
    records = [JobRecord(f"job-{number:03}", "host", basis={"x": "y" * 100}) for number in range(size)]
    with place.open() as store, store.lock("writer"):
        for spent in count(1):
            put(store, *(replace(record, spent=spent) for record in records))
            tell.send(spent)


def leave_without_closing(place: Place, record: JobRecord, tell: Connection) -> None:
    """Ends at once when its write has returned."""
    with place.open() as store:
        put(store, record)
        tell.send("written")
        os._exit(0)


def race_for_notes(place: Place, names: Collection[str], tell: Connection) -> None:
    """Writes notes, as soon as it is told to, and tells which of them it wrote."""
    with place.open() as store:
        tell.send("ready")
        tell.recv()
        tell.send([name for name in names if store.write_note(name, str(os.getpid()))])
        signal.pause()
