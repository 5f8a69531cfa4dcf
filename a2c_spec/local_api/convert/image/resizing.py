"""Computes image sizes, and resizes images: stretched, with a border, or cropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageFilter, ImageOps

from a2c_spec.local_api.convert.contract import ConversionError

MAX_PIXELS = 150_000_000
Size = tuple[int, int]


def target_size(size: Size, width: float | None, height: float | None) -> Size:
    """The size for the options; a side that is None follows from the aspect ratio."""
    if width is None and height is None:
        return size
    wide = width if width is not None else size[0] * (height or 0) / size[1]
    high = height if height is not None else size[1] * wide / size[0]
    return _possible(round(wide), round(high))


def bounded(size: Size, width: float | None, height: float | None) -> Size:
    """The largest size with the same aspect ratio within the bounds, but not larger than ``size``."""
    scale = min((width or size[0]) / size[0], (height or size[1]) / size[1], 1.0)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _possible(width: int, height: int) -> Size:
    width, height = max(1, width), max(1, height)
    if width * height > MAX_PIXELS:
        raise ConversionError(f"An image of {width} x {height} pixels is larger than one job may make.")
    return width, height


def resize(image: Image.Image, options: Mapping[str, Any]) -> Image.Image:
    """The image in the size of the options; ``resize_handling`` counts when width and height are both given."""
    size = target_size(image.size, options.get("width"), options.get("height"))
    if size == image.size:
        return image
    return fit(resamplable(image), size, options.get("resize_handling") or "stretch")


def fit(image: Image.Image, size: Size, handling: str) -> Image.Image:
    """The image in exactly this size."""
    if handling == "stretch":
        return image.resize(size, Image.Resampling.LANCZOS)
    if handling == "keep_aspect_ratio_crop":
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    inner = ImageOps.contain(image, size, Image.Resampling.LANCZOS)
    canvas = _background(image, size, handling.rpartition("_")[2])
    inner = inner.convert(canvas.mode) if canvas.mode != "RGBA" else inner.convert("RGBA")
    canvas.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
    return canvas


def _background(image: Image.Image, size: Size, filling: str) -> Image.Image:
    if filling == "transparent":
        return Image.new("RGBA", size, (0, 0, 0, 0))
    if filling == "blurred":
        cover = ImageOps.fit(image.convert("RGB"), size, Image.Resampling.BILINEAR)
        return cover.filter(ImageFilter.GaussianBlur(max(size) / 40))
    return Image.new("RGB", size, filling)


def resamplable(image: Image.Image) -> Image.Image:
    """The image in a mode that can be resampled: RGB or RGBA instead of a palette, grey instead of black and white."""
    if image.mode == "P":
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode == "1":
        return image.convert("L")
    return image.convert("L") if image.mode.startswith("I;16") else image
