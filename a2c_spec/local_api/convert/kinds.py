"""Finds out the type of a file: by its first bytes where they tell it, else by its name."""

from __future__ import annotations

import mimetypes
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of files. ``name`` is its usual extension; ``family`` decides which converters can read it."""

    name: str
    family: str
    content_type: str


_TABLE = """
png image image/png | jpg image image/jpeg | gif image image/gif | webp image image/webp | bmp image image/bmp
tiff image image/tiff | ico image image/x-icon | avif image image/avif | tga image image/x-tga
heic image image/heic | jp2 image image/jp2 | psd image image/vnd.adobe.photoshop | ppm image image/x-portable-pixmap
svg vector image/svg+xml | pdf pdf application/pdf
md markup text/markdown | html markup text/html | txt markup text/plain | rst markup text/x-rst
csv markup text/csv | rtf markup application/rtf | tex markup application/x-tex
docx markup application/vnd.openxmlformats-officedocument.wordprocessingml.document
odt markup application/vnd.oasis.opendocument.text | epub markup application/epub+zip
ipynb markup application/x-ipynb+json
doc office application/msword | xls office application/vnd.ms-excel | ppt office application/vnd.ms-powerpoint
xlsx office application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
pptx office application/vnd.openxmlformats-officedocument.presentationml.presentation
ods office application/vnd.oasis.opendocument.spreadsheet
odp office application/vnd.oasis.opendocument.presentation
mp3 audio audio/mpeg | wav audio audio/x-wav | flac audio audio/flac | ogg audio audio/ogg | opus audio audio/opus
aac audio audio/aac | m4a audio audio/mp4 | aiff audio audio/aiff | wma audio audio/x-ms-wma | ac3 audio audio/ac3
amr audio audio/amr | mka audio audio/x-matroska
mp4 video video/mp4 | mkv video video/x-matroska | webm video video/webm | avi video video/x-msvideo
mov video video/quicktime | ogv video video/ogg | flv video video/x-flv | wmv video video/x-ms-wmv
mpg video video/mpeg | ts video video/mp2t | 3gp video video/3gpp
zip archive application/zip | tgz archive application/gzip | tar archive application/x-tar
tar.bz2 archive application/x-bzip2 | tar.xz archive application/x-xz | 7z archive application/x-7z-compressed
rar archive application/vnd.rar | json data application/json
"""
KINDS: dict[str, Kind] = {
    words[0]: Kind(*words)
    for line in _TABLE.splitlines()
    for cell in line.split("|")
    if len(words := cell.split()) == 3
}
STANDARD_TYPES = mimetypes.MimeTypes()  # the same on every machine, because no system files are read
ALIASES = {
    "jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "tif": "tiff", "htm": "html", "xhtml": "html", "markdown": "md",
    "text": "txt", "log": "txt", "aif": "aiff", "gz": "tgz", "tar.gz": "tgz", "bz2": "tar.bz2", "tbz2": "tar.bz2",
    "xz": "tar.xz", "txz": "tar.xz", "heif": "heic", "mpeg": "mpg", "oga": "ogg", "m4v": "mp4", "tsv": "csv",
    "latex": "tex", "apng": "png", "svgz": "svg",
}  # fmt: skip
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "png"), (0, b"\xff\xd8\xff", "jpg"), (0, b"GIF8", "gif"), (0, b"BM", "bmp"),
    (8, b"WEBP", "webp"), (0, b"II*\0", "tiff"), (0, b"MM\0*", "tiff"), (0, b"\0\0\1\0", "ico"),
    (4, b"ftypavif", "avif"), (4, b"ftypheic", "heic"), (4, b"ftypmif1", "heic"), (4, b"\x6a\x50\x20\x20", "jp2"),
    (0, b"8BPS", "psd"), (0, b"%PDF-", "pdf"), (0, b"{\\rtf", "rtf"),
    (0, b"ID3", "mp3"), (0, b"\xff\xfb", "mp3"), (0, b"\xff\xf3", "mp3"), (8, b"WAVE", "wav"), (0, b"fLaC", "flac"),
    (28, b"OpusHead", "opus"), (28, b"\x80theora", "ogv"), (0, b"OggS", "ogg"), (0, b"\xff\xf1", "aac"),
    (0, b"\xff\xf9", "aac"), (4, b"ftypM4A", "m4a"), (8, b"AIFF", "aiff"), (8, b"AIFC", "aiff"), (0, b"#!AMR", "amr"),
    (4, b"ftypqt", "mov"), (4, b"ftyp3g", "3gp"), (4, b"ftyp", "mp4"), (8, b"AVI ", "avi"), (0, b"FLV\1", "flv"),
    (0, b"\0\0\1\xba", "mpg"), (0, b"\x1f\x8b", "tgz"), (0, b"BZh", "tar.bz2"), (0, b"\xfd7zXZ\0", "tar.xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"), (0, b"Rar!\x1a\x07", "rar"), (257, b"ustar", "tar"),
)  # fmt: skip
ZIPPED = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}


def identify(path: Path, filename: str = "", content_type: str = "") -> Kind:
    """The type of a file: by content, by the stated content type, or by name, in this order.

    Never raises: an unknown type is ``Kind("", "unknown", ...)``.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(2048)
    except OSError:
        head = b""
    named = _stated(content_type) or extension(filename or path.name)
    name = _by_content(path, head, named) or named
    return KINDS.get(name) or Kind(name, "unknown", content_type_of(name))


