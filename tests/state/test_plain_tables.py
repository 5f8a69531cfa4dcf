"""What somebody else put into a file of ours does nothing: neither triggers nor tables that change what is written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from a2c_spec.errors import IntegrityError
from a2c_spec.state.ledger import open_ledger, read_ledger
from a2c_spec.state.plain_tables import check_plain
from a2c_spec.state.sqlite import SqliteStore

ACTS = {
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",
    "a view": "CREATE VIEW v AS SELECT * FROM {table}",
    "a check": "CREATE TABLE c (a CHECK (a > 1))",
    "a generated column": "CREATE TABLE g (a, b GENERATED ALWAYS AS (a + 1))",
    "what is passed over": "CREATE TABLE o (a UNIQUE ON CONFLICT IGNORE)",
}


@pytest.mark.parametrize("sql", ACTS.values(), ids=ACTS)
def test_a_file_that_acts_is_refused(sql: str, tmp_path: Path) -> None:
    ledger, state = tmp_path / "spending.db", tmp_path / "state.db"
    open_ledger(ledger, None).close()
    SqliteStore(state, "local").close()
    for file, table in ((ledger, "paid"), (state, "job")):
        with sqlite3.connect(file) as db:
            db.execute(sql.format(table=table))
        db.close()
    for read in (open_ledger, read_ledger):
        with pytest.raises(sqlite3.DatabaseError, match="which a2c-spec did not make"):
            read(ledger, None)
    with pytest.raises(IntegrityError, match="which a2c-spec did not make"):
        SqliteStore(state, "local")


def test_our_own_files_are_plain(tmp_path: Path) -> None:
    for _ in range(2):
        db = open_ledger(tmp_path / "spending.db", tmp_path / "beside.db")
        check_plain(db, "beside")
        db.close()
        SqliteStore(tmp_path / "state.db", "local").close()


def test_days_to_come_forget_nothing(tmp_path: Path) -> None:
    """Entries of more than a hundred days to come do not push out what is paid today."""
    file = tmp_path / "spending.db"
    db = open_ledger(file, None)
    row = "INSERT INTO paid (realm, env, run, day, credits, open) VALUES ('r', '', 'a', ?, 1, 0)"
    with db:
        db.executemany(row, [(f"2999-{day // 28 + 1:02}-{day % 28 + 1:02}",) for day in range(150)])
        db.execute(row.replace("?", "date('now')"))
    db.close()
    again = open_ledger(file, None)
    assert again.execute("SELECT count(*) FROM paid WHERE day = date('now')").fetchone() == (1,)
    again.close()
