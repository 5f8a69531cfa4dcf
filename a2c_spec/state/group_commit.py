"""A store whose writers share durable writes: while one is on its way to the disk, the next ones gather."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.state.sqlite import SqliteStore

RECENT = 512
"""So many records, those written last, need not be read from the disk again."""


@dataclass(slots=True)
class _Group:
    """Records that are written together, and those who wait for that."""

    records: dict[str, JobRecord] = field(default_factory=dict)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    error: BaseException | None = None


class GroupedStore:
    """``store`` is read and written by whoever asks; ``keep`` writes through a second connection, in a thread.

    What is on its way to the disk is seen by every reader already.
    """

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.path = store.path
        self._recent: dict[str, JobRecord] = {}
        self._gathering: _Group | None = None
        self._writing: _Group | None = None
        self._task: asyncio.Task[None] | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._writer: SqliteStore | None = None

    async def keep(self, record: JobRecord) -> None:
        """Durable when this returns."""
        group = self._gathering = self._gathering or _Group()
        group.records[record.address] = record
        self._recall(record)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())
        await group.done.wait()
        if group.error is not None:
            raise group.error

    def _recall(self, record: JobRecord) -> None:
        """Who keeps records holds the lock, so that what was kept last is what the disk says."""
        self._recent.pop(record.address, None)
        self._recent[record.address] = record
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]

    async def _write(self) -> None:
        """Group after group, until nobody waits."""
        self._pool = self._pool or ThreadPoolExecutor(1)
        await asyncio.sleep(0)
        while self._gathering is not None:
            group = self._writing = self._gathering
            self._gathering = None
            try:
                await asyncio.get_running_loop().run_in_executor(self._pool, self._put, tuple(group.records.values()))
            except Exception as error:
                group.error = error
                self._recent.clear()
            finally:
                self._writing = None
                group.done.set()

    def _put(self, records: tuple[JobRecord, ...]) -> None:
        self._writer = self._writer or SqliteStore(self.store.path, self.store.realm)
        self._writer.put_all(records)

    def _pending(self) -> Iterator[_Group]:
        """Newest first."""
        yield from (group for group in (self._gathering, self._writing) if group is not None)

    def get(self, address: str) -> JobRecord | None:
        for group in self._pending():
            if found := group.records.get(address):
                return found
        return self._recent.get(address) or self.store.get(address)

    def ours(self, path: str) -> tuple[SavedFile, ...]:
        records = [record for group in self._pending() for record in group.records.values()]
        pending = [file for record in records for file in record.files + record.landing if file.path == path]
        return (*pending, *self.store.ours(path))

    def put(self, record: JobRecord) -> None:
        self._settle()
        self._recent.pop(record.address, None)
        self.store.put(record)

    def remove(self, address: str) -> None:
        self._settle()
        self._recent.pop(address, None)
        self.store.remove(address)

    def _settle(self) -> None:
        """Everything that is on its way arrives, before something is written beside it."""
        if self._pool is not None:
            self._pool.submit(lambda: None).result()
        if self._gathering is not None:
            self.store.put_all(tuple(self._gathering.records.values()))
            self._gathering.records.clear()

    def lock(self, who: str) -> AbstractContextManager[None]:
        return self.store.lock(who)

    def scan(self) -> Iterator[JobRecord]:
        self._settle()
        return self.store.scan()

    def addresses(self) -> tuple[str, ...]:
        self._settle()
        return self.store.addresses()

    def unsettled(self) -> tuple[JobRecord, ...]:
        self._settle()
        return self.store.unsettled()

    def used(self, nonce: str) -> bool:
        return self.store.used(nonce)

    def use_once(self, nonce: str) -> bool:
        return self.store.use_once(nonce)

    def serial(self) -> int:
        return self.store.serial()

    def close(self) -> None:
        self._settle()
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        if self._writer is not None:
            self._writer.close()
        self.store.close()
