"""Only regular files are read, and no more of them than is allowed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from a2c_spec import regular_files
from a2c_spec.manifests.project_file import state_problem
from a2c_spec.regular_files import (
    MOST_KEPT,
    Astray,
    TooLarge,
    beginning,
    beginning_beside_sqlite,
    content,
    make_for_sqlite,
    opened,
)
from a2c_spec.state.migrations import open_database


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one thing of each kind that is no file, and links to them."""
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
    for name in ("pipe", "socket"):
        Path(f"to-{name}").symlink_to(name)
    for name in ("zero", "null", "stdin"):
        Path(name).symlink_to(f"/dev/{name}")
    Path("far").symlink_to("zero")
    return tmp_path


@pytest.mark.parametrize("name", ["pipe", "socket", "to-pipe", "to-socket", "zero", "null", "far"])
def test_what_is_no_file_is_not_read(name: str, odd: Path) -> None:
    for pipe in (False, True):
        with pytest.raises(OSError, match="this is not a file"):
            opened(odd / name, pipe=pipe)
    with pytest.raises(OSError, match="this is not a file"):
        content(odd / name, 10)


def test_folders_and_what_is_not_there_are_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        beginning(tmp_path, 1)
    with pytest.raises(FileNotFoundError):
        beginning(tmp_path / "x", 1)


def test_no_more_is_read_than_is_allowed(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"12345")
    link.symlink_to(file)
    assert (beginning(link, 3), beginning(link, 9), content(link, 5)) == (b"123", b"12345", b"12345")
    with pytest.raises(TooLarge, match="more than 4 bytes"):
        content(link, 4)
    with pytest.raises(TooLarge):
        content(Path("/proc/self/environ"), 1)  # its size is said to be 0


def test_a_pipe_is_read_where_a_command_line_names_it(odd: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x: 1")
    os.close(writer)
    try:
        with pytest.raises(OSError, match="this is not a file"):
            opened(Path(f"/dev/fd/{reader}"))
        (odd / "link").symlink_to(f"/dev/fd/{reader}")
        with pytest.raises(OSError, match="this is not a file"):
            opened(odd / "link", pipe=True)
        assert beginning(Path(f"/dev/fd/{reader}"), 9, pipe=True) == b"x: 1"
    finally:
        os.close(reader)


LOCKED = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    db.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    sys.exit(str(error))
"""


def look_at_it(path: Path) -> None:
    beginning_beside_sqlite(path, 16)


def ask_whether_it_can_be_a_state(path: Path) -> None:
    assert state_problem(path.parent, path.name) == ""


def open_it_once_more(path: Path) -> None:
    open_database(path).close()


@pytest.mark.skipif(sys.platform == "win32", reason="locks of other kinds")
@pytest.mark.parametrize("do", [make_for_sqlite, look_at_it, ask_whether_it_can_be_a_state, open_it_once_more])
def test_what_looks_at_a_database_leaves_its_locks(tmp_path: Path, do: Callable[[Path], None]) -> None:
    """Closing any descriptor of a file drops all locks that the process has on it."""
    path = tmp_path / "s.db"
    db = open_database(path)
    db.execute("BEGIN IMMEDIATE")
    do(path)
    do(path)
    other = subprocess.run([sys.executable, "-c", LOCKED, str(path)], capture_output=True, text=True, check=False)
    assert (other.returncode, "locked" in other.stderr) == (1, True), other.stderr
    db.execute("COMMIT")
    db.close()


def test_a_file_for_sqlite_is_made_once_for_its_owner_and_never_through_a_link(tmp_path: Path) -> None:
    path, link, folder = tmp_path / "a.db", tmp_path / "b.db", tmp_path / "c.db"
    make_for_sqlite(path)
    assert (path.read_bytes(), path.stat().st_mode & 0o077) == (b"", 0)
    path.write_bytes(b"kept")
    make_for_sqlite(path)
    assert (path.read_bytes(), beginning_beside_sqlite(path, 2)) == (b"kept", b"ke")
    link.symlink_to(tmp_path / "elsewhere")
    folder.mkdir()
    for wrong in (link, folder):
        with pytest.raises(OSError, match=r"link|directory"):
            make_for_sqlite(wrong)
    assert not (tmp_path / "elsewhere").exists()


def test_no_more_descriptors_are_kept_than_a_process_can_have(tmp_path: Path) -> None:
    for number in range(MOST_KEPT + 5):
        (tmp_path / f"{number}").write_bytes(b"%d" % number)
        assert beginning_beside_sqlite(tmp_path / f"{number}", 9) == b"%d" % number


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A project with files, and links within it and out of it."""
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    for name in ("root/in/a", "root/.env", "root/a2c.yaml", "outside"):
        (tmp_path / name).write_text(name)
    links = {"b": "in/a", "folder": "in", "far": "../outside", "env": ".env", "up": "..", "settings": "a2c.yaml"}
    for name, target in links.items():
        (root / name).symlink_to(target)
    (tmp_path / "short").symlink_to("root")
    return tmp_path


LED = {
    "root/in/a": "", "root/b": "", "root/folder/a": "", "short/b": "", "outside": "", "root/a2c.yaml": "",
    "root/far": "a link leads from there out of the project", "root/up/outside": "a link leads from there out of the",
    "root/env": "a link leads from there to .env", "short/settings": "a link leads from there to a2c.yaml",
}  # fmt: skip


@pytest.mark.parametrize("name", LED)
@pytest.mark.parametrize("by_folder", [True, False])
def test_a_file_within_a_project_is_read_where_no_link_leads_astray(
    name: str, by_folder: bool, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regular_files, "BY_FOLDER", by_folder)
    if not LED[name]:
        assert content(ours / name, 99, within=ours / "root") == (ours / name).read_bytes()
        return
    with pytest.raises(Astray, match=LED[name]):
        opened(ours / name, within=ours / "root")


@pytest.mark.parametrize("by_folder", [True, False])
@pytest.mark.parametrize("what", ["in/a", "in", "in/deep"])
def test_a_link_that_is_put_there_once_it_was_looked_at_is_not_followed(
    what: str, by_folder: bool, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = ours / "root"
    (root / "in/deep").mkdir()
    (root / "in/deep/a").write_text("ours")
    (ours / "deep").mkdir()
    for name in ("a", "deep/a"):
        (ours / name).write_text("outside")
    led = regular_files.led

    def looked(file: Path, within: Path) -> tuple[str, str]:
        found = led(file, within)
        (root / what).rename(root / "before")
        (root / what).symlink_to(ours / what.removeprefix("in").removeprefix("/"))
        return found

    monkeypatch.setattr(regular_files, "led", looked)
    monkeypatch.setattr(regular_files, "BY_FOLDER", by_folder)
    with pytest.raises(Astray, match="a link was put in its place"):
        opened(root / ("in/deep/a" if what == "in/deep" else "in/a"), within=root)


def test_no_descriptor_stays_open(ours: Path) -> None:
    before = len([*Path("/dev/fd").iterdir()])
    for name, why in LED.items():
        with suppress(OSError), opened(ours / name, within=ours / "root"):
            assert not why
    assert len([*Path("/dev/fd").iterdir()]) == before
