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
        folder.place("result", "again", folder)
    assert (tmp_path / "other/sub/again").is_file()


def taken(folder: Path) -> None:
    (folder / "result").write_text("somebody's")


def left(_folder: Path) -> None:
    pass


REMOVED = {
    (True, left): [], (True, taken): ["somebody's"], (False, left): ["ours"], (False, taken): ["ours", "somebody's"],
}  # fmt: skip


@pytest.mark.parametrize(("mine", "meanwhile"), REMOVED)
def test_what_is_removed_is_the_very_file_that_was_looked_at(
    tmp_path: Path, mine: bool, meanwhile: Callable[[Path], None]
) -> None:
    (tmp_path / "result").write_text("ours")

    def look(descriptor: int) -> bool:
        assert os.read(descriptor, 9) == b"ours"
        meanwhile(tmp_path)
        return mine

    with held(tmp_path, make=0) as folder:
        if (mine, meanwhile) == (False, taken):
            with pytest.raises(FileExistsError, match="another file was put in its place meanwhile; what was there is"):
                folder.remove("result", look)
        else:
            assert folder.remove("result", look) is mine
    assert sorted(file.read_text() for file in tmp_path.iterdir()) == REMOVED[mine, meanwhile]


@pytest.mark.parametrize("exchange", [by_a_link, by_a_folder, by_a_link_above, by_nothing])
def test_nothing_is_moved_or_removed_in_what_takes_its_place(
    tmp_path: Path, exchange: Callable[[Path, Path], None]
) -> None:
    path, other = tmp_path / "project" / "dist", tmp_path / "outside"
    for made in (path, other, *([] if exchange is by_a_link_above else [other / "dist"])):
        made.mkdir(parents=True)
        (made / "result").write_text("same")
    with held(path) as folder, held(tmp_path) as above:
        exchange(path, other)
        if exchange in (by_a_folder, by_a_link_above):
            (path / "result").write_text("same")
        for use in (lambda: folder.remove("result", lambda _: True), lambda: above.place("result", "x", folder)):
            with pytest.raises(Exchanged):
                use()
    kept = [one for one in tmp_path.rglob("result") if one.is_file()]
    assert len(kept) >= 3, "ours, and both elsewhere"


def test_a_folder_is_opened_and_made_through_no_link_that_comes_after_its_path_was_resolved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The links are put there between two steps of the way."""
    (tmp_path / "other").mkdir()
    (tmp_path / "a").mkdir()
    resolve = Path.resolve

    def then_exchanged(path: Path, strict: bool = False) -> Path:
        real = resolve(path, strict)
        if path.name == "c" and not (tmp_path / "a").is_symlink():
            by_a_link(tmp_path / "a", tmp_path / "other")
        return real

    monkeypatch.setattr(Path, "resolve", then_exchanged)
    with pytest.raises(Exchanged), held(tmp_path / "a/b/c"):
        pass
    assert list((tmp_path / "other").iterdir()) == []


def test_none_is_made_where_none_is_to_be_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing/deep"), held(tmp_path / "missing/deep", make=0):
        pass
    with held(tmp_path / "missing/deep", make=0o700) as folder:
        assert (folder.names(), folder.path.parent.stat().st_mode & 0o077) == ([], 0)
        (folder.path / "empty").mkdir()
        folder.rmdir("empty")
        assert folder.names() == []
