"""Runs ffmpeg on local files, and reads its descriptions of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert.contract import Source
from a2c_spec.local_api.convert.products import unreadable
from a2c_spec.local_api.convert.run_program import run

QUIET = ["-hide_banner", "-nostdin", "-y", "-loglevel", "error"]
LOCAL = ["-protocol_whitelist", "file,pipe"]
FORBIDDEN = re.compile(rb"^\s*(#EXTM3U|ffconcat|\[playlist\])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Streams:
    """What a media file holds; a size or duration that it does not state is None."""

    duration: float | None
    video: bool
    audio: bool
    width: int | None
    height: int | None
    channels: int | None = None

    def facts(self) -> dict[str, Any]:
        """The metadata that an output reports."""
        return {"duration": self.duration, "image_width": self.width, "image_height": self.height}


def encode(arguments: Sequence[str], path: Path, source: Source | None = None) -> None:
    """Run ffmpeg with these inputs and options; it writes ``path``."""
    run("ffmpeg", [*QUIET, *arguments, "-map_chapters", "-1", str(path)], path.parent, source)


def input_arguments(source: Source) -> list[str]:
    """The arguments that name an input. Playlists are refused, because they name other files."""
    with source.path.open("rb") as stream:
        if FORBIDDEN.match(stream.read(64)):
            raise unreadable(source, "a playlist is not a media file.")
    return [*LOCAL, "-i", str(source.path)]


def inspect(source: Source) -> Streams:
    """The streams of the file; an input without any stream is refused."""
    return parse(description(source))


def description(source: Source) -> str:
    """What ffmpeg prints about the file."""
    null = ["-map", "0", "-c", "copy", "-t", "0", "-f", "null", "-"]
    printed = run("ffmpeg", ["-hide_banner", "-nostdin", *input_arguments(source), *null], source.path.parent, source)
    return printed.partition("Output #0")[0]


def parse(text: str) -> Streams:
    """The streams that ffmpeg's description of a file names. Cover art does not count as video."""
    found = re.search(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)", text)
    duration = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else None
    videos = [line for line in re.findall(r"Stream #.*Video: .*", text) if "attached pic" not in line]
    size = re.search(r"[ ,](\d{1,5})x(\d{1,5})[ ,]", videos[0]) if videos else None
    audio = re.search(r"Stream #.*Audio: .*", text)
    return Streams(
        duration=duration,
        video=bool(videos),
        audio=audio is not None,
        width=int(size[1]) if size else None,
        height=int(size[2]) if size else None,
        channels=1 if audio and ", mono" in audio[0] else None,
    )
