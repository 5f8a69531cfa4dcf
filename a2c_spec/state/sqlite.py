"""State in one SQLite file: every write is durable when it returns; a killed process loses nothing acknowledged."""

from __future__ import annotations

import contextlib
import heapq
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import OwnedFile
from a2c_spec.errors import SpecError
from a2c_spec.state.format import decode, encode, marks
from a2c_spec.state.group_commit import Changes, GroupCommit
from a2c_spec.state.lock import exclusive
from a2c_spec.state.migrations import open_database, unreadable
from a2c_spec.state.read_only import StateFile

RECENT = 512
"""So many records, those written last, are kept in memory: an apply reads each of its records again and again."""

WRITE, OVERWRITE = "INSERT OR IGNORE INTO meta VALUES (?, ?)", "INSERT OR REPLACE INTO meta VALUES (?, ?)"


class SqliteStore:
    """The records of one realm (the host of a service, or ``local``) in the file at ``path``.

    Records are written in a thread, through a connection of its own, so that reads never wait for the disk. Reads see
    what is about to be written as if it were. Where the file cannot be written it can be read, and nothing else.
    """

    def __init__(self, path: Path, realm: str) -> None:
        self.path = path
        self.realm = realm
        self._file = StateFile(path)
        self._db = self._file.db
        self._writer: sqlite3.Connection | None = None
        self._commits = GroupCommit(self._write)
        self._recent: dict[str, JobRecord] = {}
        self._assumed: dict[str, JobRecord | None] = {}

    @property
    def _pending(self) -> Changes:
        """What the file does not say, and readers see."""
        return {**self._assumed, **self._commits.pending}

    def lock(self, who: str) -> AbstractContextManager[None]:
        if self._file.why_not is not None:
            raise self._file.why_not
        return exclusive(self.path.with_suffix(".lock"), who)

    def get(self, address: str) -> JobRecord | None:
        if address in self._recent:
            return self._recent[address]
        pending = self._pending
        if address in pending:
            return pending[address]
        query = "SELECT data FROM job WHERE realm = ? AND address = ?"
        row = next(self._rows(query, (self.realm, address)), None)
        return self._decoded(address, row[0]) if row else None

    def runs(self, address: str) -> tuple[JobRecord, ...]:
        query = "SELECT address, data FROM job WHERE realm = ? AND address >= ? AND address < ?"
        rows, pending = self._rows(query, (self.realm, address, f"{address}$")), self._pending
        ours = (record for key, record in pending.items() if record and key.startswith(address))
        near = (*self._durable(rows, pending), *ours)
        one = address_of(address) != address
        found = [record for record in near if (record.address if one else address_of(record.address)) == address]
        return tuple(sorted(found, key=lambda record: (len(record.address), record.address)))

    async def put(self, *records: JobRecord, without: Collection[str] = ()) -> None:
        changes: dict[str, JobRecord | None] = dict.fromkeys(without)
        ours = (one if one.realm == self.realm else replace(one, realm=self.realm) for one in records)
        changes |= {record.address: record for record in ours}
        for address, record in changes.items():
            self._recent.pop(address, None)
            self._assumed.pop(address, None)
            if record is not None:
                self._remember(record)
        try:
            await self._commits.change(changes)
        except SpecError:
            self._recent.clear()
            raise

    def assume(self, *records: JobRecord, without: Collection[str] = ()) -> None:
        changes = dict.fromkeys(without) | {record.address: record for record in records}
        for address in changes:
            self._recent.pop(address, None)
        self._assumed |= changes

    def _remember(self, record: JobRecord) -> None:
        """Whoever writes holds the lock, so what was written last is what the file says."""
        self._recent.pop(record.address, None)
        self._recent[record.address] = record
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]

    def scan(self) -> Iterator[JobRecord]:
        query = "SELECT address, data FROM job WHERE realm = ? ORDER BY address"
        return self._with_pending(self._rows(query, (self.realm,)))

    def interrupted(self) -> tuple[JobRecord, ...]:
        some = "(unsettled OR phase = 'building' OR data LIKE ?)"
        query = f"SELECT address, data FROM job WHERE realm = ? AND {some} ORDER BY address"  # noqa: S608 - no input
        found = self._with_pending(self._rows(query, (self.realm, '%"noted_at"%')))
        return tuple(record for record in found if record.landing or record.intent or record.held)

    def _with_pending(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[JobRecord]:
        """The records of these rows and of pending changes, sorted by address."""
        pending = self._pending
        changed = sorted(filter(None, pending.values()), key=lambda record: record.address)
        return heapq.merge(self._durable(rows, pending), changed, key=lambda record: record.address)

    def _durable(self, rows: Iterator[tuple[Any, ...]], pending: Changes) -> Iterator[JobRecord]:
        for address, data in rows:
            if address not in pending:
                yield self._recent.get(address) or self._decoded(address, data)

    def addresses(self) -> tuple[str, ...]:
        pending = self._pending
        query = "SELECT address FROM job WHERE realm = ?"
        durable = {address for (address,) in self._rows(query, (self.realm,)) if address not in pending}
        return tuple(sorted(durable.union(address for address, record in pending.items() if record)))

    def files_at(self, path: str) -> tuple[OwnedFile, ...]:
        stale = self._pending
        pending = [
            OwnedFile(record.address, path, file.size, file.sha256)
            for record in stale.values()
            if record
            for file in record.files + record.landing + record.leftover
            if file.path == path
        ]
        durable = [
            OwnedFile(address, path, size, sha256, "" if realm == self.realm else realm)
            for realm, address, size, sha256 in self._rows(
                "SELECT realm, address, size, sha256 FROM file WHERE path = ?", (path,)
            )
            if realm != self.realm or address not in stale
        ]
        return (*pending, *durable)

    def secret_marks(self) -> frozenset[str]:
        query = "SELECT data FROM job WHERE realm = ? AND (data LIKE '%$secret%' OR data LIKE '%password%')"
        texts = (data for (data,) in self._rows(query, (self.realm,)))
        pending = (encode(record) for record in dict(self._commits.pending).values() if record)
        return frozenset(mark for text in chain(texts, pending) for mark in marks(text))

    def realms(self, address: str = "") -> tuple[str, ...]:
        found = {self.realm for one in self._commits.pending.values() if one and address in ("", one.address)}
        realm, has = "", "SELECT 1 FROM job WHERE realm = ? AND (? = '' OR address = ?)"
        while realm := next(self._rows("SELECT min(realm) FROM job WHERE realm > ?", (realm,)))[0]:
            found |= {realm} if any(self._rows(has, (realm, address, address))) else set()
        return tuple(sorted(found))

    def note(self, name: str) -> str:
        row = next(self._rows("SELECT value FROM meta WHERE key = ?", (name,)), None)
        return str(row[0]) if row else ""

    def write_note(self, name: str, value: str, *, over: bool = False) -> bool:
        with self._transaction(self._db):
            statement = OVERWRITE if over else WRITE
            return self._db.execute(statement, (name, value)).rowcount > 0

    def close(self) -> None:
        self._commits.close()
        if self._writer is not None:
            self._writer.close()
        self._file.close()

    def _rows(self, query: str, values: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        try:
            for row in self._db.execute(query, values):  # noqa: UP028 - that would close it, after the file is closed
                yield row
        except sqlite3.DatabaseError as error:
            raise unreadable(self.path, error) from error

    def _decoded(self, address: str, data: str) -> JobRecord:
        try:
            return decode(self.realm, address, data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise unreadable(self.path, ValueError(f"the record of {address} is damaged")) from error

    def _write(self, changes: Changes) -> None:
        """Makes changes durable, all or none of them."""
        db = self._writer = self._writer or open_database(self.path)
        with self._transaction(db):
            for address in changes:
                db.execute("DELETE FROM file WHERE realm = ? AND address = ?", (self.realm, address))
            for address, record in changes.items():
                if record is not None:
                    self._insert(db, record)
                else:
                    db.execute("DELETE FROM job WHERE realm = ? AND address = ?", (self.realm, address))

    def _insert(self, db: sqlite3.Connection, record: JobRecord) -> None:
        columns = (self.realm, record.address, record.phase, record.job_id, record.fingerprint)
        files = [file for file in record.leftover + record.files + record.landing if file.path]
        db.execute(
            "INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?, ?, ?, ?)", (*columns, encode(record), bool(record.landing))
        )
        db.executemany("DELETE FROM file WHERE path = ? AND realm = ?", [(file.path, self.realm) for file in files])
        db.executemany(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?)",
            [(file.path, self.realm, file.sha256, record.address, file.size) for file in files],
        )

    @contextlib.contextmanager
    def _transaction(self, db: sqlite3.Connection) -> Iterator[None]:
        try:
            with db:
                db.execute("BEGIN IMMEDIATE")
                yield
                db.execute("UPDATE meta SET value = value + 1 WHERE key = 'serial'")
        except sqlite3.Error as error:
            raise SpecError(
                f"cannot write the state in {self.path}: {error}",
                hint="nothing more is sent; free disk space or fix the folder's permissions, then apply again",
            ) from error
