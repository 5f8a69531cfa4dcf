"""Converts audio files, and the sound of videos, to audio files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.media import ffmpeg, media_tags
from a2c_spec.local_api.convert.media_options import AUDIO, Encoding
from a2c_spec.local_api.convert.products import kind_of, place, product, stem, unreadable, unsupported

LOUDNESS = "loudnorm=I=-16:TP=-1.5:LRA=11"
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)  # the only ones of Opus; the next higher one loses nothing
NO_LOSS = ("flac", "wav", "aiff")


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One audio file per input."""
    encoding = AUDIO[request.target]
    container = ["-f", encoding.container] if encoding.container else []
    for source in request.sources:
        if not _streams(source, request.target).audio:
            raise unreadable(source, "there is no sound in it.")
        path = place(request, request.target)
        tags = media_tags.arguments(request.metadata, request.target)
        sound = arguments(encoding, request.options, request.target)
        ffmpeg.encode(
            [*ffmpeg.input_arguments(source), *span(request.options), "-vn", *sound, *tags, *container], path, source
        )
        streams = ffmpeg.inspect(Source("", path, path.name))
        yield product(path, stem(source), request.target, [source], duration=streams.duration)


def _streams(source: Source, target: str) -> ffmpeg.Streams:
    if kind_of(source).family not in ("audio", "video"):
        raise unsupported(source, target)
    return ffmpeg.inspect(source)


def span(options: Mapping[str, Any]) -> list[str]:
    """ffmpeg's options for the part between the options ``start`` and ``end``."""
    start, end = options.get("start"), options.get("end")
    return [*(["-ss", start] if start else []), *(["-to", end] if end else [])]


def arguments(encoding: Encoding, options: Mapping[str, Any], target: str) -> list[str]:
    """ffmpeg's options for the sound of a target."""
    codec = encoding.audio[options.get("audio_codec") or next(iter(encoding.audio))]
    flags = ["-c:a", _with_depth(codec, options.get("audio_bitdepth"))]
    if codec == "flac" and options.get("audio_bitdepth"):
        flags += ["-sample_fmt", "s32" if options["audio_bitdepth"] == 24 else "s16"]
    kilobits = options.get("audio_vbr") or options.get("audio_bitrate")
    if kilobits and target not in NO_LOSS:
        flags += ["-b:a", f"{kilobits}k"]
    if options.get("audio_vbr") and codec == "libmp3lame":
        flags += ["-abr", "1"]
    if channels := options.get("channels"):
        flags += ["-ac", {"mono": "1", "stereo": "2"}[channels]]
    rate = options.get("frequency") or (48000 if options.get("normalize") else None)
    if rate and codec == "libopus":
        rate = next((known for known in OPUS_RATES if known >= rate), OPUS_RATES[-1])
    flags += ["-ar", str(rate)] if rate else []
    return flags + (["-af", LOUDNESS] if options.get("normalize") else [])


def _with_depth(codec: str, bits: int | None) -> str:
    return codec.replace("s16", "s24") if bits == 24 else codec
