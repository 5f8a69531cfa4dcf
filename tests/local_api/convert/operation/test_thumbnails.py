"""The operation thumbnail."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.local_api.convert.fixture_types import Make, PdfMaker


@pytest.mark.parametrize("target", ["jpg", "png", "webp"])
def test_a_thumbnail_fits_and_never_grows(make: Make, pdf_of: PdfMaker, png: Path, target: str) -> None:
    book = pdf_of("book.pdf", "one", "two")
    page, small = make("operation/thumbnail", book, png, thumbnail_target=target, width=100).products
    with Image.open(page.path) as image:
        assert image.width == 100
    with Image.open(small.path) as image:
        assert image.size == (60, 40)
