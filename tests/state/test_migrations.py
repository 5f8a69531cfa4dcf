"""The state of an older version is upgraded, all of it or nothing; that of a newer one is refused and kept."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.errors import IntegrityError, SpecError
from a2c_spec.state import migrations
from a2c_spec.state.migrations import SCHEMA, VERSION, _create_tables, _migrate
from a2c_spec.state.sqlite import SqliteStore
from tests.state.stores import put

FILE = SavedFile("dist/a.pdf", 3, "ab" * 32, "out-1", "pdf")
RECORD = JobRecord("pack", "host", "done", "job-1", files=(FILE,), spent=2)


def test_a_state_of_a_newer_version_is_refused_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    SqliteStore(file, "host").close()
    with sqlite3.connect(file) as database:
        database.execute("UPDATE meta SET value = ? WHERE key = 'version'", (VERSION + 1,))
    database.close()
    before = file.read_bytes()
    with pytest.raises(IntegrityError, match="newer a2c-spec") as caught:
        SqliteStore(file, "host")
    assert "upgrade" in caught.value.hint
    assert file.read_bytes() == before


def first_format(file: Path) -> None:
    """A state as the first version wrote it."""
    with sqlite3.connect(file) as database:
        database.executescript(SCHEMA)
        database.execute("INSERT INTO job VALUES ('host', 'pack', 'done', 'job-1', 'f', '{\"phase\": \"done\"}')")
        database.execute("INSERT INTO file VALUES ('dist/a.pdf', 'host', 'pack', 3, 'abab')")
    database.close()


def test_a_state_of_the_first_version_is_upgraded_with_all_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    first_format(file)
    store = SqliteStore(file, "host")
    assert store.get("pack") == JobRecord("pack", "host", "done")
    assert [file.sha256 for file in store.files_at("dist/a.pdf")] == ["abab"]
    assert store._db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone() == (VERSION,)
    store.close()


def test_what_another_realm_wrote_over_is_known_again_where_a_record_tells_it(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    first_format(file)
    files = [{"path": path, "size": 5, "sha256": "cdcd"} for path in ("dist/a.pdf", "dist/b.pdf", "")]
    rows = [("far", "pack", {"files": files}), ("far", "old", {"files": files, "gone_since": 5.0}), ("near", "x", {})]
    with sqlite3.connect(file) as database:
        database.executemany(
            "INSERT INTO job VALUES (?, ?, 'done', 'j', 'f', ?)", [(*row[:2], json.dumps(row[2])) for row in rows]
        )
        database.execute("INSERT INTO file VALUES ('dist/b.pdf', 'far', 'pack', 7, 'efef')")
    database.close()
    store = SqliteStore(file, "host")
    found = {(one.address, one.sha256, one.elsewhere) for one in store.files_at("dist/a.pdf")}
    assert found == {("pack", "abab", ""), ("pack", "cdcd", "far")}
    assert [(one.sha256, one.size) for one in store.files_at("dist/b.pdf")] == [("efef", 7)], "the newer word counts"
    assert store.files_at("") == ()
    store.close()


def test_an_upgrade_that_fails_leaves_the_old_state_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "state.db"
    first_format(file)
    monkeypatch.setattr(migrations, "MIGRATIONS", {**migrations.MIGRATIONS, 2: f"{migrations.MIGRATIONS[2]}; no SQL"})
    with pytest.raises(SpecError):
        SqliteStore(file, "host")
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT value FROM meta WHERE key = 'version'").fetchone() == (1,)
        assert database.execute("SELECT path, realm FROM file").fetchone() == ("dist/a.pdf", "host")
    database.close()


def test_tables_that_another_process_has_made_meanwhile_are_left_and_no_transaction_stays_open(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, RECORD)
    _create_tables(store._db)
    assert not store._db.in_transaction
    assert store.get("pack") == RECORD
    store.close()


def test_an_upgrade_that_another_process_has_made_is_not_made_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, RECORD)
    _migrate(store._db, VERSION)
    assert store.files_at("dist/a.pdf")
    store.close()


@pytest.mark.parametrize("change", ["DELETE FROM meta WHERE key = 'version'", "UPDATE meta SET value = 'x'"])
def test_a_state_that_does_not_say_of_which_format_it_is_is_damaged(change: str, tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    SqliteStore(file, "host").close()
    with sqlite3.connect(file) as database:
        database.execute(change)
    database.close()
    with pytest.raises(IntegrityError, match="it does not say of which format it is"):
        SqliteStore(file, "host")


def test_what_makes_git_ignore_a_folder_is_for_its_owner_alone_too(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        migrations.prepare_folder(tmp_path / "data")
    finally:
        os.umask(before)
    assert (tmp_path / "data/.gitignore").stat().st_mode & 0o777 == 0o600
