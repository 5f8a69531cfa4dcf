"""What is of SQLite alone: synced, kept private, explained and left alone when it cannot be read or written."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.errors import IntegrityError, SpecError
from a2c_spec.state.sqlite import RECENT, SqliteStore
from tests.state.stores import put

FILE = SavedFile("dist/a.pdf", 3, "ab" * 32, "out-1", "pdf", ("cover",), 1, "a.pdf", "a", "dist/a.pdf")
BEFORE = JobRecord("pack", "host", "done", "job-1", files=(FILE,), spent=2)
RECORD = replace(BEFORE, phase="started", job_id="job-2", landing=(FILE,))


def damaged(path: Path, content: bytes) -> None:
    """Whatever the state was, it is this now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_every_write_is_synced_before_it_is_acknowledged(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, RECORD)
    for database in (store._db, store._writer):
        assert database is not None
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_a_write_that_fails_is_explained_and_leaves_what_was_there(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, BEFORE)
    store._db.execute("DROP TABLE file")
    with pytest.raises(SpecError, match="cannot write the state") as caught:
        put(store, replace(BEFORE, spent=9))
    assert "disk space" in caught.value.hint
    assert store.get("pack") == BEFORE
    store.close()


@pytest.mark.parametrize("content", [b"this is no database", os.urandom(8192), b"SQLite format 3\x00" + b"\xff" * 4080])
def test_a_damaged_state_is_refused_kept_and_explained(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / ".a2c" / "state.db"
    damaged(file, content)
    with pytest.raises((IntegrityError, SpecError)) as caught:
        SqliteStore(file, "host")
    assert str(file) in caught.value.message
    assert caught.value.hint
    assert file.read_bytes() == content


def test_a_damaged_page_is_said_to_be_damage(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    store = SqliteStore(file, "host")
    put(
        store,
        *(JobRecord(f"job-{number}", "host", fingerprint="f" * 64, basis={"x": "y" * 200}) for number in range(200)),
    )
    store.close()
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + b"\x5a" * (len(whole) - 8192))
    with pytest.raises((IntegrityError, SpecError), match=r"state\.db"):
        list(SqliteStore(file, "host").scan())


def test_a_damaged_record_names_its_address(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, RECORD)
    store._db.execute("UPDATE job SET data = '{\"phase\": '")
    store.close()
    store = SqliteStore(tmp_path / "state.db", "host")
    with pytest.raises(IntegrityError, match="the record of pack is damaged"):
        store.get("pack")
    store.close()


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / ".a2c" / "state.db"
    store = SqliteStore(file, "host")
    with store.lock("me"):
        put(store, RECORD)
        for path in (file, file.with_suffix(".lock"), file.with_name("state.db-wal")):
            assert path.stat().st_mode & 0o077 == 0, path
    assert file.parent.stat().st_mode & 0o077 == 0
    store.close()


def test_only_so_many_records_are_kept_in_memory(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, *(JobRecord(f"job-{number}", "host") for number in range(RECENT + 9)))
    assert len(store._recent) == RECENT
    assert all(store.get(f"job-{number}") for number in (0, RECENT + 8))
    store.close()
