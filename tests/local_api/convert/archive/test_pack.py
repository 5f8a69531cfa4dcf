"""Archives hold every input, and nothing about this machine."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.local_api.convert.fixture_types import Make


@pytest.fixture
def twins(tmp_path: Path) -> tuple[Path, Path]:
    """Two files of the same name and different content."""
    for folder in ("left", "right"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "note.txt").write_text(folder)
    return tmp_path / "left" / "note.txt", tmp_path / "right" / "note.txt"


def test_a_zip_holds_every_input_once(make: Make, twins: tuple[Path, Path]) -> None:
    (product,) = make("archive/zip", *twins).products
    with zipfile.ZipFile(product.path) as archive:
        assert archive.namelist() == ["note.txt", "note-2.txt"]
        assert archive.read("note-2.txt") == b"right"
    assert product.filename == "note.zip"
    assert product.inputs == ("id-0", "id-1")


@pytest.mark.parametrize("target", ["tgz", "tar.bz2", "tar.xz"])
def test_a_tar_holds_every_input_and_no_owner(make: Make, twins: tuple[Path, Path], target: str) -> None:
    (product,) = make(f"archive/{target}", *twins).products
    with tarfile.open(product.path) as archive:
        assert archive.getnames() == ["note.txt", "note-2.txt"]
        assert {(member.uname, member.uid) for member in archive} == {("", 0)}
    assert product.filename == f"note.{target}"
