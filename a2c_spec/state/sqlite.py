"""State in one SQLite file: every write durable when it returns, a killed process loses nothing acknowledged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.errors import IntegrityError, SpecError
from a2c_spec.state.encoding import decode, encode
from a2c_spec.state.lock import exclusive

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE job (
  realm TEXT NOT NULL, address TEXT NOT NULL, phase TEXT NOT NULL, job_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (realm, address)
) WITHOUT ROWID;
CREATE TABLE file (
  path TEXT PRIMARY KEY, realm TEXT NOT NULL, address TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX file_of ON file (realm, address);
INSERT INTO meta VALUES ('version', 1), ('serial', 0);
"""
"""Format 1. A newer format is what the migrations make of it, so that every new state proves that they work."""

MIGRATIONS: Mapping[int, str] = {
    2: """
CREATE TABLE file_2 (
  path TEXT NOT NULL, sha256 TEXT NOT NULL, realm TEXT NOT NULL, address TEXT NOT NULL, size INTEGER NOT NULL,
  PRIMARY KEY (path, sha256)
) WITHOUT ROWID;
INSERT INTO file_2 SELECT path, sha256, realm, address, size FROM file;
DROP TABLE file;
ALTER TABLE file_2 RENAME TO file;
CREATE INDEX file_of ON file (realm, address);
ALTER TABLE job ADD COLUMN unsettled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX unsettled_of ON job (realm, address) WHERE unsettled;
""",
}
"""Format -> what brings the one before it there. 2: at one path, what stands there and what is about to land there;
records with anything about to land are found at once."""

VERSION = max(MIGRATIONS)


class SqliteStore:
    """Records of one realm (the host of a service, or ``local``) in the file at ``path``; ``:memory:`` for tests."""

    def __init__(self, path: Path | str, realm: str) -> None:
        self.path = Path(path)
        self.realm = realm
        self._db = _open(self.path)

    def lock(self, who: str) -> AbstractContextManager[None]:
        return exclusive(self.path.with_suffix(".lock"), who)

    def get(self, address: str) -> JobRecord | None:
        query = "SELECT data FROM job WHERE realm = ? AND address = ?"
        row = next(self._rows(query, (self.realm, address)), None)
        return self._decoded(address, row[0]) if row else None

    def put(self, record: JobRecord) -> None:
        self.put_all((record,))

    async def keep(self, record: JobRecord) -> None:
        self.put(record)

    def put_all(self, records: Iterable[JobRecord]) -> None:
        """Inserts or replaces the records of their addresses, all of them with one durable write."""
        with self._write():
            for record in records:
                self._put(replace(record, realm=self.realm))

    def _put(self, record: JobRecord) -> None:
        head = (self.realm, record.address, record.phase, record.job_id, record.fingerprint)
        row = (*head, encode(record), bool(record.landing))
        files = [
            (f.path, f.sha256, self.realm, record.address, f.size) for f in record.files + record.landing if f.path
        ]
        self._db.execute("INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        self._db.execute("DELETE FROM file WHERE realm = ? AND address = ?", (self.realm, record.address))
        self._db.executemany("DELETE FROM file WHERE path = ?", [(row[0],) for row in files])
        self._db.executemany("INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?)", files)

    def remove(self, address: str) -> None:
        with self._write():
            self._db.execute("DELETE FROM job WHERE realm = ? AND address = ?", (self.realm, address))
            self._db.execute("DELETE FROM file WHERE realm = ? AND address = ?", (self.realm, address))

    def scan(self) -> Iterator[JobRecord]:
        query = "SELECT address, data FROM job WHERE realm = ? ORDER BY address"
        for address, data in self._rows(query, (self.realm,)):
            yield self._decoded(address, data)

    def unsettled(self) -> tuple[JobRecord, ...]:
        query = "SELECT address, data FROM job WHERE realm = ? AND unsettled ORDER BY address"
        return tuple(self._decoded(address, data) for address, data in self._rows(query, (self.realm,)))

    def addresses(self) -> tuple[str, ...]:
        query = "SELECT address FROM job WHERE realm = ? ORDER BY address"
        return tuple(row[0] for row in self._rows(query, (self.realm,)))

    def ours(self, path: str) -> tuple[SavedFile, ...]:
        rows = self._rows("SELECT size, sha256 FROM file WHERE path = ?", (path,))
        return tuple(SavedFile(path, size, sha256, "", "") for size, sha256 in rows)

    def used(self, nonce: str) -> bool:
        return any(self._rows("SELECT 1 FROM meta WHERE key = ?", (f"plan:{nonce}",)))

    def use_once(self, nonce: str) -> bool:
        with self._write():
            before = self._db.total_changes
            self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, 1)", (f"plan:{nonce}",))
            return self._db.total_changes > before

    def serial(self) -> int:
        return int(next(self._rows("SELECT value FROM meta WHERE key = 'serial'", ()))[0])

    def close(self) -> None:
        self._db.close()

    def _rows(self, query: str, values: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._db.execute(query, values)
        except sqlite3.DatabaseError as error:
            raise unreadable(self.path, error) from error

    def _decoded(self, address: str, data: str) -> JobRecord:
        try:
            return decode(self.realm, address, data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise unreadable(self.path, ValueError(f"the record of {address} is damaged")) from error

    @contextlib.contextmanager
    def _write(self) -> Iterator[None]:
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("UPDATE meta SET value = value + 1 WHERE key = 'serial'")
        except sqlite3.Error as error:
            raise SpecError(
                f"cannot write the state in {self.path}: {error}",
                hint="nothing more is sent; make room or mend the folder's permissions, then apply again",
            ) from error


def _open(path: Path) -> sqlite3.Connection:
    try:
        if str(path) != ":memory:":
            _prepare(path)
        db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        _version(db, path)
    except sqlite3.OperationalError as error:
        raise SpecError(f"cannot open the state in {path}: {error}", hint="is there room, and may we write?") from error
    except sqlite3.DatabaseError as error:
        raise unreadable(path, error) from error
    except OSError as error:
        raise SpecError(f"cannot open the state in {path}: {error.strerror}") from error
    return db


def unreadable(path: Path, error: Exception) -> IntegrityError:
    return IntegrityError(
        f"the state in {path} cannot be read: {error}",
        hint="it was left as it is; restore it from a backup, or move it away and `a2c-spec import` the jobs",
    )


def _prepare(path: Path) -> None:
    """The folder, ignored by git, and the file, readable by nobody else."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    ignore = path.parent / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _version(db: sqlite3.Connection, path: Path) -> None:
    has = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]
    if not has:
        with contextlib.suppress(sqlite3.OperationalError):  # another process was faster
            db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
    version = _format(db)
    if version > VERSION:
        raise IntegrityError(
            f"the state in {path} was written by a newer a2c-spec (format {version}, this one knows {VERSION})",
            hint="it was left as it is; upgrade a2c-spec",
        )
    for step in range(version + 1, VERSION + 1):
        _migrate(db, step)


def _format(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()[0])


def _migrate(db: sqlite3.Connection, step: int) -> None:
    """One format further, all of it or nothing; another process may have been faster."""
    db.execute("BEGIN IMMEDIATE")
    try:
        if _format(db) == step - 1:
            for statement in MIGRATIONS[step].split(";"):
                db.execute(statement)
            db.execute("UPDATE meta SET value = ? WHERE key = 'version'", (step,))
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
