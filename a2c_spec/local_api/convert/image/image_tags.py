"""Sets and clears the tags of images, as EXIF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image

TAGS = {
    "title": 0x010E,
    "description": 0x010E,
    "author": 0x013B,
    "artist": 0x013B,
    "copyright": 0x8298,
    "software": 0x0131,
    "creator_tool": 0x0131,
    "make": 0x010F,
    "model": 0x0110,
    "date": 0x0132,
    "comment": 0x9286,
}
USER_COMMENT = 0x9286
EXIF_FOLDER = 0x8769


def changed(exif: bytes, metadata: Mapping[str, Any]) -> bytes:
    """The changed EXIF block: a value sets a tag, an empty string removes it; ``clear_all`` first removes all."""
    tags = Image.Exif()
    if exif and not metadata.get("clear_all"):
        tags.load(exif)
    for name, value in metadata.items():
        if number := TAGS.get(name.lower()):
            _change(tags, number, value)
    return tags.tobytes() if len(tags) or tags.get_ifd(EXIF_FOLDER) else b""


def unknown(metadata: Mapping[str, Any]) -> list[str]:
    """The names in ``metadata`` for which images have no tag."""
    return [name for name in metadata if name.lower() not in TAGS and name != "clear_all"]


def _change(tags: Image.Exif, number: int, value: Any) -> None:
    place: Any = tags.get_ifd(EXIF_FOLDER) if number == USER_COMMENT else tags
    if value in ("", None):
        place.pop(number, None)
    else:
        place[number] = b"UNICODE\0" + str(value).encode("utf-16-be") if number == USER_COMMENT else str(value)
