"""What a project spent, day by day, written down before it is spent, in all its environments and states together."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from a2c_spec.errors import IntegrityError, SpecError, why
from a2c_spec.state.ledger import KEY, learn, open_ledger, read_ledger, tell

SUM = "SELECT coalesce(sum(max(CAST(credits AS INTEGER), 0)), 0) FROM ours.paid WHERE realm = ? AND day >= ?"
"""Days to come count too, so that a clock that was set back gives nothing away. No entry does, whoever wrote it."""

INSERT = f"INSERT INTO ours.paid (realm, env, run, day, credits, open, key) VALUES (?, ?, ?, ?, ?, 1, {KEY})"  # noqa: S608
SETTLE = "UPDATE ours.paid SET credits = ?, open = 0 WHERE id = ?"
SETTLE_LAST = """
UPDATE ours.paid SET credits = ?, open = 0
WHERE id = (
  SELECT id FROM ours.paid WHERE realm = ? AND env = ? AND run IN (?, ?) AND open ORDER BY run = ? DESC, id DESC LIMIT 1
)
"""
FILE = "UPDATE ours.paid SET run = ? WHERE id = ?"
"""Once a job is known, its cost is looked for by its id: addresses change, and several may have results of one job."""

OPEN = """
SELECT max(CAST(credits AS INTEGER), 0) FROM ours.paid
WHERE realm = ? AND env = ? AND run = ? AND open AND day >= ? ORDER BY id DESC LIMIT 1
"""
Settlement = tuple[str, tuple[object, ...]]
"""A statement with its values."""

TOUCH: Settlement = ("PRAGMA ours.user_version = 0", ())
"""A write of what is there already: with any write SQLite takes back what was half written, and removes its journal."""

NEVER = "~"
"""A day after all others."""

HINT = "nothing more is paid for; check free space and permissions, or restore the file from a backup"


@dataclass(frozen=True, slots=True)
class Entry:
    """One start of a job: environment, run (``report``, ``report#2``) or its job once that is known, day
    (``2026-01-31``), estimated credits.

    ``most`` is what the day may cost; None: no bound.
    """

    env: str
    run: str
    day: str
    amount: int
    most: int | None = None


class Spending:
    """The entries of one realm. Entries that come while others are written are written together, with one fsync.

    ``beside`` is the file beside a state that is elsewhere: it gets every entry too, and what it knows counts.
    """

    def __init__(self, path: Path, realm: str, beside: Path | None = None) -> None:
        self.path, self.realm, self.beside = path, realm, beside
        self._db: sqlite3.Connection | None = None
        self._one_at_a_time = threading.Lock()
        self._thread = ThreadPoolExecutor(1)
        self._waiting: list[tuple[Entry, asyncio.Future[int]]] = []
        self._settled: list[Settlement] = []
        self._writing: asyncio.Task[None] | None = None
        self._work: Future[list[int]] | None = None
        self._closed = False

    def spent(self, day: str) -> int:
        """What was spent, or set aside, on a day in all environments."""
        with self._read(day) as db:
            return self._sum(db, day)

    def open_amount(self, env: str, run: str, day: str) -> int:
        """What is set aside on a day for the last start of a run, as long as its cost is not known."""
        with self._read(day) as db:
            row = db.execute(OPEN, (self.realm, env, run, day)).fetchone()
            return int(row[0]) if row else 0

    @property
    def _there(self) -> bool:
        """Whether anything was written down, here or by an earlier process."""
        return self._db is not None or any(file and file.exists() for file in (self.path, self.beside))

    async def reserve(self, entry: Entry) -> int:
        """Sets credits aside, durably; gives the number of the entry, 0 if the day would cost too much."""
        number: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, number))
        self._begin()
        return await number

    def _begin(self) -> None:
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def _write_all(self) -> None:
        """Writes what has gathered meanwhile, together, until nothing is left."""
        while (self._waiting or self._settled) and not self._closed:
            group, self._waiting = self._waiting, []
            settled, self._settled = self._settled, []
            work = self._work = self._thread.submit(self._write, [entry for entry, _ in group], settled)
            numbers: Sequence[int | SpecError]
            try:
                written = await asyncio.wrap_future(work)
                numbers = written
            except SpecError as error:
                numbers = [error] * len(group)
            except asyncio.CancelledError:
                self._settled = [*settled, *self._settled] if work.cancelled() else self._settled
                raise
            self._work = None
            for found, (_, number) in zip(numbers, group, strict=True):
                if number.done():  # whoever asked was cancelled
                    if isinstance(found, int):
                        self.settle(found, 0)
                elif isinstance(found, int):
                    number.set_result(found)
                else:
                    number.set_exception(found)
        self._writing = None

    def _write(self, entries: Sequence[Entry], settled: Sequence[Settlement]) -> list[int]:
        with self._explained() as db, db:
            db.execute("BEGIN IMMEDIATE")
            since = min((entry.day for entry in entries), default=NEVER)
            learn(db, since)
            for statement, values in settled:
                db.execute(statement, values)
            numbers = [self._insert(db, entry) for entry in entries]
            tell(db, since)
            return numbers

    def _insert(self, db: sqlite3.Connection, entry: Entry) -> int:
        if entry.most is not None and self._sum(db, entry.day) + entry.amount > entry.most:
            return 0
        return db.execute(INSERT, (self.realm, entry.env, entry.run, entry.day, entry.amount)).lastrowid or 0

    def _sum(self, db: sqlite3.Connection, day: str) -> int:
        return int(db.execute(SUM, (self.realm, day)).fetchone()[0])

    def settle(self, number: int, amount: int) -> None:
        """Puts the true cost in the place of the estimate, soon. If that fails, the estimate stays."""
        self._settle(SETTLE, (amount, number))

    def file_under(self, number: int, job: str) -> None:
        """Notes, soon, which job an entry is of."""
        self._settle(FILE, (job, number))

    def settle_last(self, env: str, run: str, amount: int, job: str = "") -> None:
        """The same of the last start of a run, or of its job, that is open, such as one that an earlier process waited
        for."""
        if self._there:
            self._settle(SETTLE_LAST, (amount, self.realm, env, run, job or run, job or run))

    def _settle(self, statement: str, values: tuple[object, ...]) -> None:
        self._settled.append((statement, values))
        with contextlib.suppress(RuntimeError):  # without a loop it is written when the file is closed
            self._begin()

    def close(self) -> None:
        """Waits for what is being written, writes what is left, and closes the file.

        What a process that was killed had begun to write is taken back, so that nothing of it lies about.
        """
        self._thread.shutdown(wait=True)
        left, self._settled, self._closed = self._settled, [], True
        if self._work is not None and not self._work.cancelled() and self._work.exception() is None:
            left += [(SETTLE, (0, number)) for number in self._work.result()]  # nobody waits for these any more
        if self.path.with_name(f"{self.path.name}-journal").exists():
            left.append(TOUCH)
        if left:
            with contextlib.suppress(SpecError):
                self._write((), left)
        if self._db is not None:
            self._db.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[sqlite3.Connection]:
        """The database, for one thread at a time; its errors are explained."""
        with self._one_at_a_time, self._errors():
            self._db = self._db or open_ledger(self.path, self.beside)
            yield self._db

    @contextlib.contextmanager
    def _read(self, day: str) -> Iterator[sqlite3.Connection]:
        """What is known since a day; nothing is made for it where nobody has written yet."""
        if self._db is not None:
            with self._explained() as db:
                yield db
            return
        with self._errors(), contextlib.closing(read_ledger(self.path, self.beside, day)) as db:
            yield db

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        what = f"{self.path}, the record of what was spent"
        try:
            yield
        except sqlite3.OperationalError as error:
            raise SpecError(f"cannot use {what}: {error}", hint=HINT) from error
        except sqlite3.DatabaseError as error:
            raise IntegrityError(f"cannot read {what}: {error}", hint=HINT) from error
        except OSError as error:
            raise SpecError(f"cannot use {what}: {why(error)}", hint=HINT) from error
