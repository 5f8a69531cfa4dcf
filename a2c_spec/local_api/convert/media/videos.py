"""Converts videos, and makes animations and still pictures of them; images become a slideshow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.image.pictures import open_image
from a2c_spec.local_api.convert.media import ffmpeg, media_tags, slideshow
from a2c_spec.local_api.convert.media.sounds import arguments as sound_arguments
from a2c_spec.local_api.convert.media.sounds import span
from a2c_spec.local_api.convert.media_options import VIDEO, VIDEO_FLAGS
from a2c_spec.local_api.convert.products import kind_of, place, product, stem, unreadable, unsupported

GIF_RATE = 10
GIF_WIDTH = 480


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One video per input; if all inputs are images, one slideshow of them."""
    families = ["video" if _is_animation(source) else kind_of(source).family for source in request.sources]
    if all(family in ("image", "vector", "pdf") for family in families):
        yield from slideshow.convert(request)
        return
    for source, family in zip(request.sources, families, strict=True):
        if family != "video":
            raise unsupported(source, request.target)
        yield _video(request, source)


def _is_animation(source: Source) -> bool:
    """Whether the input is an animated GIF, which is converted like a video."""
    if kind_of(source).name != "gif":
        return False
    with open_image(source) as image:
        return bool(getattr(image, "is_animated", False))


def _video(request: Request, source: Source) -> Product:
    streams = video_streams(source)
    path = place(request, request.target)
    tags = media_tags.arguments(request.metadata, request.target)
    codecs = arguments(request.target, request.options, sound=streams.audio)
    ffmpeg.encode([*ffmpeg.input_arguments(source), *span(request.options), *codecs, *tags], path, source)
    return video_product(path, stem(source), request.target, [source])


def video_streams(source: Source) -> ffmpeg.Streams:
    """The streams of a video; a file without video is refused."""
    streams = ffmpeg.inspect(source)
    if not streams.video:
        raise unreadable(source, "there is no video in it.")
    return streams


def video_product(path: Path, name: str, target: str, sources: list[Source]) -> Product:
    """The product with the size and duration of its file."""
    return product(path, name, target, sources, **ffmpeg.inspect(Source("", path, path.name)).facts())


def arguments(target: str, options: Mapping[str, Any], *, sound: bool) -> list[str]:
    """ffmpeg's options for video and sound of a target."""
    encoding = VIDEO[target]
    flags = list(VIDEO_FLAGS[encoding.video])
    if options.get("video_bitrate"):
        flags = [*_without_quality(flags), "-b:v", f"{options['video_bitrate']}k"]
    rate = ["-r", f"{options['framerate']:g}"] if options.get("framerate") else []
    container = ["-f", encoding.container] if encoding.container else []
    audio = sound_arguments(encoding, options, target) if sound else ["-an"]
    streams = ["-map", "0:v:0", "-map", "0:a:0?", "-sn", "-dn"]
    return [*streams, "-c:v", encoding.video, *flags, "-vf", scale(options), *rate, *audio, *container]


def _without_quality(flags: list[str]) -> list[str]:
    """The flags without those for quality, which a bitrate replaces."""
    pairs = zip(flags[::2], flags[1::2], strict=True)
    return [item for pair in pairs if pair[0] not in ("-crf", "-q:v", "-b:v") for item in pair]


def scale(options: Mapping[str, Any]) -> str:
    """ffmpeg's filter for the size of the options; sides are even, because encoders need that."""
    width, height = options.get("width"), options.get("height")
    if width is None and height is None:
        return "scale=trunc(iw/2)*2:trunc(ih/2)*2,setsar=1"
    even = [str(side - side % 2) if side else "-2" for side in (width, height)]
    return f"scale={even[0]}:{even[1]},setsar=1"


def animation(source: Source, path: Path, options: Mapping[str, Any]) -> None:
    """Write the video as an animated GIF with its own palette."""
    video_streams(source)
    width, height = options.get("width"), options.get("height")
    size = f"{width or -1}:{height or -1}" if width or height else f"'min(iw,{GIF_WIDTH})':-1"
    palette = "split[a][b];[a]palettegen[p];[b][p]paletteuse"
    ffmpeg.encode(
        [*ffmpeg.input_arguments(source), "-vf", f"fps={GIF_RATE},scale={size}:flags=lanczos,{palette}"], path, source
    )


def still(source: Source, path: Path) -> None:
    """Write a picture from a tenth of the video on; the first one is often black."""
    position = (video_streams(source).duration or 0) / 10
    ffmpeg.encode(["-ss", f"{position:.3f}", *ffmpeg.input_arguments(source), "-frames:v", "1"], path, source)
