"""Straightens scanned pages: finds the rotation at which rows of text differ most from the rows between them."""

from __future__ import annotations

from itertools import pairwise

from PIL import Image, ImageOps

MAX_DEGREES = 15
SIDE = 500


def deskewed(image: Image.Image) -> Image.Image:
    """The straightened image; its corners become white, or transparent where the image has transparency."""
    found = angle(image)
    if abs(found) < 0.1:
        return image
    bands = len(image.getbands())
    fill = (0,) * bands if "A" in image.mode else (255,) * bands
    return image.rotate(found, Image.Resampling.BICUBIC, fillcolor=fill)


def angle(image: Image.Image) -> float:
    """The degrees to turn counter-clockwise so that the rows of the page differ most in brightness."""
    page = ImageOps.invert(image.convert("L"))
    page.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    coarse = max(range(-MAX_DEGREES, MAX_DEGREES + 1), key=lambda turn: _contrast(page, turn))
    return max((coarse + step / 10 for step in range(-9, 10)), key=lambda turn: _contrast(page, turn))


def _contrast(page: Image.Image, turn: float) -> float:
    """How much neighbouring rows differ in brightness."""
    turned = page.rotate(turn, Image.Resampling.BILINEAR).convert("F")
    rows = memoryview(turned.resize((1, page.height), Image.Resampling.BOX).tobytes()).cast("f")
    return sum((upper - lower) ** 2 for upper, lower in pairwise(rows))
