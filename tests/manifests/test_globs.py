"""Patterns find files in a stable order and stay below their folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.manifests import globs


def _found(folder: Path, pattern: str) -> list[str]:
    base, segments = globs.fixed_part(pattern)
    return list(globs.find(folder / base, segments))


def _files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_files_are_found_in_the_order_of_their_names_folder_by_folder(tmp_path: Path) -> None:
    _files(tmp_path, "c.png", "b/2.png", "b/1.png", "a.png", "b/x/0.png", "b/1.txt")
    assert _found(tmp_path, "**/*.png") == ["a.png", "b/1.png", "b/2.png", "b/x/0.png", "c.png"]


def test_hidden_names_match_only_what_starts_with_a_dot(tmp_path: Path) -> None:
    _files(tmp_path, ".hidden/a.png", ".a.png", "a.png")
    assert _found(tmp_path, "**/*.png") == ["a.png"]
    assert _found(tmp_path, ".*/*.png") == [".hidden/a.png"]
    assert _found(tmp_path, ".*") == [".a.png"]


@pytest.mark.parametrize("pattern", [".*/**/*.png", ".g*/*.png", ".a2*/*.png", ".*/*/*.png"])
def test_what_git_and_we_keep_is_never_found(tmp_path: Path, pattern: str) -> None:
    _files(tmp_path, ".git/a.png", ".a2c/a.png", "sub/.git/a.png")
    assert _found(tmp_path, pattern) == []
    assert _found(tmp_path, "sub/.*/*.png") == []


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    _files(tmp_path, "outside/a.png", "inside/b.png")
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "inside" / "loop").symlink_to(tmp_path / "inside")
    (tmp_path / "inside" / "file.png").symlink_to(tmp_path / "outside" / "a.png")
    assert _found(tmp_path, "inside/**/*.png") == ["b.png", "file.png"]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.png", "a.png", True),
        ("*.png", "x/a.png", False),
        ("**/*.png", "a.png", True),
        ("**/*.png", "x/y/a.png", True),
        ("x/**", "x/y/a.png", True),
        ("x/**/y/**/*.png", "x/y/a.png", True),
        ("**/.hidden", "x/.hidden", True),
        ("**", ".hidden", False),
        ("[ab]?.png", "a1.png", True),
        ("**/" * 40 + "x", "/".join("a" * 60), False),
        ("*a" * 30 + "b", "a" * 200, False),
    ],
)
def test_patterns_mean_what_people_expect(pattern: str, path: str, fits: bool) -> None:
    assert globs.matches(pattern, path) is fits


def test_many_stars_in_a_row_are_one_and_take_no_time(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.txt").write_text("")
    base, segments = globs.fixed_part("**/" * 5000 + "*.txt")
    assert (base, segments) == (".", ("**", "*.txt"))
    assert [*globs.find(tmp_path, segments)] == ["a/b/c.txt"]
    assert globs.matches("a/" + "**/" * 5000 + "c.txt", "a/b/c.txt")
    assert not globs.is_too_long("**/" * 5000)
    assert globs.is_too_long("**/a/" * 51)
