"""Makes one video of pictures, each shown for its own time.

ffmpeg drops slides of different sizes and rounds times to whole frames. So all slides get one size first, and the
frame rate is a multiple of ten, so that tenths of a second are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.image.image_files import flattened
from a2c_spec.local_api.convert.image.pictures import pictures
from a2c_spec.local_api.convert.image.resizing import bounded, fit, resamplable, target_size
from a2c_spec.local_api.convert.media import ffmpeg, media_tags
from a2c_spec.local_api.convert.media_options import VIDEO, VIDEO_FLAGS
from a2c_spec.local_api.convert.products import folder, place, product, stem

RATE = 30
SECONDS = 3.0
LARGEST = 1920
HANDLINGS = {"stretch": "stretch", "keep_aspect_ratio": "keep_aspect_ratio_fill_black"}


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One video that shows all pictures in order."""
    work = folder(request)
    size: tuple[int, int] | None = None
    slides: list[tuple[Path, float]] = []
    for source in request.sources:
        for picture in pictures(source, {}, request.target).each:
            image = flattened(resamplable(picture.first), "black").convert("RGB")
            size = size or _size(image, request)
            path = work / f"slide-{len(slides):05d}.png"
            fit(image, size, _handling(source)).save(path, compress_level=1)
            slides.append((path, float(source.options.get("slide_duration") or SECONDS)))
    total = sum(seconds for _, seconds in slides)
    yield _encoded(request, _listing(work, slides), total, size)


def _size(image: Image.Image, request: Request) -> tuple[int, int]:
    """The size of the video: that of the options, or of the first picture up to a limit; sides are even."""
    width, height = request.options.get("width"), request.options.get("height")
    asked = target_size(image.size, width, height) if width or height else bounded(image.size, LARGEST, LARGEST)
    return max(2, asked[0] - asked[0] % 2), max(2, asked[1] - asked[1] % 2)


def _handling(source: Source) -> str:
    return HANDLINGS[source.options.get("resize_handling") or "keep_aspect_ratio"]


def _listing(work: Path, slides: list[tuple[Path, float]]) -> Path:
    """ffmpeg's list of pictures and times. The last picture is listed twice; otherwise its time would be ignored."""
    lines = [f"file '{path.name}'\nduration {seconds:.3f}" for path, seconds in slides]
    listing = work / "slides.txt"
    listing.write_text(
        "\n".join(["ffconcat version 1.0", *lines, f"file '{slides[-1][0].name}'", ""]), encoding="utf-8"
    )
    return listing


def _encoded(request: Request, listing: Path, total: float, size: tuple[int, int] | None) -> Product:
    encoding = VIDEO[request.target]
    rate = request.options.get("framerate") or RATE
    inputs = [*ffmpeg.LOCAL, "-f", "concat", "-safe", "0", "-i", str(listing), "-t", f"{total:.3f}"]
    video = ["-an", "-vf", f"fps={rate:g}", "-c:v", encoding.video, *VIDEO_FLAGS[encoding.video]]
    container = ["-f", encoding.container] if encoding.container else []
    path = place(request, request.target)
    ffmpeg.encode([*inputs, *video, *media_tags.arguments(request.metadata, request.target), *container], path)
    width, height = size or (None, None)
    facts = {"duration": round(total, 3), "image_width": width, "image_height": height}
    return product(path, stem(request.sources[0]), request.target, request.sources, **facts)
