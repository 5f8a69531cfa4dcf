"""The state: durable, upgraded, refused and kept when it cannot be read, with one writer at a time."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sqlite3
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from a2c_spec.core.state import Element, Intent, JobRecord, OwnedFile, SavedFile
from a2c_spec.errors import IntegrityError, Locked, SpecError
from a2c_spec.state.lock import exclusive
from a2c_spec.state.migrations import SCHEMA, VERSION, _migrate
from a2c_spec.state.sqlite import RECENT, SqliteStore

FILE = SavedFile("dist/a.pdf", 3, "ab" * 32, "out-1", "pdf", ("cover",), 1, "a.pdf", "a", "dist/a.pdf")
BEFORE = JobRecord("pack", "host", "done", "job-1", files=(FILE,), spent=2)
RECORD = JobRecord(
    "pack",
    "host",
    "started",
    "job-2",
    created_at=1700.0,
    answered_at=1701.5,
    fingerprint="f" * 64,
    basis={"inputs": {"cover": {"sha256": "00"}}},
    elements={"job": Element("", {"callback": "x"}), "inputs.cover": Element("in-1", {"position": 1})},
    files=(FILE,),
    landing=(FILE,),
    leftover=(FILE,),
    gone_since=7.5,
    warnings=("input b is missing",),
    intent=Intent(
        ("create_job",),
        starts=True,
        adds=True,
        fingerprint="e" * 64,
        basis={"inputs": {"cover": {"sha256": "11"}}},
        elements={"inputs.cover": Element("", {"wire_source": "out-7"})},
        key="key",
        noted_at=12.5,
    ),
)


def put(store: SqliteStore, *records: JobRecord) -> None:
    """Writes records, all at once."""

    async def run() -> None:
        await asyncio.gather(*(store.put(record) for record in records))

    asyncio.run(run())


def damaged(path: Path, content: bytes) -> None:
    """Whatever the state was, it is this now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_what_is_put_comes_back_the_same(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, RECORD)
    assert store.get("pack") == RECORD
    assert (store.addresses(), store.interrupted()) == (("pack",), (RECORD,))
    store.close()


def test_every_write_is_synced_before_it_is_acknowledged(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, RECORD)
    for database in (store._db, store._writer):
        assert database is not None
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_a_record_is_removed_with_what_it_says_of_files(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, RECORD)
    assert store.files_at("dist/a.pdf") == (OwnedFile("pack", "dist/a.pdf", 3, "ab" * 32),)
    asyncio.run(store.remove("pack"))
    assert (store.get("pack"), store.addresses(), store.files_at("dist/a.pdf")) == (None, (), ())
    store.close()


def test_a_record_that_takes_a_path_over_is_the_only_one_that_owns_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, JobRecord("old", "host", files=(FILE,)))
    put(store, JobRecord("new", "host", files=(replace(FILE, sha256="cd" * 32),)))
    assert [file.sha256 for file in store.files_at("dist/a.pdf")] == ["cd" * 32]
    put(store, JobRecord("new", "host", files=(replace(FILE, path=""),)))
    assert (store.files_at("dist/a.pdf"), store.files_at("")) == ((), ())
    store.close()


def test_a_store_sees_the_records_of_its_own_realm_and_the_files_of_all(tmp_path: Path) -> None:
    here, there = (SqliteStore(tmp_path / "state.db", realm) for realm in ("here", "there"))
    put(here, JobRecord("a", "", files=(FILE,)))
    put(there, JobRecord("b", ""))
    assert (here.addresses(), there.addresses()) == (("a",), ("b",))
    assert there.get("a") is None
    assert [record.realm for record in here.scan()] == ["here"]
    assert len(there.files_at("dist/a.pdf")) == 1
    here.close()
    there.close()


def test_only_records_with_files_about_to_be_written_are_interrupted(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, RECORD, replace(BEFORE, address="finished"))
    assert [record.address for record in store.interrupted()] == ["pack"]
    put(store, JobRecord("about to", "host", landing=(replace(FILE, path="dist/new.pdf"),)))
    assert len(store.files_at("dist/new.pdf")) == 1
    asyncio.run(store.remove("about to"))
    put(store, replace(RECORD, landing=()))
    assert store.interrupted() == ()
    store.close()


def test_a_saved_plan_is_used_once(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    assert (store.plan_used("n-1"), store.use_plan("n-1"), store.use_plan("n-1")) == (False, True, False)
    assert (store.plan_used("n-1"), store.plan_used("n-2")) == (True, False)
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


def test_an_upgrade_that_fails_leaves_the_old_state_whole(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    first_format(file)
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE unsettled_of (x)")  # the upgrade's last statement wants this name
    database.close()
    with pytest.raises(SpecError):
        SqliteStore(file, "host")
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT value FROM meta WHERE key = 'version'").fetchone() == (1,)
        assert database.execute("SELECT path, realm FROM file").fetchone() == ("dist/a.pdf", "host")
    database.close()


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / ".a2c" / "state.db"
    store = SqliteStore(file, "host")
    with store.lock("me"):
        put(store, RECORD)
        for path in (file, file.with_suffix(".lock"), file.with_name("state.db-wal")):
            assert path.stat().st_mode & 0o077 == 0, path
    assert file.parent.stat().st_mode & 0o077 == 0
    store.close()


def test_the_holder_is_named_although_a_longer_name_was_left_by_one_that_died(tmp_path: Path) -> None:
    path = tmp_path / "state.lock"
    path.write_text('{"who": "somebody with a very long name on a machine with a very long name"}')
    with exclusive(path, "bob"), pytest.raises(Locked, match=r"the state: bob$"), exclusive(path, "ann"):
        pass
    assert path.read_text() == ""


def hold(path: str, ready: Connection) -> None:
    """Holds the lock until killed."""
    with exclusive(Path(path), "ann on a-machine, pid 7"):
        ready.send("held")
        signal.pause()


def test_the_holder_of_the_lock_is_named_and_its_death_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "state.lock"
    here, there = multiprocessing.get_context("spawn").Pipe()
    holder = multiprocessing.get_context("spawn").Process(target=hold, args=(str(path), there))
    holder.start()
    assert here.recv() == "held"
    with pytest.raises(Locked, match="ann on a-machine, pid 7"), exclusive(path, "bob"):
        pass
    holder.kill()
    holder.join()
    with exclusive(path, "bob"):
        pass


def test_an_upgrade_that_another_process_has_made_is_not_made_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, RECORD)
    _migrate(store._db, VERSION)
    assert store.files_at("dist/a.pdf")
    store.close()


def test_what_a_newer_version_adds_to_a_record_is_ignored(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, BEFORE)
    store._db.execute("UPDATE job SET data = json_set(data, '$.later', 7, '$.files[0].later', 7)")
    store.close()
    store = SqliteStore(tmp_path / "state.db", "host")
    assert store.get("pack") == BEFORE
    store.close()


def test_only_so_many_records_are_kept_in_memory(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    put(store, *(JobRecord(f"job-{number}", "host") for number in range(RECENT + 9)))
    assert len(store._recent) == RECENT
    assert all(store.get(f"job-{number}") for number in (0, RECENT + 8))
    store.close()
