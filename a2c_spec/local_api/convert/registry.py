"""Every conversion there is: its catalog id, its options, the function that does it, and what that needs installed."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_spec.local_api.convert import media_options as m
from a2c_spec.local_api.convert import options as o


@dataclass(frozen=True, slots=True)
class Row:
    """One conversion. ``converter`` is ``room.module:function``; ``needs`` names the modules or programs it needs."""

    id: str
    category: str
    target: str
    converter: str
    options: o.Options
    needs: tuple[str, ...] = ()

    @property
    def all_options(self) -> o.Options:
        """The conversion's own options, then those every conversion has."""
        return {**self.options, **o.UNIVERSAL}


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

ROWS: tuple[Row, ...] = (
    Row("51", "image", "avif", "image.image_files:convert", o.IMAGE | o.QUALITY, IMAGING),
    Row("52", "image", "bmp", "image.image_files:convert", o.IMAGE, IMAGING),
    Row("53", "image", "gif", "media.gifs:convert", o.IMAGE, IMAGING),
    Row("55", "image", "ico", "image.image_files:convert", o.IMAGE, IMAGING),
    Row("56", "image", "jpg", "image.image_files:convert", o.IMAGE | o.QUALITY, IMAGING),
    Row("59", "image", "png", "image.image_files:convert", o.IMAGE, IMAGING),
    Row("60", "image", "tga", "image.image_files:convert", o.IMAGE, IMAGING),
    Row("61", "image", "tiff", "image.image_files:convert", o.IMAGE, IMAGING),
    Row("62", "image", "webp", "image.image_files:convert", o.IMAGE | o.QUALITY, IMAGING),
    Row("20", "document", "pdf", "document.to_pdf:convert", o.PDF, PAPER),
    Row("21", "document", "docx", "document.documents:convert", {}, PROSE),
    Row("22", "document", "html", "document.documents:convert", {}, PROSE),
    Row("23", "document", "odt", "document.documents:convert", {}, PROSE),
    Row("24", "document", "rtf", "document.documents:convert", {}, PROSE),
    Row("25", "document", "txt", "document.documents:convert", o.TEXT, PAPER),
    Row("29", "ebook", "epub", "document.documents:convert", {}, PROSE),
    Row("80", "operation", "thumbnail", "operation.thumbnails:convert", o.THUMBNAIL, IMAGING),
    Row("81", "operation", "compress", "operation.compress:convert", m.COMPRESS, PAPER),
    Row("82", "operation", "resize-image", "image.resize_image:convert", m.RESIZE_IMAGE, IMAGING),
    Row("83", "operation", "compare-image", "image.compare_image:convert", m.COMPARE_IMAGE, IMAGING),
    Row("84", "operation", "extract-archive", "archive.extract:archive", {}, PAPER),
    Row("85", "operation", "extract-assets", "archive.extract:assets", {}, PAPER),
    Row("86", "operation", "convert-pdfa", "document.to_pdfa:convert", {}, ("pandoc", "typst")),
    Row("87", "operation", "cut-video", "media.cutting:cut", m.CUT_VIDEO, MEDIA),
    Row("88", "operation", "merge-streams", "media.cutting:merge", {}, MEDIA),
    Row("89", "operation", "extract-streams", "media.streams:extract", {}, MEDIA),
    *(Row(number, "audio", name, "media.sounds:convert", m.audio(name), MEDIA) for name, number in AUDIO.items()),
    *(Row(number, "video", name, "media.videos:convert", m.video(name), MEDIA) for name, number in VIDEO.items()),
    Row("10", "archive", "zip", "archive.pack:pack", {}),
    Row("11", "archive", "tgz", "archive.pack:pack", {}),
    Row("12", "archive", "tar.bz2", "archive.pack:pack", {}),
    Row("13", "archive", "tar.xz", "archive.pack:pack", {}),
    Row("14", "archive", "7z", "archive.pack:pack", {}, ("py7zr",)),
    *(Row(number, "hash", name, "inspect.hashes:convert", {}) for name, number in HASHES.items()),
    Row("120", "metadata", "json", "inspect.metadata_json:convert", o.METADATA_JSON),
    Row("121", "metadata", "metadata", "inspect.metadata_write:convert", {}),
)
