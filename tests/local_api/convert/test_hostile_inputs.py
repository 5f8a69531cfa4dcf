"""Broken, mislabelled and malicious files: each is refused with an error of that input."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from a2c_spec.local_api import convert
from a2c_spec.local_api.convert.contract import ConversionError, Request, Source
from a2c_spec.local_api.convert.products import kind_of
from tests.local_api.convert.fixture_types import Make, PdfMaker

RANDOM = bytes((index * 7919 + index // 3) % 256 for index in range(3000))


BROKEN_FILES = {
    "empty": b"",
    "random": RANDOM,
    "png": b"\x89PNG\r\n\x1a\n" + RANDOM,
    "jpg": b"\xff\xd8\xff\xe0" + RANDOM,
    "gif": b"GIF89a" + RANDOM,
    "webp": b"RIFF\x00\x00\x00\x00WEBP" + RANDOM,
    "tiff": b"II*\0" + RANDOM,
    "bmp": b"BM" + RANDOM,
    "avif": b"\0\0\0\x1cftypavif" + RANDOM,
    "pdf": b"%PDF-1.7\n" + RANDOM,
    "zip": b"PK\x03\x04" + RANDOM,
    "gz": b"\x1f\x8b\x08" + RANDOM,
    "mp3": b"ID3\x04" + RANDOM,
    "mp4": b"\0\0\0\x18ftypisom" + RANDOM,
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'",
    "docx": b"PK\x03\x04" + b"\0" * 26 + b"word/document.xml",
}


NAMES = [
    "../../etc/passwd",
    "-rf",
    "a\0b.png",
    "..",
    "",
    "CON",
    "x" * 300 + ".png",
    "a\nb.png",
    "C:\\x\\y.png",
    "$(id).png",
]


@pytest.mark.parametrize("broken", BROKEN_FILES)
def test_probing_anything_never_raises(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "input"
    path.write_bytes(BROKEN_FILES[broken])
    found = convert.probe(path, f"input.{broken}")
    assert found == {} or found["content_type"]


@pytest.mark.parametrize("broken", BROKEN_FILES)
@pytest.mark.parametrize("target", ["image/png", "document/pdf", "operation/extract-archive", "operation/thumbnail"])
def test_a_broken_file_is_refused_with_an_error_of_the_input(
    make: Make, tmp_path: Path, broken: str, target: str
) -> None:
    path = tmp_path / f"input.{broken}"
    path.write_bytes(BROKEN_FILES[broken])
    with pytest.raises(ConversionError) as refusal:
        make(target, path)
    assert (refusal.value.source, refusal.value.id_source) == ("input", "id-0")
    assert "Traceback" not in refusal.value.message


@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "webp", "tiff", "bmp", "avif"])
def test_a_truncated_image_is_refused(make: Make, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"cut.{kind}"
    Image.effect_noise((64, 64), 50).convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ConversionError) as refusal:
        make("image/png", path)
    assert refusal.value.source == "input"


def test_a_file_is_what_it_contains_not_what_it_is_called(make: Make, png: Path) -> None:
    wolf = png.rename(png.with_name("sheep.pdf"))
    assert convert.probe(wolf, "sheep.pdf")["content_type"] == "image/png"
    (product,) = make("image/jpg", wolf).products
    assert product.filename == "sheep.jpg"


def test_a_stated_type_helps_where_the_content_is_silent(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("a,b\n1,2\n")
    assert convert.probe(tmp_path / "note", "note")["content_type"] == "text/plain"
    stated = kind_of(Source("a", tmp_path / "note", "note", content_type="text/csv; charset=utf-8"))
    assert (stated.name, stated.family) == ("csv", "markup")


def test_a_picture_that_unpacks_to_gigabytes_is_refused(make: Make, tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    for target in ("image/jpg", "document/pdf", "metadata/json"):
        with pytest.raises(ConversionError, match="pixels") as refusal:
            make(target, tmp_path / "bomb.png")
        assert refusal.value.source == "input"


def test_a_page_too_large_to_draw_is_refused(make: Make, pdf_of: PdfMaker) -> None:
    with pytest.raises(ConversionError, match="too large"):
        make("image/png", pdf_of("wall.pdf", "one", size=(14400, 14400)), dpi=1200)


def test_an_image_too_large_to_make_is_refused(make: Make, png: Path) -> None:
    with pytest.raises(ConversionError, match="larger than one job may make"):
        make("image/png", png, width=60000, height=60000)


def test_a_pdf_without_pages_is_refused(make: Make, tmp_path: Path) -> None:
    pdf = pikepdf.new()
    pdf.save(tmp_path / "empty.pdf")
    with pytest.raises(ConversionError, match="0 pages"):
        make("document/pdf", tmp_path / "empty.pdf")


@pytest.mark.parametrize("name", NAMES)
def test_names_never_become_paths(tmp_path: Path, png: Path, name: str) -> None:
    job = tmp_path / "job"
    job.mkdir()
    source = Source("the-id", png, name)
    for target, category in (("jpg", "image"), ("pdf", "document"), ("zip", "archive"), ("md5", "hash")):
        (product,) = convert.convert(Request(target, category, (source,), job)).products
        assert product.path.parent == job
        assert product.filename == os.path.basename(product.filename)  # noqa: PTH119 - a name, not a path
        assert product.filename.endswith(f".{target}")
        assert not set("\0\n/\\") & set(product.filename)
        assert len(product.filename) < 255
