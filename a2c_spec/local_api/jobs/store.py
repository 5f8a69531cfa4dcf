"""Stores jobs in one SQLite file: one short transaction per change, safe for several processes."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from a2c_spec.local_api.jobs.model import Job, from_document, to_document
from a2c_spec.local_api.storage.private_folder import check_files
from a2c_spec.local_api.storage.store_tables import check_tables

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL, phase TEXT NOT NULL,
  runner TEXT NOT NULL, token TEXT NOT NULL, document TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS jobs_by_token ON jobs (token);
CREATE INDEX IF NOT EXISTS jobs_by_owner ON jobs (owner, phase);
CREATE INDEX IF NOT EXISTS jobs_by_phase ON jobs (phase);
CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, kind TEXT NOT NULL, job TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS files_by_job ON files (job);
CREATE TABLE IF NOT EXISTS history (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, status TEXT NOT NULL, info TEXT NOT NULL,
  created REAL NOT NULL);
CREATE INDEX IF NOT EXISTS history_by_job ON history (job);
CREATE TABLE IF NOT EXISTS presets (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS usage (
  owner TEXT NOT NULL, at REAL NOT NULL, bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL,
  seconds REAL NOT NULL, completed INTEGER NOT NULL, spent INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS chunks (
  job TEXT NOT NULL, upload TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (job, upload));
CREATE TABLE IF NOT EXISTS calls (seq INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, value REAL NOT NULL);
"""
CALLS_KEPT = 20_000
TABLES = ("jobs", "files", "history", "presets", "usage", "chunks", "calls", "numbers")

Rule = Callable[[Job], Job]


class StoreClosed(Exception):
    """The store was used after the service had closed it."""


