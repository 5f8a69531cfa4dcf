"""The files of what a project spent: its own, and one beside a state elsewhere, which know the same entries."""

from __future__ import annotations

import os
import sqlite3
from functools import cache
from pathlib import Path

from a2c_spec.own_databases import Tables, check_files, check_indexes, check_tables, made_by
from a2c_spec.regular_files import make_for_sqlite
from a2c_spec.state.migrations import prepare_folder

LARGEST = 4_294_967_296
"""Bytes of a record of spending, which holds the last 100 days: 10,000 jobs a day make a few hundred million."""

TABLE = """
CREATE TABLE IF NOT EXISTS {at}.paid (
  id INTEGER PRIMARY KEY, realm TEXT NOT NULL, env TEXT NOT NULL, run TEXT NOT NULL, day TEXT NOT NULL,
  credits INTEGER NOT NULL, open INTEGER NOT NULL, key TEXT
)
"""
KEY = "lower(hex(randomblob(16)))"
"""What tells an entry from all others, in whichever file it is."""

OPEN_INDEX = "CREATE INDEX IF NOT EXISTS {at}.open_of ON paid (realm, env, run) WHERE open"
"""Every job that ends looks for what was set aside for it."""

INDEX = "CREATE UNIQUE INDEX IF NOT EXISTS {at}.paid_key ON paid (key)"
COPY = """
INSERT INTO {to}.paid (realm, env, run, day, credits, open, key)
SELECT realm, env, run, day, credits, open, {key} FROM {at}.paid AS it WHERE it.day >= ? {known}
"""
KNOWN = "AND NOT EXISTS (SELECT 1 FROM {to}.paid AS known WHERE known.key = it.key)"
SETTLE = """
UPDATE {to}.paid SET (run, credits, open) = (SELECT run, credits, open FROM {at}.paid AS it WHERE it.key = paid.key)
WHERE open AND EXISTS (
  SELECT 1 FROM {at}.paid AS it WHERE it.key = paid.key AND (it.open = 0 OR it.run <> paid.run)
)
"""
FORGET = """
DELETE FROM {at}.paid WHERE day <= (
  SELECT DISTINCT day FROM {at}.paid WHERE day <= date('now', '+2 days') ORDER BY day DESC LIMIT 1 OFFSET 100
)
"""
"""A hundred days with entries are kept; days to come, which somebody else may have written, are none of them."""

OURS, BESIDE = "ours", "beside"
"""The two files. The database that they are attached to is in memory: so each is written by itself, and no journal of
one names the other. What one knows and the other does not, after a crash between the two, it learns."""

_KEY_ADDED = "ALTER TABLE {at}.paid ADD COLUMN key TEXT"


@cache
def _formats() -> tuple[Tables, ...]:
    """The tables of every file that this version or an earlier one wrote."""
    table, added, index, of_open = (text.format(at="main") for text in (TABLE, _KEY_ADDED, INDEX, OPEN_INDEX))
    earlier = table.replace(", key TEXT", "")
    keyed = [
        made_by(*made, *more) for made in ((table,), (earlier, added)) for more in ((), (index,), (index, of_open))
    ]
    return made_by(earlier), *keyed


def open_ledger(path: Path, beside: Path | None) -> sqlite3.Connection:
    """The file at ``path``, made if there is none, and the one ``beside``, each with what the other knows; a copy,
    which takes no entry, where the first cannot be written."""
    try:
        _make(path)
    except OSError:
        if not path.is_file():
            raise
        return read_ledger(path, beside)
    db = _connection()
    _attach(db, OURS, str(path))
    _ready(db, OURS)
    if beside is not None:
        _make(beside)
        if not beside.samefile(path):
            _attach(db, BESIDE, str(beside))
            _ready(db, BESIDE)
            with db:
                db.execute("BEGIN IMMEDIATE")
                learn(db)
                tell(db)
    return db


def read_ledger(path: Path, beside: Path | None, since: str = "") -> sqlite3.Connection:
    """A copy of what both files know since a day, as far as they are there."""
    db = _connection()
    db.execute(f"ATTACH ':memory:' AS {OURS}")
    db.execute(TABLE.format(at=OURS))
    db.execute(INDEX.format(at=OURS))
    files = [file for file in (path, beside) if file is not None and file.exists()]
    for file in files[:1] if len(files) > 1 and files[0].samefile(files[1]) else files:
        check_files(file, LARGEST)
        if not file.is_file():
            raise sqlite3.DatabaseError(f"{file} is not a file")
        writable = os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
        how = "mode=rw" if writable else "mode=ro&immutable=1"
        _attach(db, BESIDE, f"{file.absolute().as_uri()}?{how}")
        _check(db, BESIDE)
        if _columns(db, BESIDE):
            _pass_on(db, BESIDE, OURS, since)
        db.execute(f"DETACH {BESIDE}")
    db.execute("PRAGMA query_only = ON")
    return db


def _connection() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", timeout=30, uri=True, isolation_level=None, check_same_thread=False)


def _attach(db: sqlite3.Connection, at: str, name: str) -> None:
    db.execute(f"ATTACH ? AS {at}", (name,))
    db.execute(f"PRAGMA {at}.synchronous = FULL")


def _check(db: sqlite3.Connection, at: str) -> None:
    """Raises NotOurs where a file has other tables than ours, or an index that leads past what they say."""
    check_tables(db, *_formats(), at=at)
    check_indexes(db, at)


def learn(db: sqlite3.Connection, since: str = "") -> None:
    """Takes over what the file beside knows since a day, and how what was open has ended."""
    if _attached(db):
        _pass_on(db, BESIDE, OURS, since)


def tell(db: sqlite3.Connection, since: str = "") -> None:
    """Writes into the file beside what it does not know yet."""
    if _attached(db):
        _pass_on(db, OURS, BESIDE, since)


def _attached(db: sqlite3.Connection) -> bool:
    return any(row[1] == BESIDE for row in db.execute("PRAGMA database_list"))


def _pass_on(db: sqlite3.Connection, at: str, to: str, since: str) -> None:
    key = "key" if "key" in _columns(db, at) else KEY  # without keys it is of an earlier version, and told once
    known = KNOWN.format(at=at, to=to) if key == "key" else ""
    db.execute(COPY.format(at=at, to=to, key=key, known=known), (since,))
    if known:
        db.execute(SETTLE.format(at=at, to=to))


def _ready(db: sqlite3.Connection, at: str) -> None:
    """The tables of a file, also of one that an earlier version wrote, with a key at every entry."""
    _check(db, at)
    with db:
        db.execute("BEGIN IMMEDIATE")
        db.execute(TABLE.format(at=at))
        if "key" not in _columns(db, at):
            db.execute(_KEY_ADDED.format(at=at))
        db.execute(INDEX.format(at=at))
        db.execute(OPEN_INDEX.format(at=at))
        db.execute(f"UPDATE {at}.paid SET key = {KEY} WHERE key IS NULL")  # noqa: S608 - names of ours
        db.execute(FORGET.format(at=at))


def _columns(db: sqlite3.Connection, at: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA {at}.table_info(paid)")}


def _make(path: Path) -> None:
    check_files(path, LARGEST)
    prepare_folder(path.parent)
    make_for_sqlite(path)
