"""The files of what a project spent: its own, and one beside a state elsewhere, which know the same entries."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from a2c_spec.state.migrations import prepare_folder
from a2c_spec.state.plain_tables import check_plain

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

BESIDE = "beside"


def open_ledger(path: Path, beside: Path | None) -> sqlite3.Connection:
    """The file at ``path``, made if there is none, and the one ``beside``, each with what the other knows; a copy,
    which takes no entry, where the first cannot be written."""
    try:
        _make(path)
    except OSError:
        if not path.is_file():
            raise
        return read_ledger(path, beside)
    db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA synchronous = FULL")
    _ready(db, "main")
    if beside is not None:
        _make(beside)
        if not beside.samefile(path):
            db.execute(f"ATTACH ? AS {BESIDE}", (str(beside),))
            _ready(db, BESIDE)
            with db:
                db.execute("BEGIN IMMEDIATE")
                learn(db)
                tell(db)
    return db


def read_ledger(path: Path, beside: Path | None, since: str = "") -> sqlite3.Connection:
    """A copy of what both files know since a day, as far as they are there."""
    db = sqlite3.connect(":memory:", timeout=30, uri=True, isolation_level=None, check_same_thread=False)
    db.execute(TABLE.format(at="main"))
    db.execute(INDEX.format(at="main"))
    files = [file for file in (path, beside) if file is not None and file.exists()]
    if odd := next((file for file in files if not file.is_file()), None):
        raise sqlite3.DatabaseError(f"{odd} is not a file")
    for file in files[:1] if len(files) > 1 and files[0].samefile(files[1]) else files:
        writable = os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
        how = "mode=rw" if writable else "mode=ro&immutable=1"
        db.execute(f"ATTACH ? AS {BESIDE}", (f"{file.absolute().as_uri()}?{how}",))
        check_plain(db, BESIDE)
        if _columns(db, BESIDE):
            _pass_on(db, BESIDE, "main", since)
        db.execute(f"DETACH {BESIDE}")
    db.execute("PRAGMA query_only = ON")
    return db


def learn(db: sqlite3.Connection, since: str = "") -> None:
    """Takes over what the file beside knows since a day, and how what was open has ended."""
    if _attached(db):
        _pass_on(db, BESIDE, "main", since)


def tell(db: sqlite3.Connection, since: str = "") -> None:
    """Writes into the file beside what it does not know yet."""
    if _attached(db):
        _pass_on(db, "main", BESIDE, since)


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
    check_plain(db, at)
    with db:
        db.execute("BEGIN IMMEDIATE")
        db.execute(TABLE.format(at=at))
        if "key" not in _columns(db, at):
            db.execute(f"ALTER TABLE {at}.paid ADD COLUMN key TEXT")
        db.execute(INDEX.format(at=at))
        db.execute(OPEN_INDEX.format(at=at))
        db.execute(f"UPDATE {at}.paid SET key = {KEY} WHERE key IS NULL")  # noqa: S608 - names of ours
        db.execute(FORGET.format(at=at))


def _columns(db: sqlite3.Connection, at: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA {at}.table_info(paid)")}


def _make(path: Path) -> None:
    prepare_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
