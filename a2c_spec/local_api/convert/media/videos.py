"""Converts videos, makes slideshows of images, and animations of videos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.image.pictures import open_image
from a2c_spec.local_api.convert.media import ffmpeg, media_tags, slideshow
from a2c_spec.local_api.convert.media.sounds import arguments as sound_of
from a2c_spec.local_api.convert.media.sounds import span
from a2c_spec.local_api.convert.media_options import VIDEO, VIDEO_FLAGS
from a2c_spec.local_api.convert.products import kind_of, place, product, stem, unreadable, unsupported

GIF_RATE = 10
GIF_WIDTH = 480


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One video per input; images together become one slideshow."""
    families = ["video" if _moves(source) else kind_of(source).family for source in request.sources]
    if all(family in ("image", "vector", "pdf") for family in families):
        yield from slideshow.convert(request)
        return
    for source, family in zip(request.sources, families, strict=True):
        if family != "video":
            raise unsupported(source, request.target)
        yield _one(request, source)


def _moves(source: Source) -> bool:
    """An animated GIF is a film; other pictures are slides."""
    if kind_of(source).name != "gif":
        return False
    with open_image(source) as image:
        return bool(getattr(image, "is_animated", False))


def _one(request: Request, source: Source) -> Product:
    streams = seen(source)
    path = place(request, request.target)
    tags = media_tags.arguments(request.metadata, request.target)
    codecs = arguments(request.target, request.options, sound=streams.audio)
    ffmpeg.encode([*ffmpeg.given(source), *span(request.options), *codecs, *tags], path, source)
    return finished(path, stem(source), request.target, [source])


def seen(source: Source) -> ffmpeg.Streams:
    """What the video holds; a file without pictures is refused."""
    streams = ffmpeg.inspect(source)
    if not streams.video:
        raise unreadable(source, "there is no video in it.")
    return streams


def finished(path: Path, name: str, target: str, sources: list[Source]) -> Product:
    """The product, with the size and duration that were measured."""
    return product(path, name, target, sources, **ffmpeg.inspect(Source("", path, path.name)).facts())


def arguments(target: str, options: Mapping[str, Any], *, sound: bool) -> list[str]:
    """ffmpeg's options for picture and sound."""
    encoding = VIDEO[target]
    flags = list(VIDEO_FLAGS[encoding.video])
    if options.get("video_bitrate"):
        flags = [*_without_quality(flags), "-b:v", f"{options['video_bitrate']}k"]
    rate = ["-r", f"{options['framerate']:g}"] if options.get("framerate") else []
    container = ["-f", encoding.container] if encoding.container else []
    heard = sound_of(encoding, options, target) if sound else ["-an"]
    streams = ["-map", "0:v:0", "-map", "0:a:0?", "-sn", "-dn"]
    return [*streams, "-c:v", encoding.video, *flags, "-vf", scale(options), *rate, *heard, *container]


def _without_quality(flags: list[str]) -> list[str]:
    """The flags without the pairs that steer quality, which a bitrate replaces."""
    pairs = zip(flags[::2], flags[1::2], strict=True)
    return [item for pair in pairs if pair[0] not in ("-crf", "-q:v", "-b:v") for item in pair]


def scale(options: Mapping[str, Any]) -> str:
    """The filter that gives the size asked for, with the even sides that encoders need."""
    width, height = options.get("width"), options.get("height")
    if width is None and height is None:
        return "scale=trunc(iw/2)*2:trunc(ih/2)*2,setsar=1"
    even = [str(side - side % 2) if side else "-2" for side in (width, height)]
    return f"scale={even[0]}:{even[1]},setsar=1"


def animation(source: Source, path: Path, options: Mapping[str, Any]) -> None:
    """The video as an animated GIF with a palette of its own."""
    seen(source)
    width, height = options.get("width"), options.get("height")
    size = f"{width or -1}:{height or -1}" if width or height else f"'min(iw,{GIF_WIDTH})':-1"
    palette = "split[a][b];[a]palettegen[p];[b][p]paletteuse"
    ffmpeg.encode([*ffmpeg.given(source), "-vf", f"fps={GIF_RATE},scale={size}:flags=lanczos,{palette}"], path, source)


def still(source: Source, path: Path) -> None:
    """A picture from the first tenth of the video, not the often black first one."""
    position = (seen(source).duration or 0) / 10
    ffmpeg.encode(["-ss", f"{position:.3f}", *ffmpeg.given(source), "-frames:v", "1"], path, source)
