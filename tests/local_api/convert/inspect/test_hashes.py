"""Checksums."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import pytest

from tests.local_api.convert.fixture_types import Make


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """A small text file."""
    (tmp_path / "note.txt").write_text("left")
    return tmp_path / "note.txt"


@pytest.mark.parametrize("target", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
def test_a_hash_is_the_digits_and_nothing_else(make: Make, note: Path, target: str) -> None:
    (product,) = make(f"hash/{target}", note).products
    assert product.path.read_text() == hashlib.new(target, b"left").hexdigest()
    assert (product.filename, product.content_type) == (f"note.{target}", "text/plain")


def test_checksums_are_eight_digits(make: Make, note: Path) -> None:
    assert make("hash/crc32", note).products[0].path.read_text() == f"{zlib.crc32(b'left'):08x}"
    assert make("hash/adler32", note).products[0].path.read_text() == f"{zlib.adler32(b'left'):08x}"
