"""A database of ours holds our tables, no more, and nothing beside it acts: somebody else may have put it there.

SQLite does what it finds beside a database: it takes back what a journal holds, deletes the file that the journal names
as the journal above it, and waits for whoever writes into a pipe. So the files are looked at before it opens any.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG

BESIDE = ("", "-journal", "-wal", "-shm")
"""What SQLite adds to the name of a database."""
JOURNAL_ENDS = bytes.fromhex("d9d505f920a163d7")
"""The last bytes of a journal that names another one, above it. None of ours does: each file is written by itself."""
Tables = frozenset[tuple[str, str, str, str]]
"""All that a database has: kinds, names, tables and texts."""

_SPACE, _AROUND = re.compile(r"\s+"), re.compile(r" ?([(),]) ?")


class NotOurs(sqlite3.DatabaseError):
    """A database, or a file beside it, is none that a2c-spec makes."""


def check_files(path: Path, most: int) -> None:
    """Raises NotOurs where a database, or what SQLite keeps beside it, is a link, no file, leads to another file, or
    has more than ``most`` bytes."""
    for end in BESIDE:
        file = Path(f"{path}{end}")
        try:
            status = file.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if S_ISLNK(status.st_mode):
            raise NotOurs(f"{file} is a link, which a2c-spec does not follow; remove it")
        if not S_ISREG(status.st_mode) and (end or not S_ISDIR(status.st_mode)):
            raise NotOurs(f"{file} is not a file; remove it")
        if S_ISREG(status.st_mode) and status.st_size > most:
            raise NotOurs(f"{file} has {status.st_size} bytes, and at most {most} are read")
        if end == "-journal" and _ending(file) == JOURNAL_ENDS:
            raise NotOurs(f"{file} would have SQLite delete another file, as none of a2c-spec does; remove it")


def _ending(file: Path) -> bytes:
    """The last bytes of a file, which may be another one by now."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(file, flags), "rb") as opened:  # noqa: PTH123 - a descriptor
        size = os.fstat(opened.fileno()).st_size
        opened.seek(max(0, size - len(JOURNAL_ENDS)))
        return opened.read(len(JOURNAL_ENDS))


def check_tables(db: sqlite3.Connection, *known: Tables, at: str = "main") -> None:
    """Raises NotOurs where a file has anything but the tables and indexes of one of these, or nothing at all."""
    found = tables_in(db, at)
    if not found or found in known:
        return
    ours = max(known, key=lambda one: len(one & found))
    if odd := sorted(found - ours):
        raise NotOurs(f"it has the {odd[0][0]} {odd[0][1]!r}, which a2c-spec did not make")
    kind, name, *_ = min(ours - found)
    raise NotOurs(f"it lacks the {kind} {name!r}")


def tables_in(db: sqlite3.Connection, at: str = "main") -> Tables:
    """All that a file has, before anything of it acts."""
    db.execute("PRAGMA trusted_schema = OFF")
    rows = db.execute(f"SELECT type, name, tbl_name, sql FROM {at}.sqlite_master")  # noqa: S608 - a name of ours
    return frozenset(_rows(rows))


def _rows(rows: sqlite3.Cursor) -> Iterator[tuple[str, str, str, str]]:
    for kind, name, table, sql in rows:
        yield str(kind), str(name), str(table), _AROUND.sub(r"\1", _SPACE.sub(" ", "" if sql is None else str(sql)))


@cache
def made_by(*statements: str) -> Tables:
    """What a database has after these statements."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for statement in statements:
            db.executescript(statement)
        return tables_in(db)
    finally:
        db.close()


def check_indexes(db: sqlite3.Connection, at: str = "main") -> None:
    """Raises NotOurs where an index, or anything else, says something else than its table."""
    said = str(db.execute(f"PRAGMA {at}.integrity_check(1)").fetchone()[0])
    if said != "ok":
        raise NotOurs(f"it contradicts itself: {said}")
