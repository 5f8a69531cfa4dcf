"""The operation compress: a smaller file of the same type; a file that does not become smaller stays as it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.image.image_files import flattened
from a2c_spec.local_api.convert.image.pictures import Picture, pictures
from a2c_spec.local_api.convert.kinds import Kind
from a2c_spec.local_api.convert.media import ffmpeg
from a2c_spec.local_api.convert.pdf import images_in_pdf, pdf_files
from a2c_spec.local_api.convert.products import kind_of, place, product, stem, unsupported

PDF_QUALITY = {"low": "printer", "medium": "ebook", "high": "screen"}
IMAGE_QUALITY = {"low": 80, "medium": 60, "high": 40}
COLORS = {"low": 256, "medium": 128, "high": 64}
CRF = {"low": "26", "medium": "30", "high": "35"}
BITRATE = {"low": "128k", "medium": "96k", "high": "64k"}
VIDEO_CODECS = {"mp4": "libx264", "mov": "libx264", "mkv": "libx264"}


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One file per input, of the same type."""
    level = request.options.get("compression_level") or "medium"
    for source in request.sources:
        kind = kind_of(source)
        path = place(request, kind.name)
        _compress(source, kind, path, level)
        if path.stat().st_size >= source.path.stat().st_size:
            shutil.copyfile(source.path, path)
            yield ConversionWarning(f"{source.filename} cannot be made smaller this way.", id_source=source.id)
        yield product(path, stem(source), kind.name, [source])


def _compress(source: Source, kind: Kind, path: Path, level: str) -> None:
    if kind.family == "pdf":
        with pdf_files.open_pdf(source.path, source) as pdf:
            images_in_pdf.shrink(pdf, images_in_pdf.QUALITIES[PDF_QUALITY[level]])
            pdf_files.save(pdf, path, {})
    elif kind.name in ("jpg", "webp", "avif", "png"):
        _image(pictures(source, {}, "a smaller file").first(), kind.name, path, level)
    elif kind.name in VIDEO_CODECS:
        codec = ["-c:v", VIDEO_CODECS[kind.name], "-preset", "fast", "-crf", CRF[level], "-c:a", "aac"]
        ffmpeg.encode([*ffmpeg.input_arguments(source), *codec, "-b:a", BITRATE[level]], path, source)
    elif kind.name in ("mp3", "aac", "m4a"):
        ffmpeg.encode([*ffmpeg.input_arguments(source), "-vn", "-b:a", BITRATE[level]], path, source)
    else:
        raise unsupported(source, "a smaller file")


def _image(picture: Picture, name: str, path: Path, level: str) -> None:
    """Write the picture: PNG with fewer colours, other formats in lower quality; animations keep their frames."""
    frames = list(picture.frames)
    settings: dict[str, Any]
    if name == "png":
        frames = [frame.convert("RGBA").quantize(COLORS[level], Image.Quantize.FASTOCTREE) for frame in frames]
        settings = {"optimize": True}
    else:
        frames = [flattened(frame) if name == "jpg" else frame for frame in frames]
        settings = {"quality": IMAGE_QUALITY[level]}
    animation = {"save_all": True, "append_images": frames[1:], "duration": list(picture.durations)}
    frames[0].save(path, {"jpg": "JPEG"}.get(name, name.upper()), **settings, **(animation if len(frames) > 1 else {}))
