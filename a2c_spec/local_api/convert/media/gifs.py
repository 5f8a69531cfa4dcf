"""Converts to GIF: a video becomes an animation, every other input is written as an image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PIL import Image

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.image import image_files
from a2c_spec.local_api.convert.media import videos
from a2c_spec.local_api.convert.products import kind_of, place, product, stem


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One GIF per video, and one per picture of each other input, in order."""
    for source in request.sources:
        if kind_of(source).family == "video":
            yield _animation(request, source)
        else:
            yield from image_files.convert(replace(request, sources=(source,)))


def _animation(request: Request, source: Source) -> Product:
    path = place(request, "gif")
    videos.animation(source, path, request.options)
    with Image.open(path) as image:
        return product(path, stem(source), "gif", [source], image_width=image.width, image_height=image.height)
