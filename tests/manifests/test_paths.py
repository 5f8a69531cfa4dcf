"""Paths in manifests never lead out of the project root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from a2c_spec.manifests.paths import confine, file_problem, manifest_folder, missing_hint


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a folder, beside a project whose name starts with the same letters."""
    root = tmp_path.resolve() / "project"
    (root / "sub").mkdir(parents=True)
    (root.parent / "project-2").mkdir()
    (root / "to-neighbour").symlink_to(root.parent / "project-2")
    (root / "to-sub").symlink_to(root / "sub")
    (root / "to-root").symlink_to(root)
    (root / "loop").symlink_to(root / "loop")
    return root


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", "sub/a"),
        ("./a//b/../c", "sub/a/c"),
        ("..", "."),
        ("../a", "a"),
        ("../../project/a", "a"),
        ("../to-sub/a", "to-sub/a"),
        ("../to-root", "to-root"),
        ("nowhere/at/all", "sub/nowhere/at/all"),
    ],
)
def test_a_path_is_relative_to_the_manifest_and_becomes_relative_to_the_root(root: Path, text: str, path: str) -> None:
    assert confine(text, root / "sub", root) == path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not a valid path"),
        ("a\0b", "is not a valid path"),
        ("a" * 4097, "is not a valid path"),
        ("/etc/passwd", "must be relative to the manifest's folder"),
        ("../..", "is outside the project root"),
        ("../../project-2/a", "is outside the project root"),
        ("../to-neighbour", "is outside the project root"),
        ("../to-neighbour/a", "is outside the project root"),
        ("a" * 300, "cannot be resolved"),
    ],
)
def test_a_path_that_leads_outside_is_refused(root: Path, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        confine(text, root / "sub", root)


def test_the_root_of_the_file_system_can_be_the_project_root() -> None:
    assert confine("a", Path("/"), Path("/")) == "a"


def test_a_manifest_outside_the_root_has_no_folder_in_it(root: Path) -> None:
    assert manifest_folder(root / "sub", root).from_root == "sub"
    assert manifest_folder(root, root).from_root == "."
    assert manifest_folder(root.parent / "project-2", root).from_root is None


def test_only_a_file_that_can_be_read_can_be_uploaded(root: Path) -> None:
    file = root / "sub" / "file"
    file.touch()
    assert file_problem(str(file)) == ""
    assert file_problem(str(root / "none")) == "does not exist"
    assert file_problem(str(file / "below")) == "does not exist"
    assert file_problem(str(root / "sub")) == "is not a file"
    assert file_problem(str(root / "loop")).startswith("cannot be read")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_cannot_be_uploaded(root: Path) -> None:
    file = root / "file"
    file.touch(mode=0o000)
    assert file_problem(str(file)) == "cannot be read"


MISSING_FILES = [
    ("P.png", "did you mean `p.png`?"),
    ("./IN/p.png", "did you mean `./in/p.png`?"),
    ("in/photo-1.pgn", "did you mean `in/photo-1.png`?"),
    ("inn/photo-1.png", "did you mean `in/photo-1.png`?"),
    ("none/q.png", ""),
    ("p.png/x", ""),
    ("../q/P.png", "did you mean `../q/p.png`?"),
    ("https://example.com/p.png", "write `source` for a URL"),
    ("in/*.png", 'a path cannot be a pattern; kind: Batch with for_each: {glob: "in/*.png"} makes a job of each file'),
]


@pytest.mark.parametrize(("text", "hint"), MISSING_FILES)
def test_a_missing_file_is_told_with_what_was_probably_meant(tmp_path: Path, text: str, hint: str) -> None:
    root = tmp_path.resolve() / "q"
    (root / "in").mkdir(parents=True)
    for name in ("p.png", "in/photo-1.png", "in/p.png", "q.gif"):
        (root / name).touch()
    assert missing_hint(text, manifest_folder(root, root)) == hint
