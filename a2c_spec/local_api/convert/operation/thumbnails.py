"""The operation thumbnail: small pictures of images, pages and videos, never larger than the original."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.document import pandoc
from a2c_spec.local_api.convert.image import image_files
from a2c_spec.local_api.convert.image.pictures import Picture, Pictures, pictures
from a2c_spec.local_api.convert.image.resizing import bounded
from a2c_spec.local_api.convert.products import folder, kind_of, numbered, place, product

DEFAULT_SIDE = 300


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One thumbnail per chosen page, within ``width`` and ``height``."""
    options = request.options
    target = options.get("thumbnail_target") or "png"
    width, height = options.get("width"), options.get("height")
    if width is None and height is None:
        width = height = DEFAULT_SIDE
    for source in request.sources:
        originals = _originals(request, source)
        for index, picture in enumerate(originals.each):
            size = bounded(picture.first.size, width, height)
            path = place(request, target)
            still = Picture((picture.first,), profile=picture.profile)
            image_files.save(still, path, target, {"width": size[0], "height": size[1]})
            name = numbered(source, index, originals.total)
            yield product(path, name, target, [source], image_width=size[0], image_height=size[1])


def _originals(request: Request, source: Source) -> Pictures:
    """The pictures to make small: an image, a still of a video, or the pages of a document."""
    kind = kind_of(source)
    picture_source = source
    if kind.family == "video" and programs.has("ffmpeg"):
        from a2c_spec.local_api.convert.media import videos

        picture_source = replace(source, path=place(request, "png"), filename="still.png")
        videos.still(source, picture_source.path)
    elif kind.name in pandoc.READERS and programs.has("pandoc") and programs.has("typst"):
        from a2c_spec.local_api.convert.document.typesetting import typeset

        pdf, _ = typeset(source, kind, folder(request))
        picture_source = replace(source, path=pdf, filename="pages.pdf", password=None)
    return pictures(picture_source, request.options, "a thumbnail")
