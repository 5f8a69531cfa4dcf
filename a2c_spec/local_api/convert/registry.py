"""The registry of all conversions, and the catalog: those of them that this machine can really carry out."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from a2c_spec.local_api.convert import media_options, options, programs
from a2c_spec.local_api.convert.contract import CatalogEntry


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """One conversion. ``converter`` is ``room.module:function``; ``needs`` names the modules and programs it needs."""

    id: str
    category: str
    target: str
    converter: str
    options: options.Options
    needs: tuple[str, ...] = ()


IMAGING = ("PIL", "pypdfium2")
MEDIA = ("PIL", "pypdfium2", "ffmpeg")
PROSE = ("PIL", "pypdfium2", "pandoc")
PAPER = ("PIL", "pikepdf", "pypdfium2")

AUDIO = {"aac": "31", "aiff": "32", "flac": "33", "m4a": "34", "mp3": "35", "ogg": "36", "opus": "37", "wav": "38"}
VIDEO = {"avi": "41", "mkv": "42", "mov": "43", "mp4": "44", "ogv": "45", "webm": "46"}
HASHES = {
    "md5": "100",
    "sha1": "101",
    "sha224": "102",
    "sha256": "103",
    "sha384": "104",
    "sha512": "105",
    "crc32": "106",
    "adler32": "107",
}

REGISTRY: tuple[RegistryEntry, ...] = (
    RegistryEntry("51", "image", "avif", "image.image_files:convert", options.IMAGE | options.QUALITY, IMAGING),
    RegistryEntry("52", "image", "bmp", "image.image_files:convert", options.IMAGE, IMAGING),
    RegistryEntry("53", "image", "gif", "media.gifs:convert", options.IMAGE, IMAGING),
    RegistryEntry("55", "image", "ico", "image.image_files:convert", options.IMAGE, IMAGING),
    RegistryEntry("56", "image", "jpg", "image.image_files:convert", options.IMAGE | options.QUALITY, IMAGING),
    RegistryEntry("59", "image", "png", "image.image_files:convert", options.IMAGE, IMAGING),
    RegistryEntry("60", "image", "tga", "image.image_files:convert", options.IMAGE, IMAGING),
    RegistryEntry("61", "image", "tiff", "image.image_files:convert", options.IMAGE, IMAGING),
    RegistryEntry("62", "image", "webp", "image.image_files:convert", options.IMAGE | options.QUALITY, IMAGING),
    RegistryEntry("20", "document", "pdf", "document.to_pdf:convert", options.PDF, PAPER),
    RegistryEntry("21", "document", "docx", "document.to_document:convert", {}, PROSE),
    RegistryEntry("22", "document", "html", "document.to_document:convert", {}, PROSE),
    RegistryEntry("23", "document", "odt", "document.to_document:convert", {}, PROSE),
    RegistryEntry("24", "document", "rtf", "document.to_document:convert", {}, PROSE),
    RegistryEntry("25", "document", "txt", "document.to_document:convert", options.TEXT, PAPER),
    RegistryEntry("29", "ebook", "epub", "document.to_document:convert", {}, PROSE),
    RegistryEntry("80", "operation", "thumbnail", "operation.thumbnails:convert", options.THUMBNAIL, IMAGING),
    RegistryEntry("81", "operation", "compress", "operation.compress:convert", options.COMPRESS, PAPER),
    RegistryEntry("82", "operation", "resize-image", "image.resize_image:convert", options.RESIZE_IMAGE, IMAGING),
    RegistryEntry("83", "operation", "compare-image", "image.compare_image:convert", options.COMPARE_IMAGE, IMAGING),
    RegistryEntry("84", "operation", "extract-archive", "archive.extract:archive", {}, PAPER),
    RegistryEntry("85", "operation", "extract-assets", "archive.extract:assets", {}, PAPER),
    RegistryEntry("86", "operation", "convert-pdfa", "document.to_pdfa:convert", {}, ("pandoc", "typst")),
    RegistryEntry("87", "operation", "cut-video", "media.cutting:cut", media_options.CUT_VIDEO, MEDIA),
    RegistryEntry("88", "operation", "merge-streams", "media.cutting:merge", {}, MEDIA),
    RegistryEntry("89", "operation", "extract-streams", "media.streams:extract", {}, MEDIA),
    *(
        RegistryEntry(number, "audio", name, "media.sounds:convert", media_options.audio(name), MEDIA)
        for name, number in AUDIO.items()
    ),
    *(
        RegistryEntry(number, "video", name, "media.videos:convert", media_options.video(name), MEDIA)
        for name, number in VIDEO.items()
    ),
    RegistryEntry("10", "archive", "zip", "archive.pack:pack", {}),
    RegistryEntry("11", "archive", "tgz", "archive.pack:pack", {}),
    RegistryEntry("12", "archive", "tar.bz2", "archive.pack:pack", {}),
    RegistryEntry("13", "archive", "tar.xz", "archive.pack:pack", {}),
    RegistryEntry("14", "archive", "7z", "archive.pack:pack", {}, ("py7zr",)),
    *(RegistryEntry(number, "hash", name, "inspect.hashes:convert", {}) for name, number in HASHES.items()),
    RegistryEntry("120", "metadata", "json", "inspect.metadata_json:convert", options.METADATA_JSON),
    RegistryEntry("121", "metadata", "metadata", "inspect.metadata_write:convert", {}),
)


@functools.cache
def catalog() -> tuple[CatalogEntry, ...]:
    """Every available conversion, in the order of the ids. No converter is imported for it."""
    entries = sorted(available(), key=lambda entry: int(entry.id))
    return tuple(CatalogEntry(entry.id, entry.target, entry.category, entry.options) for entry in entries)


@functools.cache
def available() -> tuple[RegistryEntry, ...]:
    """The conversions for which everything that they need is installed."""
    return tuple(entry for entry in REGISTRY if all(programs.has(need) for need in entry.needs))


def find(target: str, category: str) -> RegistryEntry | None:
    """The available conversion to this target, or None."""
    return next((entry for entry in available() if (entry.target, entry.category) == (target, category)), None)


def missing_for(target: str, category: str) -> tuple[str, ...]:
    """What has to be installed for a conversion that is not available; nothing when there is no such conversion."""
    entries = (entry for entry in REGISTRY if (entry.target, entry.category) == (target, category))
    return tuple(need for entry in entries for need in entry.needs if not programs.has(need))
