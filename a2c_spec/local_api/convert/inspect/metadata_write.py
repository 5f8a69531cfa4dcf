"""Writes a copy of a file with the same content and changed metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.products import kind_of, place, product, reading, stem, unreadable

LOSSLESS = {"jpg": "JPEG", "png": "PNG", "tiff": "TIFF"}


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One file per input, of the same type."""
    for source in request.sources:
        kind = kind_of(source)
        writer = _writer(kind.name, kind.family)
        if writer is None:
            raise unreadable(source, f"the metadata of a {kind.name or 'file of unknown type'} cannot be written here.")
        path = place(request, kind.name)
        writer(source, path, request.metadata)
        yield product(path, stem(source), kind.name, [source])
        if kind.name in LOSSLESS and (unknown := _unknown_tags(request.metadata)):
            yield ConversionWarning(f"Images have no tag for {', '.join(unknown)}.", id_source=source.id)


def _unknown_tags(metadata: Mapping[str, Any]) -> list[str]:
    from a2c_spec.local_api.convert.image import image_tags

    return image_tags.unknown(metadata)


def _writer(name: str, family: str) -> Callable[[Source, Path, Mapping[str, Any]], None] | None:
    if family == "pdf":
        return _pdf
    if family in ("audio", "video") and programs.has("ffmpeg"):
        return _media
    return _image if name in LOSSLESS else None


def _pdf(source: Source, path: Path, metadata: Mapping[str, Any]) -> None:
    from a2c_spec.local_api.convert.pdf import pdf_files

    with pdf_files.open_pdf(source.path, source) as pdf:
        pdf_files.save(pdf, path, metadata)


def _image(source: Source, path: Path, metadata: Mapping[str, Any]) -> None:
    """The pixels stay the same: JPEG is not compressed again, PNG and TIFF are lossless."""
    from a2c_spec.local_api.convert.image import image_tags
    from a2c_spec.local_api.convert.image.pictures import loaded, open_image

    with reading(source, "image"), open_image(source) as opened:
        image = loaded(source, opened)
        exif = image_tags.changed(image.getexif().tobytes(), metadata)
        kept = {name: image.info[name] for name in ("icc_profile", "dpi") if image.info.get(name)}
        if image.format == "JPEG":
            kept["quality"] = "keep"
        image.info = {} if metadata.get("clear_all") else dict(image.info)
        image.info.pop("exif", None)
        image.save(path, image.format, **kept, **({"exif": exif} if exif else {}))


def _media(source: Source, path: Path, metadata: Mapping[str, Any]) -> None:
    """The streams are copied, not encoded again."""
    from a2c_spec.local_api.convert.media import ffmpeg, media_tags

    tags = media_tags.arguments(metadata, path.suffix.removeprefix("."))
    ffmpeg.encode([*ffmpeg.input_arguments(source), "-map", "0", "-c", "copy", *tags], path, source)