class Store:
    """The database of one service. Every change happens inside ``transaction``; reads need none.

    ``read_only``: it is on a file system that cannot be written, and everything but a change works.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._lock = threading.RLock()
        self._closed = False
        self._log_to_empty = False
        self.read_only = read_only
        check_files(path)
        name = f"file:{quote(str(path))}?mode=ro&immutable=1" if read_only else path
        self._db = sqlite3.connect(name, uri=read_only, check_same_thread=False, isolation_level=None, timeout=30)
        check_tables(self._db, SCHEMA)
        if read_only:
            return
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA secure_delete = ON")  # what is taken out of a job is overwritten
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._closed = True
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in the block is written, or nothing; other processes cannot write meanwhile. May be nested."""
        with self._lock:
            self._require_open()
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._log_to_empty = False
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            if self._log_to_empty:
                self.empty_log()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._lock:
            self._require_open()
            return self._db.execute(sql, values).fetchall()

    def empty_log(self) -> None:
        """Move what is in SQLite's log to its place, so that nothing older is left there; if nobody else is reading.

        In a transaction this is done at its end, before another thread can read what the transaction wrote.
        """
        with self._lock:
            self._log_to_empty = self._db.in_transaction
            if not self._log_to_empty:
                self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def _require_open(self) -> None:
        if self._closed:
            raise StoreClosed

    def number(self, name: str) -> int:
        """The next number of the sequence with that name: 1, 2, 3..."""
        sql = "INSERT INTO numbers VALUES (?, 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value"
        return int(self.rows(sql, name)[0][0])

    def value(self, name: str) -> float:
        """The number stored under a name, or 0."""
        rows = self.rows("SELECT value FROM numbers WHERE name = ?", name)
        return float(rows[0][0]) if rows else 0.0

    def set_value(self, name: str, value: float) -> None:
        """Store a number under a name."""
        self.rows("INSERT INTO numbers VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2", name, value)

    # Jobs

    def add_job(self, job: Job) -> None:
        """Store a new job."""
        sql = "INSERT INTO jobs (id, owner, phase, runner, token, document) VALUES (?, ?, ?, ?, ?, ?)"
        self.rows(sql, job.id, job.owner, job.phase, job.runner, job.token, json.dumps(to_document(job)))
        self._index_files(job, None)

    def job(self, job_id: str) -> Job | None:
        """The job with that id."""
        rows = self.rows("SELECT document FROM jobs WHERE id = ?", job_id)
        return from_document(json.loads(rows[0][0])) if rows else None

    def put_job(self, before: Job, job: Job) -> None:
        """Store a changed job; ``before`` is the job before the change."""
        sql = "UPDATE jobs SET phase = ?, runner = ?, document = ? WHERE id = ?"
        self.rows(sql, job.phase, job.runner, json.dumps(to_document(job)), job.id)
        self._index_files(job, before)

    def drop_job(self, job_id: str) -> None:
        """Delete a job; the record of what it used stays."""
        for sql in ("DELETE FROM jobs WHERE id = ?", "DELETE FROM files WHERE job = ?",
                    "DELETE FROM history WHERE job = ?", "DELETE FROM chunks WHERE job = ?"):  # fmt: skip
            self.rows(sql, job_id)

    def jobs(self, owner: str, phases: Sequence[str], *, limit: int = -1, offset: int = 0) -> list[Job]:
        """The jobs of an account, the newest first; all of them when ``phases`` is empty."""
        where, values = _jobs_where(owner, phases)
        sql = f"SELECT document FROM jobs WHERE {where} ORDER BY seq DESC LIMIT ? OFFSET ?"  # noqa: S608 - no input in it
        return [from_document(json.loads(row[0])) for row in self.rows(sql, *values, limit, offset)]

    def count_jobs(self, owner: str, phases: Sequence[str]) -> int:
        """How many jobs ``jobs`` would return without a limit."""
        where, values = _jobs_where(owner, phases)
        return int(self.rows(f"SELECT COUNT(*) FROM jobs WHERE {where}", *values)[0][0])  # noqa: S608 - no input in it

    def all_jobs(self, *, limit: int, offset: int) -> list[Job]:
        """The jobs of all accounts, the newest first."""
        rows = self.rows("SELECT document FROM jobs ORDER BY seq DESC LIMIT ? OFFSET ?", limit, offset)
        return [from_document(json.loads(row[0])) for row in rows]

    def count_all_jobs(self) -> int:
        """How many jobs all accounts have together."""
        return int(self.rows("SELECT COUNT(*) FROM jobs")[0][0])

    def job_of_token(self, token: str) -> Job | None:
        """The job a token belongs to."""
        rows = self.rows("SELECT document FROM jobs WHERE token = ?", token)
        return from_document(json.loads(rows[0][0])) if rows else None

    def job_of_file(self, kind: str, file_id: str) -> Job | None:
        """The job that an input or output belongs to."""
        rows = self.rows("SELECT job FROM files WHERE id = ? AND kind = ?", file_id, kind)
        return self.job(rows[0][0]) if rows else None

    def _index_files(self, job: Job, before: Job | None) -> None:
        known = _file_ids(before) if before else set()
        for file_id, kind in _file_ids(job) - known:
            self.rows("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", file_id, kind, job.id)
        for file_id, _ in known - _file_ids(job):
            self.rows("DELETE FROM files WHERE id = ?", file_id)

    # History

    def add_event(self, job_id: str, status: str, info: str, at: float) -> None:
        """Add an event to the history of a job."""
        self.rows("INSERT INTO history (job, status, info, created) VALUES (?, ?, ?, ?)", job_id, status, info, at)

    def events(self, job_id: str) -> list[tuple[int, str, str, float]]:
        """The history of a job, the oldest event first: number, status, text, time."""
        rows = self.rows("SELECT seq, status, info, created FROM history WHERE job = ? ORDER BY seq", job_id)
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    # Documents without columns of their own

    def add_call(self, call: Mapping[str, Any]) -> int:
        """Store a request that came in; returns its number."""
        return int(self.rows("INSERT INTO calls (document) VALUES (?) RETURNING seq", json.dumps(call))[0][0])

    def put_call(self, seq: int, call: Mapping[str, Any]) -> None:
        """Store how a request was answered; the oldest requests are deleted, so that the log stays bounded."""
        self.rows("UPDATE calls SET document = ? WHERE seq = ?", json.dumps(call), seq)
        if seq % 1000 == 0:
            self.rows("DELETE FROM calls WHERE seq <= ?", seq - CALLS_KEPT)

    def calls(self) -> list[dict[str, Any]]:
        """All stored requests, the oldest first."""
        rows = self.rows("SELECT seq, document FROM calls ORDER BY seq")
        return [{"seq": row[0], **json.loads(row[1])} for row in rows]

    def reset(self) -> None:
        """Delete everything."""
        with self.transaction():
            for table in TABLES:
                self.rows(f"DELETE FROM {table}")  # noqa: S608 - the names are ours


def _jobs_where(owner: str, phases: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    if not phases:
        return "owner = ?", (owner,)
    return f"owner = ? AND phase IN ({', '.join('?' * len(phases))})", (owner, *phases)


def _file_ids(job: Job) -> set[tuple[str, str]]:
    return {(entry.id, "input") for entry in job.inputs} | {(entry.id, "output") for entry in job.outputs}
