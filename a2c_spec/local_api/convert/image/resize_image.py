"""The operation resize-image: the image in another size, and if asked for in another format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionError, ConversionWarning, Product, Request
from a2c_spec.local_api.convert.image import image_files
from a2c_spec.local_api.convert.image.pictures import pictures
from a2c_spec.local_api.convert.products import kind_of, numbered, place, product

TARGETS = ("bmp", "gif", "ico", "jpg", "png", "tga", "tiff", "webp")
PER_INCH = {"inches": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4}
DPI = 96


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One image per input, in its own format unless another is asked for."""
    for source in request.sources:
        own = kind_of(source).name
        target = request.options.get("resize_target") or (own if own in TARGETS else "png")
        images = pictures(source, {}, target)
        for index, picture in enumerate(images.each):
            path = place(request, target)
            options = {**sides(picture.first.size, request.options), "dpi": request.options.get("dpi")}
            size = image_files.save(picture, path, target, options, picture.exif)
            name = numbered(source, index, images.total)
            yield product(path, name, target, [source], image_width=size[0], image_height=size[1])


def sides(size: tuple[int, int], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options ``width``, ``height`` and ``resize_handling`` that an image conversion needs, in pixels."""
    width = _pixels(options.get("width"), size[0], options)
    height = _pixels(options.get("height"), size[1], options)
    if ratio := options.get("aspect_ratio"):
        across, down = (int(part) for part in ratio.split(":"))
        if not across or not down:
            raise ConversionError(f"An aspect ratio of {ratio} is not possible.")
        if height is None:
            width = width or size[0]
            height = max(1, round(width * down / across))
        elif width is None:
            width = max(1, round(height * across / down))
    return {"width": width, "height": height, "resize_handling": options.get("resize_handling")}


def _pixels(value: float | None, whole: int, options: Mapping[str, Any]) -> int | None:
    unit = options.get("resize_by") or "px"
    if value is None:
        return None
    if unit == "perc":
        return max(1, round(whole * value / 100))
    return max(1, round(value * PER_INCH[unit] * (options.get("dpi") or DPI))) if unit in PER_INCH else round(value)
