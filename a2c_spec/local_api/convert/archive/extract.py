"""Extracts files: the members of archives, and the pictures in documents."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pikepdf

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.kinds import content_type_of, extension
from a2c_spec.local_api.convert.pdf import pdf_files
from a2c_spec.local_api.convert.products import (
    base_name,
    kind_of,
    place,
    product,
    reading,
    stem,
    unreadable,
    unsupported,
)

MAX_MEMBERS = 10_000
MAX_BYTES = 2 * 1024**3
MAX_RATIO = 200
SMALL = 10 * 1024**2
PICTURES = ("png", "jpg", "gif", "bmp", "tiff", "webp", "svg", "emf", "wmf", "mp3", "mp4", "wav")


class ExtractionLimit:
    """Counts the extracted members and bytes, and refuses an archive that extracts to far too many."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.bytes = 0
        self.members = 0
        self.packed = max(1, source.path.stat().st_size)

    def copy(self, stream: IO[bytes], path: Path) -> None:
        """Copy a member to a file, block by block."""
        self.members += 1
        if self.members > MAX_MEMBERS:
            raise unreadable(self.source, f"the archive has more than {MAX_MEMBERS} members.")
        with path.open("wb") as out:
            while block := stream.read(1 << 18):
                self.bytes += len(block)
                if self.bytes > MAX_BYTES or (self.bytes > SMALL and self.bytes > MAX_RATIO * self.packed):
                    raise unreadable(
                        self.source, "the archive extracts to far more than its size: refused as a zip bomb."
                    )
                out.write(block)


def archive(request: Request) -> Iterator[Product | ConversionWarning]:
    """Every file of each archive, without its folders; links and devices are left out with a warning."""
    for source in request.sources:
        name = kind_of(source).name
        with reading(source, "archive"):
            if zipfile.is_zipfile(source.path):
                yield from _zip(request, source)
            elif name in ("tar", "tgz", "tar.bz2", "tar.xz"):
                yield from _tar(request, source)
            else:
                raise unsupported(source, "its members")


def _zip(request: Request, source: Source) -> Iterator[Product | ConversionWarning]:
    limit = ExtractionLimit(source)
    password = source.password.encode() if source.password else None
    with zipfile.ZipFile(source.path) as packed:
        for member in packed.infolist():
            if member.is_dir():
                continue
            try:
                with packed.open(member, pwd=password) as stream:
                    yield _member(request, source, limit, member.filename, stream)
            except RuntimeError as error:  # what zipfile raises for a missing or wrong password
                raise unreadable(source, "it is protected; give the right decrypt_password.") from error


def _tar(request: Request, source: Source) -> Iterator[Product | ConversionWarning]:
    limit = ExtractionLimit(source)
    with tarfile.open(source.path, "r|*") as packed:
        for member in packed:
            if stream := packed.extractfile(member) if member.isfile() else None:
                yield _member(request, source, limit, member.name, stream)
            elif not member.isdir():
                yield ConversionWarning(
                    f"{member.name[:100]} is a link or a device and was left out.", id_source=source.id
                )


def _member(request: Request, source: Source, limit: ExtractionLimit, name: str, stream: IO[bytes]) -> Product:
    path = place(request, "member")
    limit.copy(stream, path)
    return Product(path, base_name(name) or "member", (source.id,), content_type_of(extension(name)))


def assets(request: Request) -> Iterator[Product | ConversionWarning]:
    """The pictures inside each document."""
    for source in request.sources:
        with reading(source, "document"):
            if kind_of(source).family == "pdf":
                found = list(_of_pdf(request, source))
            elif zipfile.is_zipfile(source.path):
                found = list(_of_package(request, source))
            else:
                raise unsupported(source, "its assets")
        if not found:
            raise unreadable(source, "there are no pictures in it.")
        yield from found


def _of_pdf(request: Request, source: Source) -> Iterator[Product]:
    with pdf_files.open_pdf(source.path, source) as pdf:
        found = [item for item in pdf.objects if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"]
        masks = {item.SMask.objgen for item in found if "/SMask" in item}
        for index, item in enumerate(item for item in found if item.objgen not in masks):
            prefix = place(request, "asset")
            try:
                written = Path(pikepdf.PdfImage(item).extract_to(fileprefix=str(prefix)))
            except Exception:  # an encoding that pikepdf cannot extract
                prefix.unlink(missing_ok=True)
                continue
            yield product(written, f"{stem(source)}-{index + 1}", extension(written.name), [source])


def _of_package(request: Request, source: Source) -> Iterator[Product]:
    limit = ExtractionLimit(source)
    with zipfile.ZipFile(source.path) as packed:
        for member in packed.infolist():
            kind = extension(member.filename)
            if kind in PICTURES and not member.is_dir():
                path = place(request, kind)
                with packed.open(member) as stream:
                    limit.copy(stream, path)
                yield product(path, Path(member.filename).stem, kind, [source])
