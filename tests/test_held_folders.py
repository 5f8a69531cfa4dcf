"""What is written goes into the folder that was checked, or nowhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from a2c_spec.held_folders import Exchanged, held

CREATE = os.O_WRONLY | os.O_CREAT


def by_a_link(folder: Path, other: Path) -> None:
    folder.rename(folder.with_name("away"))
    folder.symlink_to(other)


def by_a_folder(folder: Path, _other: Path) -> None:
    folder.rename(folder.with_name("away"))
    folder.mkdir()


def by_a_link_above(folder: Path, other: Path) -> None:
    folder.parent.rename(folder.parent.with_name("gone"))
    (other / folder.name).mkdir(parents=True)
    folder.parent.symlink_to(other)


def by_nothing(folder: Path, _other: Path) -> None:
    folder.rename(folder.with_name("away"))


@pytest.mark.parametrize("exchange", [by_a_link, by_a_folder, by_a_link_above, by_nothing])
def test_nothing_is_written_into_what_takes_its_place(tmp_path: Path, exchange: Callable[[Path, Path], None]) -> None:
    path, other = tmp_path / "project" / "dist", tmp_path / "outside"
    other.mkdir()
    with held(path) as folder:
        os.close(folder.open("part", CREATE))
        exchange(path, other)
        for use in (lambda: folder.open("new", CREATE), lambda: folder.place("part", "result"), folder.check):
            with pytest.raises(Exchanged, match="was put in the place of its folder"):
                use()
        assert folder.has("part")
        folder.unlink("part")
        assert not folder.has("part")
    assert [one for one in tmp_path.rglob("*") if one.is_file() and not one.is_symlink()] == []


def test_no_link_in_it_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    with held(tmp_path / "dist") as folder:
        (tmp_path / "dist/part").symlink_to(tmp_path / "victim")
        os.mkfifo(tmp_path / "dist/pipe")
        for name in ("part", "pipe"):
            with pytest.raises(OSError):  # noqa: PT011 - as the system says it
                folder.open(name, CREATE)
    assert (tmp_path / "victim").read_text() == "mine"


def test_a_path_that_was_resolved_has_no_link_on_its_way(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "dist").symlink_to(tmp_path / "other")
    with pytest.raises(Exchanged), held(tmp_path / "dist/sub", resolved=True):
        pass
    assert list((tmp_path / "other").iterdir()) == []
    with held(tmp_path / "dist/sub") as folder:
        os.close(folder.open("new", CREATE))
        folder.place("new", "result")
        folder.place(tmp_path / "dist/sub/result", "again")
    assert (tmp_path / "other/sub/again").is_file()
