"""The folder of a service: nothing of ours in it is for others, and nothing of it is a link."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from a2c_spec.local_api.jobs.store import Store
from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.private_folder import OURS, NotPrivate, make_private
from tests.hostile_journals import journal
from tests.local_api.harness import running


def modes(folder: Path) -> dict[str, int]:
    paths = (folder, *(folder / name for name in OURS))
    return {path.name: path.stat().st_mode & 0o777 for path in paths if path.exists()}


@pytest.fixture(autouse=True, params=[0o022, 0o000])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_a_new_folder_and_those_above_it_are_for_their_owner(way: str, tmp_path: Path) -> None:
    with running(way, Settings(data_dir=tmp_path / "a/b")) as api:
        api.run("hello", download_passwords=["geheim"])
        found = modes(tmp_path / "a/b")
    assert found.items() >= {"b": 0o700, "store.db": 0o600, "store.db-wal": 0o600, "files": 0o700}.items()
    assert [mode for mode in found.values() if mode & 0o077] == []
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_was_open_is_closed_and_what_is_in_it(way: str, tmp_path: Path) -> None:
    for _ in range(2):
        with running(way, Settings(data_dir=tmp_path / "kept")) as api:
            api.run("hello")
            assert [mode for mode in modes(tmp_path / "kept").values() if mode & 0o077] == []
        for path in [tmp_path / "kept", *(tmp_path / "kept").iterdir()]:
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_an_empty_folder_that_others_made_is_closed_and_one_with_other_things_is_not(way: str, tmp_path: Path) -> None:
    for name in ("empty", "used"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o755)
    (tmp_path / "used/mine.txt").write_text("x")
    (tmp_path / "used/mine.txt").chmod(0o644)
    for name in ("empty", "used"):
        with running(way, Settings(data_dir=tmp_path / name)) as api:
            api.run("hello")
            closed = modes(tmp_path / name)
        assert closed.pop(name) == (0o700 if name == "empty" else 0o755)
        assert [mode for mode in closed.values() if mode & 0o077] == []
    assert (tmp_path / "used/mine.txt").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", OURS)
def test_a_link_in_it_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).symlink_to(tmp_path / "victim")
    with pytest.raises(NotPrivate, match="is a link"):
        make_private(tmp_path / "data")
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize("name", OURS)
def test_a_pipe_in_it_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir()
    os.mkfifo(tmp_path / "data" / name)
    with pytest.raises(NotPrivate, match=r"is not a (file|folder)"):
        make_private(tmp_path / "data")


RUNNER = "0" * 32


@pytest.mark.parametrize("place", ["store.db", f"runners/{RUNNER}.lock", "elsewhere.lock"])
def test_no_journal_in_it_has_another_file_deleted(tmp_path: Path, place: str) -> None:
    """Not beside the store, nor beside the locks that it names, wherever a name may lead."""
    data, victim = tmp_path / "data", tmp_path / "precious.txt"
    store = Settings(data_dir=data)
    with running("in process", store) as api:
        api.run("hello")
    victim.write_text("mine")
    shutil.copyfile(data / "store.db", data / place) if place != "store.db" else None
    (data / f"{place}-journal").write_bytes(journal(data / place, victim))
    name = {"elsewhere.lock": "../elsewhere"}.get(place, RUNNER)
    with closing(sqlite3.connect(data / "store.db")) as db, db:
        if place != "store.db":
            db.execute("UPDATE jobs SET phase = 'converting', runner = ?", (name,))
    with suppress(httpx.RemoteProtocolError), running("in process", store) as api:
        api.run("hello")
    assert victim.exists()


def test_a_store_that_acts_is_refused(tmp_path: Path) -> None:
    store = Settings(data_dir=tmp_path / "data")
    with running("in process", store) as api:
        api.run("hello")
    with closing(sqlite3.connect(tmp_path / "data/store.db")) as db, db:
        db.execute("CREATE TRIGGER t AFTER INSERT ON usage BEGIN DELETE FROM usage; END")
    with pytest.raises(sqlite3.DatabaseError, match="the trigger 't'"):
        Store(tmp_path / "data/store.db")


@pytest.mark.parametrize(
    ("link", "flags", "said"),
    [
        (".a2c", [], ".a2c is a link"),
        (".a2c/local", [], "local is a link"),
        (".a2c/local/store.db", [], "store.db is a link"),
        ("data/files", ["--data", "data"], "files is a link"),
    ],
)
def test_serve_says_so(tmp_path: Path, link: str, flags: list[str], said: str) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "victim")
    command = [sys.executable, "-m", "a2c_spec", "serve", *flags]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, said in done.stderr, done.stdout) == (2, True, "")
    assert list((tmp_path / "victim").iterdir()) == []
