"""Only regular files are read, and no more of them than is allowed."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from a2c_spec.regular_files import TooLarge, beginning, content, opened


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
