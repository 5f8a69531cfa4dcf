"""Straightens scanned pages: finds the small turn at which lines of text stand out most, and undoes it."""

from __future__ import annotations

from itertools import pairwise

from PIL import Image, ImageOps

LARGEST = 15
SIDE = 500


def straightened(image: Image.Image) -> Image.Image:
    """The image turned by the angle that was found; the corners become white, or clear."""
    found = angle(image)
    if abs(found) < 0.1:
        return image
    bands = len(image.getbands())
    fill = (0,) * bands if "A" in image.mode else (255,) * bands
    return image.rotate(found, Image.Resampling.BICUBIC, fillcolor=fill)


def angle(image: Image.Image) -> float:
    """Degrees to turn counter-clockwise so that rows of ink and rows of paper differ most."""
    page = ImageOps.invert(image.convert("L"))
    page.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    coarse = max(range(-LARGEST, LARGEST + 1), key=lambda turn: _contrast(page, turn))
    return max((coarse + step / 10 for step in range(-9, 10)), key=lambda turn: _contrast(page, turn))


def _contrast(page: Image.Image, turn: float) -> float:
    """How much neighbouring rows differ."""
    turned = page.rotate(turn, Image.Resampling.BILINEAR).convert("F")
    rows = memoryview(turned.resize((1, page.height), Image.Resampling.BOX).tobytes()).cast("f")
    return sum((upper - lower) ** 2 for upper, lower in pairwise(rows))
