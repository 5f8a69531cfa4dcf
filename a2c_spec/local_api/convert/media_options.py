"""The options of audio and video conversions, and the codecs of each target."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_spec.local_api.convert.options import Options, flag, number, one_of, text

CLOCK = text(r"^\d\d:\d\d:\d\d$", "Position as hours:minutes:seconds", example="00:01:30")
EXACT = text(r"^\d\d:\d\d:\d\d[.]\d\d\d$", "Position as hours:minutes:seconds.milliseconds", example="00:00:01.500")
FREQUENCIES = [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000]
VARIABLE = [64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
OGG_BITRATES = [6, 8, 12, 16, 24, 32, 44, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 500]
NAMED_CODECS = ("aac", "ogg", "mp4", "mkv", "webm")  # where the API lets one choose
BITRATES = [32, 48, 64, 96, 128, 160, 192, 224, 256, 320]


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one target is encoded: codecs by their names in the API (the first is the default), and ffmpeg's format."""

    audio: dict[str, str]
    video: str = ""
    container: str = ""
    bitrates: bool = True
    frequencies: tuple[int, ...] = tuple(FREQUENCIES)


AAC = {"aac": "aac"}
OGG_RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000)
AUDIO: dict[str, Encoding] = {
    "aac": Encoding(AAC, container="adts"),
    "aiff": Encoding({"pcm": "pcm_s16be"}, bitrates=False),
    "flac": Encoding({"flac": "flac"}, bitrates=False),
    "m4a": Encoding(AAC, container="ipod"),
    "mp3": Encoding({"mp3": "libmp3lame"}, frequencies=(8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000)),
    "ogg": Encoding({"vorbis": "libvorbis", "opus": "libopus"}, container="ogg", frequencies=OGG_RATES),
    "opus": Encoding({"opus": "libopus"}, container="opus", frequencies=(8000, 16000, 24000, 48000)),
    "wav": Encoding({"pcm": "pcm_s16le"}, bitrates=False),
}
VIDEO: dict[str, Encoding] = {
    "avi": Encoding({"mp3": "libmp3lame"}, "mpeg4", frequencies=(32000, 44100, 48000)),
    "mkv": Encoding(AAC | {"mp3": "libmp3lame"}, "libx264", "matroska"),
    "mov": Encoding(AAC, "libx264"),
    "mp4": Encoding(AAC | {"mp3": "libmp3lame"}, "libx264"),
    "ogv": Encoding({"vorbis": "libvorbis"}, "libtheora", "ogg", frequencies=OGG_RATES),
    "webm": Encoding({"opus": "libopus", "vorbis": "libvorbis"}, "libvpx", frequencies=(8000, 16000, 24000, 48000)),
}
VIDEO_FLAGS: dict[str, list[str]] = {
    "libx264": ["-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", "-movflags", "+faststart"],
    "libvpx": ["-deadline", "realtime", "-cpu-used", "4", "-crf", "20", "-b:v", "2M", "-pix_fmt", "yuv420p"],
    "libtheora": ["-q:v", "7", "-pix_fmt", "yuv420p"],
    "mpeg4": ["-q:v", "4", "-pix_fmt", "yuv420p"],
}


def audio(target: str) -> Options:
    """The options of an audio target."""
    encoding = (AUDIO | VIDEO)[target]
    rates: Options = {}
    if encoding.bitrates:
        kilobits = OGG_BITRATES if target == "ogg" else BITRATES
        rates["audio_bitrate"] = one_of(kilobits, "Kilobits per second")
    if target in ("mp3", "ogg"):
        rates["audio_vbr"] = one_of(VARIABLE, "Kilobits per second on average, varying with the sound")
    codec = {"audio_codec": one_of(list(encoding.audio), "How the sound is encoded")} if target in NAMED_CODECS else {}
    depth: Options = (
        {"audio_bitdepth": one_of([16, 24], "Bits per sample")} if target in ("flac", "wav", "aiff") else {}
    )
    return {
        **codec,
        **rates,
        **depth,
        "channels": one_of(["stereo", "mono"], "How many channels"),
        "frequency": one_of(list(encoding.frequencies), "Samples per second"),
        "normalize": flag("Bring the sound to an even loudness (EBU R128)"),
        "start": CLOCK,
        "end": CLOCK,
    }


def video(target: str) -> Options:
    """The options of a video target; a slideshow takes its times from the inputs' slide_duration."""
    return {
        "width": number("integer", 2, 7680, "Width in pixels; alone, the height follows the aspect ratio"),
        "height": number("integer", 2, 4320, "Height in pixels; alone, the width follows the aspect ratio"),
        "video_bitrate": number("integer", 16, 100_000, "Kilobits per second"),
        "framerate": number("number", 1, 120, "Frames per second"),
        **audio(target),
    }


CUT_VIDEO: Options = {
    "cut_points": {
        "type": "array",
        "additionalProperties": False,
        "properties": {"start": EXACT, "end": EXACT},
        "description": "The parts to keep, each an output of its own",
    },
    "end_video": EXACT,
    "length": number("integer", 1, 14400, "Cut into parts of this many seconds"),
    "number_of_parts": number("integer", 1, 400, "Cut into this many parts of equal length"),
}
