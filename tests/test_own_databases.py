"""What somebody else put into a database of ours, or beside it, does nothing: it is refused before SQLite acts."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from a2c_spec.errors import IntegrityError, SpecError
from a2c_spec.manifests.digests import DigestCache
from a2c_spec.own_databases import BESIDE, check_files
from a2c_spec.state.ledger import open_ledger, read_ledger
from a2c_spec.state.migrations import MIGRATIONS, SCHEMA
from a2c_spec.state.sqlite import SqliteStore
from tests.conftest import Command
from tests.engine.test_private_files import ONE
from tests.hostile_journals import journal

NOT_MADE = r"which a2c-spec did not make|is none that a2c-spec made"
ODD = {
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",
    "a view": "CREATE VIEW v AS SELECT * FROM {table}",
    "a check": "CREATE TABLE c (a CHECK (a > 1))",
    "a generated column": "CREATE TABLE g (a, b GENERATED ALWAYS AS (a + 1))",
    "what is passed over": "CREATE TABLE o (a UNIQUE ON CONFLICT IGNORE)",
    "one more table": "CREATE TABLE more (a)",
    "one more column": "ALTER TABLE {table} ADD COLUMN more",
    "an index": "CREATE INDEX zz ON {table} (realm)",
    "an index that lets one in": "CREATE UNIQUE INDEX zz ON {table} (realm)",
    "an index for some": "CREATE INDEX zz ON {table} (realm) WHERE realm < ''",
    "an index of an expression": "CREATE INDEX zz ON {table} (abs(realm))",
    "statistics": "ANALYZE",
}


@pytest.mark.parametrize("sql", ODD.values(), ids=ODD)
def test_a_database_that_holds_anything_else_is_refused(sql: str, tmp_path: Path) -> None:
    ledger, state = tmp_path / "spending.db", tmp_path / "state.db"
    open_ledger(ledger, None).close()
    SqliteStore(state, "local").close()
    for file, table in ((ledger, "paid"), (state, "job")):
        with sqlite3.connect(file) as db:
            db.execute(sql.format(table=table))
        db.close()
    for read in (open_ledger, read_ledger):
        with pytest.raises(sqlite3.DatabaseError, match=NOT_MADE):
            read(ledger, None)
    with pytest.raises(IntegrityError, match=NOT_MADE):
        SqliteStore(state, "local")


INDEXES = {
    "paid_key": "CREATE INDEX paid_key ON paid (key)",
    "open_of": "CREATE INDEX open_of ON paid (run) WHERE open",
}


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_of_our_name_is_ours_to_the_letter(name: str, tmp_path: Path) -> None:
    ledger = tmp_path / "spending.db"
    open_ledger(ledger, None).close()
    with sqlite3.connect(ledger) as db:
        db.execute(f"DROP INDEX {name}")
        db.execute(INDEXES[name])
    db.close()
    for read in (open_ledger, read_ledger):
        with pytest.raises(sqlite3.DatabaseError, match=NOT_MADE):
            read(ledger, None)


def test_an_index_that_leads_past_its_table_is_refused(tmp_path: Path) -> None:
    """Its text is ours, and what it holds is not: it was made of fewer entries."""
    ledger = tmp_path / "spending.db"
    row = "INSERT INTO ours.paid VALUES (1, 'r', '', 'a', '2026-01-31', 9, 1, 'k')"
    with closing(open_ledger(ledger, None)) as db:
        db.execute(row)
    with closing(sqlite3.connect(ledger, isolation_level=None)) as db:
        text = db.execute("SELECT sql FROM sqlite_master WHERE name = 'open_of'").fetchone()[0]
        db.execute("DROP INDEX open_of")
        db.execute(f"{text} AND id < 0")
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'open_of'", (text,))
    for read in (open_ledger, read_ledger):
        with pytest.raises(sqlite3.DatabaseError, match="it contradicts itself"):
            read(ledger, None)


@pytest.mark.parametrize("said", range(1, 6))
@pytest.mark.parametrize("made", range(1, 6))
def test_a_state_has_the_tables_of_the_format_that_it_names(made: int, said: int, tmp_path: Path) -> None:
    """With those of another one, what is written would take the place of what is there."""
    file = tmp_path / "state.db"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(";".join((SCHEMA, *(MIGRATIONS[step] for step in range(2, made + 1)))))
        db.execute("UPDATE meta SET value = ? WHERE key = 'version'", (said,))
        db.commit()
    if {made, said} == {4, 5} or made == said:  # 5 has the tables of 4
        SqliteStore(file, "local").close()
    else:
        with pytest.raises(IntegrityError, match="is none that a2c-spec made"):
            SqliteStore(file, "local")


def test_our_own_files_are_accepted(tmp_path: Path) -> None:
    for _ in range(2):
        open_ledger(tmp_path / "spending.db", tmp_path / "beside.db").close()
        read_ledger(tmp_path / "spending.db", tmp_path / "beside.db").close()
        SqliteStore(tmp_path / "state.db", "local").close()
        DigestCache(tmp_path / "digests.db", lambda: 0).close()


def test_a_digest_cache_that_holds_anything_else_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "digests.db"
    DigestCache(file, lambda: 0).close()
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("CREATE TRIGGER t AFTER INSERT ON digest BEGIN DELETE FROM digest; END")
    with closing(DigestCache(file, lambda: 0)) as cache:
        assert cache.connection.execute("SELECT type FROM sqlite_master").fetchall() == [("table",)]


# What lies beside a database


def open_state(file: Path) -> None:
    SqliteStore(file, "local").close()


def open_digests(file: Path) -> None:
    DigestCache(file, lambda: 0).close()


def open_spending(file: Path) -> None:
    open_ledger(file, None).close()


def read_spending(file: Path) -> None:
    read_ledger(file, None).close()


def open_spending_beside(file: Path) -> None:
    open_ledger(file.with_name("main.db"), file).close()


def read_spending_beside(file: Path) -> None:
    read_ledger(file.with_name("main.db"), file).close()


OPENING = (open_state, open_digests, open_spending, read_spending, open_spending_beside, read_spending_beside)
MAKING: dict[Callable[[Path], None], Callable[[Path], None]] = {
    read_spending: open_spending,
    read_spending_beside: open_spending,
}


@pytest.mark.parametrize("opening", OPENING)
def test_no_journal_has_another_file_deleted(opening: Callable[[Path], None], tmp_path: Path) -> None:
    file, victim = tmp_path / "a.db", tmp_path / "precious.txt"
    MAKING.get(opening, opening)(file)
    victim.write_text("not of this project")
    Path(f"{file}-journal").write_bytes(journal(file, victim))
    if opening is open_digests:  # a cache, which is made anew
        opening(file)
        assert not Path(f"{file}-journal").exists()
    else:
        with pytest.raises((sqlite3.DatabaseError, IntegrityError), match=r"a.db-journal would have SQLite delete"):
            opening(file)
    assert victim.exists()


@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
@pytest.mark.parametrize("end", BESIDE)
@pytest.mark.parametrize("opening", [one for one in OPENING if one is not open_digests])
def test_what_is_no_file_is_neither_opened_nor_waited_for(
    opening: Callable[[Path], None], end: str, kind: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.db"
    MAKING.get(opening, opening)(file)
    odd = Path(f"{file}{end}")
    odd.unlink(missing_ok=True)
    (tmp_path / "victim").write_text("mine")
    {"pipe": os.mkfifo, "link": lambda at: at.symlink_to(tmp_path / "victim"), "folder": Path.mkdir}[kind](odd)
    with pytest.raises(
        (sqlite3.DatabaseError, IntegrityError, OSError, SpecError), match=r"is a link|is not a file|irectory"
    ):
        opening(file)
    assert (tmp_path / "victim").read_text() == "mine"


KILLED = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 1")
db.execute("BEGIN IMMEDIATE")
db.execute("CREATE TABLE more (x)")
db.executemany("INSERT INTO more VALUES (?)", [(f"{n:0999}",) for n in range(999)])
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_had_begun_is_taken_back(tmp_path: Path) -> None:
    """Its journal names no other file."""
    for name, opening in (("spending.db", open_spending), ("digests.db", open_digests)):
        opening(tmp_path / name)
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / name)], check=False)
        assert (tmp_path / f"{name}-journal").stat().st_size
        check_files(tmp_path / name, 10_000_000)
        opening(tmp_path / name)
        with closing(sqlite3.connect(tmp_path / name)) as db:
            assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'more'").fetchone() == (0,)


def test_no_journal_of_ours_names_another_one(tmp_path: Path) -> None:
    """SQLite writes one above those of several files only where the main database is a file."""
    with closing(open_ledger(tmp_path / "spending.db", tmp_path / "beside.db")) as db:
        assert [bool(row[2]) for row in db.execute("PRAGMA database_list")] == [False, True, True]


PLACES = (".a2c/state.db", ".a2c/digests.db", ".a2c/spending.db", ".a2c/local/store.db", "data/s.db")
VERBS = (
    ["validate"], ["config"], ["status"], ["plan"], ["plan", "--offline"], ["state", "list"], ["verify"], ["report"],
    ["graph"], ["render"], ["cache", "list"], ["doctor"], ["history"], ["apply"], ["apply", "--replace", "one", "-y"],
    ["destroy", "one", "-y"],
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_no_command_deletes_or_waits_for_what_lies_beside_a_database(place: str, project: Path, a2c: Command) -> None:
    (project / "one.yaml").write_text(ONE)
    if place == "data/s.db":
        (project / "a2c.yaml").write_text(f"state: {place}\n")
    assert a2c("apply", "--local").code == 0
    beside, victim = project / f"{place}-journal", project / ".env"
    for verb in VERBS:
        victim.write_text("X=1")
        beside.unlink(missing_ok=True)
        beside.write_bytes(journal(project / place, victim))
        ran = a2c(*verb, *(["--local"] if verb[0] not in ("cache", "graph", "render", "validate", "config") else []))
        assert victim.exists(), verb
        assert "Traceback" not in f"{ran.out}{ran.err}"


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
