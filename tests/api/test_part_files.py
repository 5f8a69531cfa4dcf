"""Temporary files of downloads: of an address that has all its results, none is left; others can be resumed."""

from __future__ import annotations

from pathlib import Path

from a2c_spec.api.part_files import Leftovers, part_of
from a2c_spec.held_folders import drop


def test_every_result_of_every_address_has_a_temporary_file_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    names = {part_of(target, *of).name for of in (("one", "o1"), ("one", "o2"), ("two", "o1"))}
    assert len(names) == 3
    assert all(name.startswith(".a.bin.") and name.endswith(".part") for name in names)
    assert part_of(target, "one", "o1") == part_of(target, "one", "o1")


def test_what_an_address_left_is_removed_once_it_has_all_its_results(tmp_path: Path) -> None:
    """Whatever the name that an earlier run wanted; files of others, and of a person, stay."""
    ours, theirs = part_of(tmp_path / "old.bin", "one", "o1"), part_of(tmp_path / "new.bin", "two", "o1")
    own = tmp_path / "film.part"
    for file in (ours, theirs, own):
        file.write_bytes(b"half")
    left = Leftovers()
    left.note("one", [tmp_path / "new.bin", tmp_path / "missing" / "x.bin"])
    left.remove(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([theirs, own])
    ours.write_bytes(b"half")
    left.remove(tmp_path)
    assert ours.exists(), "nothing is noted any more"


def test_of_all_complete_addresses_nothing_is_left_in_any_folder_of_theirs(tmp_path: Path) -> None:
    """One run of an address may have been meant to write where another one writes now."""
    (tmp_path / "c0").mkdir()
    (tmp_path / "c1").mkdir()
    stray, needed = part_of(tmp_path / "c1" / "x", "one", "o1"), part_of(tmp_path / "c1" / "x", "two", "o1")
    for file in (stray, needed):
        file.write_bytes(b"half")
    left = Leftovers()
    left.note("one", [tmp_path / "c0" / "x"])
    left.note("one#2", [tmp_path / "c1" / "x"])
    left.remove(tmp_path)
    assert [*(tmp_path / "c1").iterdir()] == [needed]


def test_none_is_removed_in_a_folder_that_is_a_link_out_of_the_project(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    stray = part_of(outside / "x", "one", "o1")
    stray.write_bytes(b"half")
    (root / "dist").symlink_to(outside)
    left = Leftovers()
    left.note("one", [root / "dist" / "x"])
    left.remove(root)
    drop(part_of(root / "dist" / "x", "one", "o1"))
    assert stray.exists()
    drop(stray)
    assert not stray.exists()
