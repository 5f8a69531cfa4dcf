"""Reads the metadata of a file, with one reader per family of files. What a reader cannot read is left out."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Callable
from typing import Any

from a2c_spec.local_api.convert.contract import Source
from a2c_spec.local_api.convert.products import kind_of, reading

Facts = dict[str, Any]
MAX_TEXT = 2000
CORE = "docProps/core.xml"
MAX_CORE = 1_000_000
TAGGED = ("mp3", "wav", "flac", "ogg", "opus", "m4a", "mp4", "aiff", "wma")  # tinytag takes raw AAC for MP3


def all_facts(source: Source) -> Facts:
    """All metadata of the input, with names in snake_case."""
    kind = kind_of(source)
    facts: Facts = {
        "file_name": source.filename,
        "file_size": source.path.stat().st_size,
        "file_type": kind.name.upper(),
        "mime_type": kind.content_type,
    }
    reader = READERS.get(kind.family)
    with reading(source, "file"):
        return facts | (reader(source) if reader else {})


def image_facts(source: Source) -> Facts:
    """Size, mode, resolution and EXIF tags."""
    from PIL import ExifTags

    from a2c_spec.local_api.convert.image.pictures import open_image

    with open_image(source) as image:
        facts: Facts = {"image_width": image.width, "image_height": image.height, "color_mode": image.mode}
        facts["frame_count"] = getattr(image, "n_frames", 1)
        dpi = image.info.get("dpi")
        if isinstance(dpi, tuple):
            facts |= {"x_resolution": round(float(dpi[0]), 2), "y_resolution": round(float(dpi[1]), 2)}
        tags = image.getexif()
        named = {ExifTags.TAGS.get(number, str(number)): value for number, value in tags.items()}
        named |= {ExifTags.TAGS.get(number, str(number)): value for number, value in tags.get_ifd(0x8769).items()}
        named |= {ExifTags.GPSTAGS.get(number, str(number)): value for number, value in tags.get_ifd(0x8825).items()}
    names = {"image_description": "title", "artist": "author"}
    plain = {snake_case(name): _plain(value) for name, value in named.items()}
    return facts | {names.get(name, name): value for name, value in plain.items()}


def pdf_facts(source: Source) -> Facts:
    """Pages, version and the information dictionary."""
    from a2c_spec.local_api.convert.pdf import pdf_files

    with pdf_files.open_pdf(source.path, source) as pdf:
        box = [float(value) for value in pdf.pages[0].mediabox]
        facts: Facts = {
            "page_count": len(pdf.pages),
            "pdf_version": str(pdf.pdf_version),
            "encrypted": pdf.is_encrypted,
            "linearized": pdf.is_linearized,
            "page_width": round(box[2] - box[0], 2),
            "page_height": round(box[3] - box[1], 2),
        }
        names = {"creation_date": "create_date", "mod_date": "modify_date"}
        for key, value in pdf.docinfo.items():
            name = snake_case(key.lstrip("/"))
            facts[names.get(name, name)] = str(value)[:MAX_TEXT]
    return facts


def media_facts(source: Source) -> Facts:
    """Duration, bitrates and tags."""
    from tinytag import TinyTag

    if kind_of(source).name not in TAGGED:
        return {}
    try:
        tag = TinyTag.get(source.path)
    except Exception:  # tinytag reads many formats, but not all
        return {}
    return {snake_case(name): _plain(value) for name, value in tag.as_dict().items() if name != "filename" and value}


def package_facts(source: Source) -> Facts:
    """The core properties of an office document."""
    if not zipfile.is_zipfile(source.path):
        return {}
    with zipfile.ZipFile(source.path) as package:
        if CORE not in package.namelist() or package.getinfo(CORE).file_size > MAX_CORE:
            return {}
        text = package.read(CORE).decode("utf-8", "replace")
    found = re.findall(r"<(?:dc|dcterms|cp):(\w+)[^>]*>([^<]+)</", text)
    names = {"creator": "author", "created": "create_date", "modified": "modify_date"}
    return {names.get(name, snake_case(name)): html.unescape(value)[:MAX_TEXT] for name, value in found}


READERS: dict[str, Callable[[Source], Facts]] = {
    "image": image_facts,
    "pdf": pdf_facts,
    "markup": package_facts,
    "office": package_facts,
    "audio": media_facts,
    "video": media_facts,
}


def snake_case(name: str) -> str:
    """``CreationDate`` and ``pageCount`` as ``creation_date`` and ``page_count``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).replace(" ", "_").lower()


def _plain(value: Any) -> Any:
    """The value in a form that JSON can hold."""
    if isinstance(value, (bool, int, str)):
        return value[:MAX_TEXT].rstrip("\0") if isinstance(value, str) else value
    if isinstance(value, bytes):
        return value.removeprefix(b"ASCII\0\0\0").decode("utf-8", "replace")[:MAX_TEXT]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value[:50]]
    try:
        return round(float(value), 6)
    except (TypeError, ValueError, ZeroDivisionError):
        return str(value)[:MAX_TEXT]
