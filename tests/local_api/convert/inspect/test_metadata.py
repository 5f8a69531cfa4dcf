"""Metadata read as JSON, and written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.local_api.convert.fixture_types import Make, PdfMaker


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
