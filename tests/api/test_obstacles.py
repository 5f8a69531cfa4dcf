"""What stands in the way of a file, told from the disk alone and without writing anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from a2c_spec.api.obstacles import MOVE_IT, folder_problem, name_problem


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a file, links, and a folder in a folder."""
    found = tmp_path / "project"
    (found / "dist" / "deep").mkdir(parents=True)
    (found / "file").write_text("x")
    (found / "out").symlink_to(tmp_path)
    (found / "inside").symlink_to(found / "dist")
    (found / "nowhere").symlink_to("missing")
    (found / "round").symlink_to("round")
    return found


FOLDERS = [
    ("", ""),
    ("dist", ""),
    ("dist/deep/", ""),
    ("dist/new/er", ""),
    ("inside/new", ""),
    ("file", f"file is a file, not a folder; {MOVE_IT}"),
    ("file/deep/er", f"file is a file, not a folder; {MOVE_IT}"),
    ("out/new", f"out leads out of the project through a symbolic link; {MOVE_IT}"),
    ("nowhere", f"nowhere is a link to something that does not exist; {MOVE_IT}"),
    ("nowhere/new", f"nowhere is a link to something that does not exist; {MOVE_IT}"),
    ("round", f"round cannot be read: Too many levels of symbolic links; {MOVE_IT}"),
    ("dist/" + "x" * 256, "the name xxxxxxxxxxxxxxxxxxxx... is longer than 255 bytes; choose a shorter one"),
]


@pytest.mark.parametrize(("folder", "problem"), FOLDERS, ids=[folder[:20] for folder, _ in FOLDERS])
def test_what_is_in_the_way_of_a_folder_is_told(root: Path, folder: str, problem: str) -> None:
    before = sorted(root.rglob("*"))
    assert folder_problem(root, folder) == problem
    assert sorted(root.rglob("*")) == before, "nothing is made"


def test_a_project_that_is_gone_is_told(tmp_path: Path) -> None:
    assert folder_problem(tmp_path / "gone", "dist") == f"{tmp_path / 'gone'} does not exist"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize(("mode", "free"), [(0o555, False), (0o600, False), (0o500, False), (0o700, True)])
@pytest.mark.parametrize("folder", ["dist", "dist/new/er", "dist/deep/er"])
def test_a_folder_that_may_not_be_written_is_told(root: Path, folder: str, mode: int, free: bool) -> None:
    where = root / "dist" / "deep" if "deep" in folder else root / "dist"
    where.chmod(mode)
    try:
        found = folder_problem(root, folder)
    finally:
        where.chmod(0o700)
    shown = where.relative_to(root).as_posix()
    told = f"{shown} is not writable; change its permissions, or save in another folder"
    assert found == ("" if free else told)


@pytest.mark.parametrize(
    ("name", "fits"), [("x" * 255, True), ("x" * 256, False), ("\u00e9" * 127, True), ("\u00e9" * 128, False)]
)
def test_names_are_measured_in_bytes(name: str, fits: bool) -> None:
    assert (name_problem(name) == "") is fits
