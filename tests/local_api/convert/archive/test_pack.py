"""Archives, checksums and metadata as JSON."""

from __future__ import annotations

import hashlib
import json
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.local_api.convert.fixture_types import Make, PdfMaker


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


@pytest.mark.parametrize("target", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
def test_a_hash_is_the_digits_and_nothing_else(make: Make, twins: tuple[Path, Path], target: str) -> None:
    (product,) = make(f"hash/{target}", twins[0]).products
    assert product.path.read_text() == hashlib.new(target, b"left").hexdigest()
    assert (product.filename, product.content_type) == (f"note.{target}", "text/plain")


def test_checksums_are_eight_digits(make: Make, twins: tuple[Path, Path]) -> None:
    assert make("hash/crc32", twins[0]).products[0].path.read_text() == f"{zlib.crc32(b'left'):08x}"
    assert make("hash/adler32", twins[0]).products[0].path.read_text() == f"{zlib.adler32(b'left'):08x}"


def test_metadata_of_an_image_is_read(make: Make, jpg: Path) -> None:
    (product,) = make("metadata/json", jpg).products
    found = json.loads(product.path.read_text())
    assert (found["image_width"], found["image_height"], found["file_type"]) == (80, 40, "JPG")
    assert product.filename == "photo.json"


def test_metadata_of_a_pdf_is_read_back_as_written(make: Make, pdf_of: PdfMaker) -> None:
    tags = {"title": "T", "author": "Ann", "department": "X"}
    (tagged,) = make("document/pdf", pdf_of("a.pdf", "one"), metadata=tags).products
    basic = json.loads(make("metadata/json", tagged.path).products[0].path.read_text())
    assert (basic["title"], basic["author"], basic["page_count"]) == ("T", "Ann", 1)
    assert "department" not in basic
    expert = json.loads(make("metadata/json", tagged.path, output_mode="expert").products[0].path.read_text())
    assert expert["department"] == "X"


@pytest.mark.parametrize(
    ("keys_format", "key"),
    [
        ("original", "ImageWidth"),
        ("capital_first", "Image Width"),
        ("snake_lowercase", "image_width"),
        ("snake_uppercase", "IMAGE_WIDTH"),
        ("lowercase_nospaces", "imagewidth"),
        ("lowercase_with_spaces", "image width"),
        ("uppercase_nospaces", "IMAGEWIDTH"),
        ("uppercase_with_spaces", "IMAGE WIDTH"),
    ],
)
def test_keys_are_written_as_asked(make: Make, jpg: Path, keys_format: str, key: str) -> None:
    assert key in json.loads(make("metadata/json", jpg, keys_format=keys_format).products[0].path.read_text())


def test_rewriting_a_jpeg_keeps_its_pixels(make: Make, jpg: Path) -> None:
    from PIL import Image, ImageChops

    (product,) = make("metadata/metadata", jpg, metadata={"title": "Sea"}).products
    with Image.open(product.path) as after, Image.open(jpg) as before:
        assert after.getexif()[0x010E] == "Sea"
        assert ImageChops.difference(after, before).getbbox() is None
