"""The operation compress."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.local_api.convert.fixture_types import Make, PdfMaker


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_compressing_makes_images_smaller(make: Make, tmp_path: Path, kind: str) -> None:
    Image.effect_noise((200, 200), 60).convert("RGB").save(tmp_path / f"noise.{kind}", quality=95)
    before = (tmp_path / f"noise.{kind}").stat().st_size
    (product,) = make("operation/compress", tmp_path / f"noise.{kind}", compression_level="high").products
    assert product.path.stat().st_size < 0.7 * before
    assert product.filename == f"noise.{kind}"


def test_compressing_never_makes_anything_larger(make: Make, pdf_of: PdfMaker) -> None:
    book = pdf_of("book.pdf", "one")
    (small,) = make("operation/compress", book).products
    result = make("operation/compress", small.path)
    assert result.products[0].path.stat().st_size <= small.path.stat().st_size
