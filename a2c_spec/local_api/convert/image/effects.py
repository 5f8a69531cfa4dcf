"""Applies the image options to the pixels: crop, rotation, size, tones and colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from a2c_spec.local_api.convert.contract import ConversionError
from a2c_spec.local_api.convert.image.deskew import deskewed
from a2c_spec.local_api.convert.image.resizing import resamplable, resize

SEPIA = (0.393, 0.769, 0.189, 0, 0.349, 0.686, 0.168, 0, 0.272, 0.534, 0.131, 0)
FADED = (0.95, 0.05, 0.0, 18, 0.0, 0.9, 0.05, 14, 0.0, 0.05, 0.75, 30)


def apply(image: Image.Image, options: Mapping[str, Any]) -> Image.Image:
    """The image with all options applied, in a fixed order: crop, deskew, rotate, resize, tones, colour."""
    image = _crop_sides(_crop_rectangle(image, options), options)
    if options.get("deskew"):
        image = deskewed(resamplable(image))
    image = resize(_rotate(image, options.get("rotate") or 0), options)
    for name, effect in TONES.items():
        if options.get(name):
            image = _keeping_alpha(image, effect)
    return COLORS[options.get("color") or "colored"](image)


def _crop_rectangle(image: Image.Image, options: Mapping[str, Any]) -> Image.Image:
    """The rectangle given by its upper left corner and its size, as far as it lies within the image."""
    left, top = options.get("crop_origin_x") or 0, options.get("crop_origin_y") or 0
    right = min(image.width, left + (options.get("crop_width") or image.width))
    bottom = min(image.height, top + (options.get("crop_height") or image.height))
    return _cropped(image, (left, top, right, bottom))


def _crop_sides(image: Image.Image, options: Mapping[str, Any]) -> Image.Image:
    left, top, right, bottom = (options.get(f"crop_{side}") or 0 for side in ("left", "top", "right", "bottom"))
    return _cropped(image, (left, top, image.width - right, image.height - bottom))


def _cropped(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    if box == (0, 0, *image.size):
        return image
    if box[0] >= box[2] or box[1] >= box[3]:
        raise ConversionError(f"Cropping leaves nothing of an image of {image.width} x {image.height} pixels.")
    return image.crop(box)


def _rotate(image: Image.Image, degrees: int) -> Image.Image:
    """The image turned clockwise. Other than right angles make it larger, with transparent or white corners."""
    if degrees % 360 == 0:
        return image
    turned = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    if exact := turned.get(degrees % 360):
        return image.transpose(exact)
    image = resamplable(image)
    fill = (0,) * len(image.getbands()) if "A" in image.mode else (255,) * len(image.getbands())
    return image.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=fill)


def _keeping_alpha(image: Image.Image, effect: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """The image with an effect on its colours and the same transparency."""
    image = resamplable(image)
    if image.mode == "L":
        return effect(image)
    changed = effect(image.convert("RGB"))
    if "A" in image.mode:
        changed.putalpha(image.getchannel("A"))
    return changed


def _enhance(image: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Color(image).enhance(1.15)).enhance(1.1)


def _gray(image: Image.Image) -> Image.Image:
    return resamplable(image).convert("LA" if "A" in resamplable(image).mode else "L")


def _monochrome(image: Image.Image) -> Image.Image:
    return resamplable(image).convert("1")


def _tinted(matrix: tuple[float, ...]) -> Callable[[Image.Image], Image.Image]:
    return lambda image: _keeping_alpha(image, lambda colors: colors.convert("RGB").convert("RGB", matrix))


TONES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "despeckle": lambda image: image.filter(ImageFilter.MedianFilter(3)),
    "normalize": ImageOps.autocontrast,
    "equalize": ImageOps.equalize,
    "enhance": _enhance,
    "sharpen": lambda image: image.filter(ImageFilter.UnsharpMask(2, 120, 2)),
}
COLORS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "colored": lambda image: image,
    "gray": _gray,
    "monochrome": _monochrome,
    "negate": lambda image: _keeping_alpha(image, ImageChops.invert),
    "1980": _tinted(FADED),
    "1900": _tinted(SEPIA),
}
