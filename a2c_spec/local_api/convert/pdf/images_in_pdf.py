"""Adds images to a PDF as pages, and makes the images in a PDF smaller."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf
from PIL import Image

from a2c_spec.local_api.convert.contract import Source
from a2c_spec.local_api.convert.image.image_files import flattened
from a2c_spec.local_api.convert.image.pictures import Picture, open_image

DEFAULT_DPI = 96.0
COLOR_SPACES = {"L": "/DeviceGray", "RGB": "/DeviceRGB"}


@dataclass(frozen=True, slots=True)
class Quality:
    """The resolution that images are reduced to, and how strongly they are compressed."""

    dpi: int
    jpeg: int


QUALITIES = {
    "screen": Quality(72, 45),
    "ebook": Quality(150, 65),
    "printer": Quality(300, 85),
    "prepress": Quality(300, 95),
}


def add_page(pdf: pikepdf.Pdf, picture: Picture, dpi: float | None, original: bytes | None = None) -> None:
    """Add a page with the picture; with ``original``, a JPEG file, its bytes are used unchanged."""
    image = picture.first
    x, y = (dpi, dpi) if dpi else picture.dpi or (DEFAULT_DPI, DEFAULT_DPI)
    width, height = image.width * 72 / x, image.height * 72 / y
    stream = _jpeg(pdf, image, original) if original else _lossless(pdf, image)
    resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=stream))
    content = f"q {width:.4f} 0 0 {height:.4f} 0 0 cm /Im0 Do Q".encode()
    page = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=[0, 0, round(width, 4), round(height, 4)],
        Resources=resources,
        Contents=pdf.make_stream(content),
    )
    pdf.pages.append(pikepdf.Page(page))


def unchanged_jpeg(source: Source) -> bytes | None:
    """The bytes of a grey or RGB JPEG without rotation, which a PDF can hold unchanged; None for other files."""
    with open_image(source) as image:
        plain = image.format == "JPEG" and image.mode in COLOR_SPACES and image.getexif().get(0x0112, 1) == 1
    return source.path.read_bytes() if plain else None


def _described(image: Image.Image, **more: Any) -> dict[str, Any]:
    return {
        "/Type": pikepdf.Name.XObject,
        "/Subtype": pikepdf.Name.Image,
        "/Width": image.width,
        "/Height": image.height,
        "/ColorSpace": pikepdf.Name(COLOR_SPACES[image.mode]),
        "/BitsPerComponent": 8,
        **{f"/{key}": value for key, value in more.items()},
    }


def _jpeg(pdf: pikepdf.Pdf, image: Image.Image, data: bytes) -> pikepdf.Stream:
    return pikepdf.Stream(pdf, data, _described(image, Filter=pikepdf.Name.DCTDecode))


def _lossless(pdf: pikepdf.Pdf, image: Image.Image) -> pikepdf.Stream:
    transparent = "A" in image.mode or "transparency" in image.info
    more: dict[str, Any] = {"Filter": pikepdf.Name.FlateDecode}
    if transparent:
        image = image.convert("RGBA")
        more["SMask"] = pdf.make_indirect(_lossless(pdf, image.getchannel("A")))
        image = image.convert("RGB")
    image = flattened(image)
    return pikepdf.Stream(pdf, zlib.compress(image.tobytes(), 6), _described(image, **more))


def shrink(pdf: pikepdf.Pdf, quality: Quality) -> None:
    """Reduce every image that has more pixels than its page needs; images that would not become smaller stay."""
    done: set[tuple[int, int]] = set()
    for page in pdf.pages:
        box = page.mediabox
        inches = max(float(box[2]) - float(box[0]), float(box[3]) - float(box[1])) / 72
        for stream in _images(page.obj):
            if stream.objgen not in done:
                done.add(stream.objgen)
                _shrink(stream, round(inches * quality.dpi), quality)


def _images(container: pikepdf.Object, depth: int = 0) -> Iterator[pikepdf.Stream]:
    """The images of a page and of the forms it uses."""
    found = container.get("/Resources", pikepdf.Dictionary()).get("/XObject", pikepdf.Dictionary())
    for stream in list(found.values()) if isinstance(found, pikepdf.Dictionary) else []:
        if not isinstance(stream, pikepdf.Stream):
            continue
        if stream.get("/Subtype") == "/Image":
            yield stream
        elif depth < 5:
            yield from _images(stream, depth + 1)


def _shrink(stream: pikepdf.Stream, longest: int, quality: Quality) -> None:
    plain = _plain_colors(stream.get("/ColorSpace"))
    if not plain or "/Mask" in stream or "/Decode" in stream or stream.get("/ImageMask"):
        return
    try:
        image = pikepdf.PdfImage(stream).as_pil_image()
        image.load()
    except Exception:  # an encoding that pikepdf cannot read stays as it is
        return
    if image.mode not in COLOR_SPACES:
        return
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=quality.jpeg, optimize=True)
    if len(encoded.getvalue()) < len(stream.read_raw_bytes()):
        stream.write(encoded.getvalue(), filter=pikepdf.Name.DCTDecode)
        stream.Width, stream.Height = image.size
        stream.BitsPerComponent = 8


def _plain_colors(space: pikepdf.Object | None) -> bool:
    """Whether the colour space is grey or RGB, so that a JPEG can replace the image."""
    if isinstance(space, pikepdf.Array):
        return space[0] == "/ICCBased"
    return space in ("/DeviceRGB", "/DeviceGray")
