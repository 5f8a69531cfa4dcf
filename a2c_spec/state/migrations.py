"""The format of the state file: opens it, creates it, and brings an older one up to date."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from a2c_spec.errors import IntegrityError, SpecError, why
from a2c_spec.own_databases import NotOurs, Tables, check_files, made_by, tables_in
from a2c_spec.regular_files import make_for_sqlite, of_ours
from a2c_spec.state.format import with_check
from a2c_spec.state.lock import NO_LOCKS_HINT, record_locks_problem
from a2c_spec.state.upgrade_3 import upgraded

LARGEST = 34_359_738_368
"""Bytes of a state: one of 100,000 jobs has 470 MB, 10,000 new ones a night make 17 GB in a year."""
LARGEST_RECORD = 67_108_864
"""Bytes of one record; a job of 10,000 parts has a few million."""

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
    3: "CREATE INDEX file_at ON file (path)",
    4: """
CREATE TABLE file_4 (
  path TEXT NOT NULL, realm TEXT NOT NULL, sha256 TEXT NOT NULL, address TEXT NOT NULL, size INTEGER NOT NULL,
  PRIMARY KEY (path, realm, sha256)
) WITHOUT ROWID;
INSERT INTO file_4 SELECT path, realm, sha256, address, size FROM file;
INSERT OR IGNORE INTO file_4
  SELECT json_extract(one.value, '$.path'), job.realm, json_extract(one.value, '$.sha256'), job.address,
    json_extract(one.value, '$.size')
  FROM job, json_each(job.data, '$.files') AS one
  WHERE json_extract(one.value, '$.path') <> '' AND coalesce(json_extract(job.data, '$.gone_since'), 0) = 0
    AND NOT EXISTS (SELECT 1 FROM file WHERE path = json_extract(one.value, '$.path') AND file.realm = job.realm);
