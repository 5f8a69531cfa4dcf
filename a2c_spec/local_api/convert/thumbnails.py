"""Makes small pictures of images and pages, never larger than the original."""

from __future__ import annotations

from collections.abc import Iterator

from a2c_spec.local_api.convert import images
from a2c_spec.local_api.convert.contract import Caveat, Product, Request
from a2c_spec.local_api.convert.making import numbered, place, product
from a2c_spec.local_api.convert.pictures import Picture, pictures
from a2c_spec.local_api.convert.resizing import bounded

DEFAULT_SIDE = 300


def convert(request: Request) -> Iterator[Product | Caveat]:
    """One thumbnail per chosen page, within ``width`` and ``height``."""
    options = request.options
    target = options.get("thumbnail_target") or "png"
    width, height = options.get("width"), options.get("height")
    if width is None and height is None:
        width = height = DEFAULT_SIDE
    for source in request.sources:
        found = pictures(source, options, "a thumbnail")
        for index, picture in enumerate(found):
            size = bounded(picture.first.size, width, height)
            path = place(request, target)
            still = Picture((picture.first,), profile=picture.profile)
            images.save(still, path, target, {"width": size[0], "height": size[1]})
            name = numbered(source, index, len(found))
            yield product(path, name, target, [source], image_width=size[0], image_height=size[1])
