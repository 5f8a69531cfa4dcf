"""A store holds the tables that its service makes, and nothing that acts: somebody else may have put it there."""

from __future__ import annotations

import re
import sqlite3

_SPACE = re.compile(r"\s+")


def check_tables(db: sqlite3.Connection, schema: str) -> None:
    """Raises sqlite3.DatabaseError where a database has anything that this schema does not make."""
    made = sqlite3.connect(":memory:")
    made.executescript(schema)
    odd = sorted(_tables(db) - _tables(made))
    made.close()
    if odd:
        raise sqlite3.DatabaseError(f"the store has the {odd[0][0]} {odd[0][1]!r}, which it did not make")


def _tables(db: sqlite3.Connection) -> set[tuple[str, str, str]]:
    db.execute("PRAGMA trusted_schema = OFF")
    rows = db.execute("SELECT type, name, coalesce(sql, tbl_name) FROM sqlite_master")
    return {(str(kind), str(name), _SPACE.sub(" ", str(sql))) for kind, name, sql in rows}