DROP TABLE file;
ALTER TABLE file_4 RENAME TO file;
CREATE INDEX file_of ON file (realm, address);
""",
    5: "",
}
"""Format -> the statements that make it of the one before. 2: ``file`` holds what stands at a path and what is about
to be written there; ``unsettled`` finds the records that an interrupted apply left with such files.
3: records keep facts and intents apart. 4: each endpoint has files of its own, whatever another one wrote over them.
5: each record has a check, by which damage is found."""

Upgrade = Callable[[Mapping[str, Mapping[str, Any]]], Mapping[str, Mapping[str, Any]]]
RECORDS: Mapping[int, Upgrade] = {3: upgraded, 5: lambda trees: trees}
"""Format -> what makes the records of one realm (address -> the JSON of its row) of those of the format before."""

VERSION = max(MIGRATIONS)
ROOM = "check free space and permissions"


class NotWritable(SpecError):
    """The state is on a file system, or in a folder, that cannot be written; it may be read all the same."""


NO_WRITING = (errno.EROFS, errno.EACCES, errno.EPERM)
NO_WRITING_SQLITE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
BESIDE = ("digests.db", "outputs.json")
"""What lies beside a state that was in use."""


def open_database(path: Path, named: Path | None = None) -> sqlite3.Connection:
    """A connection whose every commit is durable, to a state of the newest format; errors name ``named``.

    Raises NotWritable when it cannot be written, SpecError when it cannot be opened at all, IntegrityError when it is
    damaged or of a newer format.
    """
    try:
        return _opened(path, named or path)
    except sqlite3.OperationalError as error:
        kind = NotWritable if (error.sqlite_errorcode & 0xFF) in NO_WRITING_SQLITE else SpecError
        raise kind(f"cannot open the state in {named or path}: {error}", hint=ROOM) from error
    except sqlite3.DatabaseError as error:
        raise unreadable(named or path, error) from error
    except OSError as error:
        kind = NotWritable if error.errno in NO_WRITING else SpecError
        raise kind(f"cannot open the state in {named or path}: {why(error)}", hint=ROOM) from error


def _opened(path: Path, named: Path) -> sqlite3.Connection:
    check_files(path, LARGEST)
    _refuse_empty(path)
    _create_file(path)
    if path == named and (problem := record_locks_problem(path)):
        raise NotWritable(problem, hint=NO_LOCKS_HINT)
    db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_RECORD)
    try:
        _check_tables(db, named)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        _upgrade(db)
    except BaseException:
        db.close()
        raise
    return db


def _refuse_empty(path: Path) -> None:
    """An empty file is no new state where others show that it was in use: all that was paid for would be paid again."""
    beside = [name for name in BESIDE if (path.parent / name).exists()]
    if beside and path.is_file() and path.stat().st_size == 0:
        raise IntegrityError(
            f"the state in {path} is empty (0 bytes), although {beside[0]} beside it shows that it was in use",
            hint="the file was not changed; restore it from a backup, or delete it to begin again: `a2c-spec import` "
            "adopts jobs, and what is not recorded is paid for again",
        )


def unreadable(path: Path, error: Exception) -> IntegrityError:
    return IntegrityError(
        f"the state in {path} cannot be read: {error}",
        hint="the file was not changed; restore it from a backup, or move it away and `a2c-spec import` the jobs",
    )


def make_folders(folder: Path) -> None:
    """Makes a folder and those above it, each for its owner alone: `parents` would make those between for everybody."""
    for one in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        one.mkdir(exist_ok=True, mode=0o700)


def prepare_folder(folder: Path) -> None:
    """Makes a folder of ours, which git ignores and only its owner can read; one that others made is left as it is."""
    ours = not folder.exists() or ".a2c" in folder.parts
    make_folders(folder)
    ignore = folder / ".gitignore"
    if ours and not ignore.exists():
        with os.fdopen(of_ours(ignore, os.O_WRONLY | os.O_CREAT), "w", encoding="utf-8") as file:
            file.write("*\n")


def _create_file(path: Path) -> None:
    """The folder and the file; only their owner can read them."""
    prepare_folder(path.parent)
    make_for_sqlite(path)


def _upgrade(db: sqlite3.Connection) -> None:
    if not _exists(db):
        _create_tables(db)
    for step in range(_version(db) + 1, VERSION + 1):
        _migrate(db, step)


def _check_tables(db: sqlite3.Connection, path: Path) -> None:
    """Raises NotOurs where a state has other tables than its format, before anything of it is read;
    IntegrityError where that is a newer one."""
    db.execute("BEGIN")  # tables and format at one moment: another process may be upgrading it
    found = tables_in(db)
    if found and not found >= _META:
        raise NotOurs("it has no table 'meta' of a2c-spec")
    version = _version(db) if found else 0
    db.execute("COMMIT")
    if version > VERSION:
        raise IntegrityError(
            f"the state in {path} was written by a newer a2c-spec (format {version}; this one reads {VERSION})",
            hint="the file was not changed; upgrade a2c-spec",
        )
    if found != (made := _tables(version)):
        kind, name, *_ = min(found ^ made)
        raise NotOurs(f"its {kind} {name!r} is none that a2c-spec made")


_META = frozenset(one for one in made_by(SCHEMA) if one[2] == "meta")


def _tables(version: int) -> Tables:
    """The tables of a format; a state without any format has none."""
    return made_by(SCHEMA, *(MIGRATIONS[step] for step in range(2, version + 1))) if version else frozenset()


def _exists(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0])


def _create_tables(db: sqlite3.Connection) -> None:
    """All tables or none; another process may have been faster."""
    with db:
        db.execute("BEGIN IMMEDIATE")
        if not _exists(db):
            _execute_all(db, SCHEMA)


def _execute_all(db: sqlite3.Connection, statements: str) -> None:
    for statement in filter(str.strip, statements.split(";")):
        db.execute(statement)


def _version(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
    if row is None or not isinstance(row[0], int):
        raise sqlite3.DatabaseError("it does not say of which format it is")
    return int(row[0])


def _migrate(db: sqlite3.Connection, step: int) -> None:
    """One format further, all of it or nothing; another process may have been faster."""
    with db:
        db.execute("BEGIN IMMEDIATE")
        if _version(db) == step - 1:
            _execute_all(db, MIGRATIONS[step])
            if step in RECORDS:
                _upgrade_records(db, RECORDS[step])
            db.execute("UPDATE meta SET value = ? WHERE key = 'version'", (step,))


def _upgrade_records(db: sqlite3.Connection, upgrade: Upgrade) -> None:
    realms: dict[str, dict[str, Any]] = {}
    for realm, address, data in db.execute("SELECT realm, address, data FROM job"):
        realms.setdefault(realm, {})[address] = json.loads(data)
    for realm, trees in realms.items():
        for address, tree in upgrade(trees).items():
            text = with_check(json.dumps({key: value for key, value in tree.items() if key != "check"}))
            row = (tree["phase"], tree["job_id"], tree["fingerprint"], text, realm, address)
            change = "UPDATE job SET phase = ?, job_id = ?, fingerprint = ?, data = ? WHERE realm = ? AND address = ?"
            db.execute(change, row)
