"""Reads the text of pages: the text in a PDF, and with tesseract the text that a picture shows."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import ConversionError, Source
from a2c_spec.local_api.convert.kinds import Kind
from a2c_spec.local_api.convert.pdf import pdf_pages
from a2c_spec.local_api.convert.products import reading, unreadable
from a2c_spec.local_api.convert.run_program import run

DPI = 300


def text(source: Source, kind: Kind, options: Mapping[str, Any]) -> str:
    """The text of all pages. With the option ``ocr``, pages without text are recognized from their picture."""
    if kind.family == "image":
        from a2c_spec.local_api.convert.image.pictures import pictures

        if not options.get("ocr"):
            raise unreadable(source, "a picture holds no text; ask for ocr.")
        return "\f".join(_recognized(picture.first, options) for picture in pictures(source, options, "txt").each)
    return "\f".join(_page(source, index, found, options) for index, found in enumerate(page_texts(source)))


def page_texts(source: Source) -> list[str]:
    """The text of each page of a PDF."""
    with reading(source, "PDF"), contextlib.closing(pdf_pages.open_pdf(source)) as document:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


def _page(source: Source, index: int, found: str, options: Mapping[str, Any]) -> str:
    if found.strip() or not options.get("ocr"):
        return found
    (image,) = pdf_pages.render(source, DPI, [index])
    return _recognized(image, options)


def _recognized(image: Image.Image, options: Mapping[str, Any]) -> str:
    if not programs.has("tesseract"):
        raise ConversionError("Reading text from pictures needs tesseract, which this machine does not have.")
    folder = Path.cwd()
    image.convert("L").save(folder / "page.png")
    run("tesseract", ["page.png", "page", "-l", options.get("language") or "eng"], folder)
    return (folder / "page.txt").read_text(encoding="utf-8")
