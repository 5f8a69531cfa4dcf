"""Cuts videos into parts, and joins the streams of several files into one."""

from __future__ import annotations

from collections.abc import Iterator

from a2c_spec.local_api.convert.contract import ConversionError, ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.media import ffmpeg
from a2c_spec.local_api.convert.media.videos import arguments, video_product, video_streams
from a2c_spec.local_api.convert.media_options import VIDEO
from a2c_spec.local_api.convert.products import kind_of, numbered, place, stem, unreadable

MAX_PARTS = 400
Part = tuple[float, float]


def cut(request: Request) -> Iterator[Product | ConversionWarning]:
    """One video per part of each input, encoded anew so that the cuts are exact."""
    for source in request.sources:
        streams = video_streams(source)
        name = kind_of(source).name
        target = name if name in VIDEO else "mp4"
        cuts = parts(request, source, streams.duration)
        for index, (start, end) in enumerate(cuts):
            path = place(request, target)
            where = ["-ss", f"{start:.3f}", "-t", f"{end - start:.3f}"]
            ffmpeg.encode(
                [*ffmpeg.input_arguments(source), *where, *arguments(target, {}, sound=streams.audio)], path, source
            )
            yield video_product(path, numbered(source, index, len(cuts)), target, [source])


def parts(request: Request, source: Source, duration: float | None) -> list[Part]:
    """Start and end, in seconds, of each part that the options ask for."""
    if not duration:
        raise unreadable(source, "it does not say how long it is.")
    options = request.options
    last = min(duration, seconds(options["end_video"])) if options.get("end_video") else duration
    if points := options.get("cut_points"):
        return [_part(source, point, last) for point in points]
    step = float(options.get("length") or last / (options.get("number_of_parts") or 1))
    count = -int(-last // step) if options.get("length") else options.get("number_of_parts") or 1
    if count > MAX_PARTS:
        raise unreadable(source, f"it would be cut into {count} parts; {MAX_PARTS} is the most.")
    return [(index * step, min(last, (index + 1) * step)) for index in range(count)]


def _part(source: Source, point: dict[str, str], last: float) -> Part:
    start = seconds(point["start"]) if point.get("start") else 0.0
    end = min(last, seconds(point["end"])) if point.get("end") else last
    if start >= end:
        raise unreadable(source, f"there is nothing between {start:g} and {end:g} seconds.")
    return start, end


def seconds(position: str) -> float:
    """The seconds of a position written as ``hh:mm:ss.mmm``."""
    hours, minutes, rest = position.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def merge(request: Request) -> Iterator[Product | ConversionWarning]:
    """One video: the video of the first input that has some, and the sound of the first other input that has some."""
    streams = [ffmpeg.inspect(source) for source in request.sources]
    video = next((index for index, stream in enumerate(streams) if stream.video), None)
    sound = next((index for index, stream in enumerate(streams) if stream.audio and index != video), None)
    if video is None or sound is None:
        raise ConversionError("Merging streams needs one input with video and another with sound.")
    path = place(request, "mp4")
    inputs = [argument for source in request.sources for argument in ffmpeg.input_arguments(source)]
    chosen = ["-map", f"{video}:v:0", "-map", f"{sound}:a:0"]
    codecs = arguments("mp4", {}, sound=True)
    start = codecs.index("-c:v")
    ffmpeg.encode([*inputs, *chosen, *codecs[start:], "-shortest"], path)
    yield video_product(path, stem(request.sources[video]), "mp4", [request.sources[video], request.sources[sound]])
