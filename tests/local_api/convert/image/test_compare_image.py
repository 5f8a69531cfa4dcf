"""The operation compare-image."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.local_api.convert.fixture_types import Make


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[Path, Path]:
    """Two pictures that differ in one square."""
    image = Image.linear_gradient("L").resize((160, 160)).convert("RGB")
    image.save(tmp_path / "before.png")
    ImageDraw.Draw(image).rectangle((40, 40, 79, 79), fill="blue")
    image.save(tmp_path / "after.png")
    return tmp_path / "before.png", tmp_path / "after.png"


def test_differences_are_found_scored_and_marked(make: Make, drawn: tuple[Path, Path]) -> None:
    (same,) = make("operation/compare-image", drawn[0], drawn[0], method="ssim").products
    assert (same.metadata["ssim"], same.metadata["different"]) == (1.0, 0.0)
    (product,) = make("operation/compare-image", *drawn, method="ssim", threshold=5, diff_color="lime").products
    assert 0.8 < product.metadata["ssim"] < 0.99
    assert product.metadata["different"] == pytest.approx(1600 / 160**2)
    with Image.open(product.path) as image:
        assert image.getpixel((60, 60)) == (0, 255, 0)
        assert image.getpixel((10, 10)) != (0, 255, 0)


def test_pictures_of_different_sizes_are_compared_with_a_warning(make: Make, jpg: Path, png: Path) -> None:
    result = make("operation/compare-image", jpg, png)
    assert "size" in result.warnings[0].message