def _stated(content_type: str) -> str | None:
    """The name of the type that has this content type; None for an unspecific one."""
    stated = content_type.partition(";")[0].strip().lower()
    return next((kind.name for kind in KINDS.values() if kind.content_type == stated and stated != "text/plain"), None)


def content_type_of(name: str) -> str:
    """The media type of an extension."""
    if kind := KINDS.get(ALIASES.get(name, name)):
        return kind.content_type
    return STANDARD_TYPES.guess_type(f"x.{name}")[0] or "application/octet-stream"


def extension(filename: str) -> str:
    """The extension in lower case and in its usual spelling; both parts of one such as ``tar.gz``."""
    parts = Path(filename.replace("\\", "/")).name.lower().split(".")
    double = ".".join(parts[-2:])
    if len(parts) > 2 and (double in KINDS or double in ALIASES):
        return ALIASES.get(double, double)
    last = parts[-1] if len(parts) > 1 else ""
    return ALIASES.get(last, last)


def _by_content(path: Path, head: bytes, named: str) -> str | None:
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path) or ("zip" if KINDS.get(named, KINDS["zip"]).family not in ("markup", "office") else named)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm" if b"webm" in head[:64] else "mkv"
    for offset, magic, name in SIGNATURES:
        if head[offset : offset + len(magic)] == magic:
            return name
    return _by_text(head, named)


def _by_text(head: bytes, named: str) -> str | None:
    """The type of a file that begins with text: SVG and HTML after an optional prologue, a PDF after other bytes."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in start:
        return "svg"
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if b"%PDF-" in head[:1024] and KINDS.get(named, KINDS["pdf"]).family == "pdf":
        return "pdf"
    return "txt" if head and not named and _is_text(head) else None


def _is_text(head: bytes) -> bool:
    try:
        text = head[:1024].decode("utf-8", "strict") if len(head) <= 1024 else head[:1024].decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return False
    return len(text.encode()) >= min(len(head), 1024) - 3 and "\0" not in text


def _zipped(path: Path) -> str | None:
    """The type of an office document or book, which is a zip file with known members; None for other zip files."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:500]
            if "mimetype" in names:
                kind = archive.open("mimetype").read(100).decode("ascii", "replace").strip()
                return next((name for name, known in KINDS.items() if known.content_type == kind), None)
    except Exception:  # damaged: then the name of the file counts
        return None
    return next((ZIPPED[name] for name in names if name in ZIPPED), None)
