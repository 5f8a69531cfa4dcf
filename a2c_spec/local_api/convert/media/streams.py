"""The operation extract-streams: each stream of a file becomes a file; it is copied, not encoded again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request
from a2c_spec.local_api.convert.media import ffmpeg
from a2c_spec.local_api.convert.media.videos import video_product
from a2c_spec.local_api.convert.products import kind_of, numbered, place, unsupported

FORMATS = {
    "aac": "m4a", "mp3": "mp3", "flac": "flac", "opus": "opus", "vorbis": "ogg", "pcm_s16le": "wav",
    "h264": "mp4", "hevc": "mp4", "mpeg4": "mp4", "vp8": "webm", "vp9": "webm", "av1": "webm", "theora": "ogv",
}  # fmt: skip
ANY = {"Audio": "mka", "Video": "mkv"}


def extract(request: Request) -> Iterator[Product | ConversionWarning]:
    """One file per audio or video stream, in the order of the input."""
    for source in request.sources:
        if kind_of(source).family not in ("audio", "video"):
            raise unsupported(source, "its streams")
        found = re.findall(r"Stream #0:(\d+).*?: (Audio|Video): (\w+)", ffmpeg.description(source))
        for index, (stream, kind, codec) in enumerate(found):
            target = FORMATS.get(codec, ANY[kind])
            path = place(request, target)
            ffmpeg.encode([*ffmpeg.input_arguments(source), "-map", f"0:{stream}", "-c", "copy"], path, source)
            yield video_product(path, numbered(source, index, len(found)), target, [source])
