"""Sets and clears the tags of audio and video files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMES = {"author": "artist", "subject": "comment", "description": "comment", "year": "date", "track_number": "track"}
ON_THE_STREAM = ("ogg", "opus", "ogv")


def arguments(metadata: Mapping[str, Any], target: str) -> list[str]:
    """ffmpeg's options for ``metadata``; in Ogg files the tags belong to the stream."""
    places = ["", ":s:a:0"] if target in ON_THE_STREAM else [""]
    flags: list[str] = []
    if metadata.get("clear_all"):
        flags += ["-map_metadata", "-1", "-map_metadata:s", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
    for name, value in metadata.items():
        if name != "clear_all":
            key = NAMES.get(name.lower(), name.lower()).replace("=", "")
            flags += [item for place in places for item in (f"-metadata{place}", f"{key}={value if value else ''}")]
    return flags
