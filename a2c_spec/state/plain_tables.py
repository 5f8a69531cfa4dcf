"""A file of ours holds tables and nothing that acts: somebody else may have put it there, as by a pull request."""

from __future__ import annotations

import re
import sqlite3

_ACTS = re.compile(r"\b(?:check|generated|conflict|virtual|as)\b|\bunique\b(?!\s+index)", re.IGNORECASE)
"""Words of a table, or an index, that changes or refuses what is written into it."""


def check_plain(db: sqlite3.Connection, at: str = "main") -> None:
    """Raises sqlite3.DatabaseError where a file has triggers, views or tables that do more than keep what is written,
    before anything of it is read or written."""
    db.execute("PRAGMA trusted_schema = OFF")
    rows = db.execute(f"SELECT type, name, coalesce(sql, '') FROM {at}.sqlite_master")  # noqa: S608 - a name of ours
    for kind, name, sql in rows:
        if kind not in ("table", "index") or _ACTS.search(str(sql)):
            raise sqlite3.DatabaseError(f"it has the {kind} {name!r}, which a2c-spec did not make")
