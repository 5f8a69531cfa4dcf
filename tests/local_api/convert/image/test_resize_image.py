"""The operation resize-image."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.local_api.convert.fixture_types import Make


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"width": 800, "height": 600, "resize_by": "px", "resize_handling": "keep_aspect_ratio_crop"}, (800, 600)),
        ({"width": 50, "resize_by": "perc"}, (40, 20)),
        ({"width": 2, "resize_by": "inches", "dpi": 100}, (200, 100)),
        ({"height": 25.4, "resize_by": "mm", "dpi": 60}, (120, 60)),
        ({"width": 32, "aspect_ratio": "16:9"}, (32, 18)),
    ],
)
def test_images_are_resized_in_any_unit(
    make: Make, jpg: Path, options: dict[str, object], size: tuple[int, int]
) -> None:
    (product,) = make("operation/resize-image", jpg, metadata={}, **options).products
    with Image.open(product.path) as image:
        assert (image.format, image.size) == ("JPEG", size)


def test_a_resized_image_may_change_its_format(make: Make, jpg: Path) -> None:
    (product,) = make("operation/resize-image", jpg, width=10, resize_target="webp").products
    assert product.filename == "photo.webp"
    with Image.open(product.path) as image:
        assert image.format == "WEBP"
