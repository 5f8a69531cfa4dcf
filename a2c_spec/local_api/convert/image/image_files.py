"""Converts images, and pages of documents, to image files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from a2c_spec.local_api.convert.contract import ConversionError, ConversionWarning, Product, Request
from a2c_spec.local_api.convert.image import effects, image_tags
from a2c_spec.local_api.convert.image.pictures import Picture, pictures
from a2c_spec.local_api.convert.image.resizing import bounded
from a2c_spec.local_api.convert.products import numbered, place, product

FORMATS = {"jpg": "JPEG", "tiff": "TIFF", "tga": "TGA"}
ANIMATED = ("gif", "webp", "png", "avif")
NO_TRANSPARENCY = ("jpg", "bmp")
WITH_TAGS = ("jpg", "png", "webp", "avif", "tiff")
ICON_SIDE = 256


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One image per picture of each input, in order."""
    for source in request.sources:
        pages = pictures(source, request.options, request.target)
        for index, picture in enumerate(pages.each):
            path = place(request, request.target)
            tags = image_tags.changed(picture.exif, request.metadata)
            size = save(picture, path, request.target, request.options, tags)
            name = numbered(source, index, pages.total)
            yield product(path, name, request.target, [source], image_width=size[0], image_height=size[1])
        if request.metadata and request.target not in WITH_TAGS:
            yield ConversionWarning(f"Metadata cannot be written to {request.target} files.", id_source=source.id)
        elif unknown := image_tags.unknown(request.metadata):
            yield ConversionWarning(f"Images have no tag for {', '.join(unknown)}.", id_source=source.id)


def save(
    picture: Picture, path: Path, target: str, options: Mapping[str, Any], exif: bytes | None = None
) -> tuple[int, int]:
    """Write the picture with the options applied; returns its size in pixels."""
    frames = [_supported(effects.apply(frame, options), target) for frame in picture.frames]
    settings = _settings(picture, target, options, exif)
    if len(frames) > 1 and target in ANIMATED:
        settings |= {"save_all": True, "append_images": frames[1:], "duration": list(picture.durations)}
        settings |= {"loop": picture.loop or 0} if target != "avif" else {}
    first = frames[0]
    settings |= {"sizes": [first.size]} if target == "ico" else {}
    first.info = {}
    try:
        first.save(path, FORMATS.get(target, target.upper()), **settings)
    except (OSError, ValueError, SystemError) as error:
        raise ConversionError(f"The picture cannot be written as {target}: {error}") from error
    return first.size


def _settings(picture: Picture, target: str, options: Mapping[str, Any], exif: bytes | None) -> dict[str, Any]:
    dpi = (options["dpi"],) * 2 if options.get("dpi") else picture.dpi
    kept = picture.profile if options.get("color") in (None, "colored") else None
    settings: dict[str, Any] = {"dpi": dpi, "icc_profile": kept, "exif": exif}
    allowed = {"dpi": ("jpg", "png", "tiff", "bmp"), "icc_profile": WITH_TAGS, "exif": WITH_TAGS}
    found = {name: value for name, value in settings.items() if value and target in allowed[name]}
    if target in ("jpg", "webp", "avif"):
        found["quality"] = options.get("quality") or {"jpg": 90, "webp": 85, "avif": 75}[target]
    if target == "tiff":
        found["compression"] = "tiff_lzw"
    return found


def _supported(image: Image.Image, target: str) -> Image.Image:
    """The image in a colour mode and a size that the format supports."""
    if target == "ico":
        return _icon(image)
    if target in NO_TRANSPARENCY or (target == "tga" and image.mode == "1"):
        return flattened(image)
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV", "F") and target != "tiff":
        return image.convert("RGB")
    if target in ("webp", "avif", "gif") and image.mode not in ("RGB", "RGBA"):
        return image.convert("RGBA" if "transparency" in image.info or "A" in image.mode else "RGB")
    if image.mode.startswith("I;16") and target == "tga":
        return image.convert("L")
    return image.convert("RGBA") if image.mode == "P" and "transparency" in image.info else image


def flattened(image: Image.Image, background: str = "white") -> Image.Image:
    """The image without transparency, on a background."""
    if "A" in image.mode or "transparency" in image.info:
        layer = image.convert("RGBA")
        solid = Image.new("RGB", layer.size, background)
        solid.paste(layer, mask=layer.getchannel("A"))
        return solid
    return image if image.mode in ("RGB", "L") else image.convert("L" if image.mode in ("1", "I;16") else "RGB")


def _icon(image: Image.Image) -> Image.Image:
    size = bounded(image.size, ICON_SIDE, ICON_SIDE)
    image = image.convert("RGBA")
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
