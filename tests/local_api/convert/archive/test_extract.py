"""Extracting archives, and the pictures in documents."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from PIL import Image

from a2c_spec.local_api.convert.contract import ConversionError
from tests.local_api.convert.fixture_types import Make, PdfMaker


@pytest.mark.parametrize("target", ["zip", "tgz", "tar.xz", "tar.bz2"])
def test_extracting_returns_the_packed_files(make: Make, png: Path, jpg: Path, target: str) -> None:
    (packed,) = make(f"archive/{target}", png, jpg).products
    products = make("operation/extract-archive", packed.path).products
    assert [product.filename for product in products] == ["cover.png", "photo.jpg"]
    assert [product.path.read_bytes() for product in products] == [png.read_bytes(), jpg.read_bytes()]


def test_a_member_cannot_leave_the_folder(make: Make, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        archive.writestr("../../../outside.txt", "x")
        archive.writestr("/etc/cron.d/evil", "x")
        archive.writestr("a\\..\\win.ini", "x")
    products = make("operation/extract-archive", tmp_path / "slip.zip").products
    assert [product.filename for product in products] == ["outside.txt", "evil", "win.ini"]
    assert all(tmp_path / "job" in product.path.parents for product in products)


def test_a_zip_bomb_is_refused(make: Make, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("zeros", bytes(60_000_000))
    with pytest.raises(ConversionError, match="bomb"):
        make("operation/extract-archive", tmp_path / "bomb.zip")


def test_pictures_are_taken_out_of_a_pdf(make: Make, jpg: Path, png: Path) -> None:
    (book,) = make("document/pdf", jpg, png, merge=True).products
    products = make("operation/extract-assets", book.path).products
    assert products[0].path.read_bytes() == jpg.read_bytes()
    with Image.open(products[1].path) as image:
        assert image.size == (60, 40)


def test_pictures_are_taken_out_of_a_package(make: Make, tmp_path: Path, png: Path) -> None:
    with zipfile.ZipFile(tmp_path / "letter.docx", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
        archive.write(png, "word/media/image1.png")
    (product,) = make("operation/extract-assets", tmp_path / "letter.docx").products
    assert (product.filename, product.path.read_bytes()) == ("image1.png", png.read_bytes())


def test_a_document_without_pictures_is_refused(make: Make, pdf_of: PdfMaker) -> None:
    with pytest.raises(ConversionError, match="no pictures"):
        make("operation/extract-assets", pdf_of("plain.pdf", "one"))
