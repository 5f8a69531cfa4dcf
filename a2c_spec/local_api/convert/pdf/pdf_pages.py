"""Renders the pages of a PDF, and reads lists of pages such as 1,3-5."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import pypdfium2  # type: ignore[import-untyped]  # ships no type information
from PIL import Image

from a2c_spec.local_api.convert.contract import ConversionError, Source
from a2c_spec.local_api.convert.products import reading, unreadable

MAX_PAGE_PIXELS = 150_000_000
PASSWORD_ERROR = 4


def count(source: Source) -> int:
    """The number of pages of the input."""
    with contextlib.closing(open_pdf(source)) as document:
        return len(document)


def render(source: Source, dpi: float, indexes: Sequence[int]) -> Iterator[Image.Image]:
    """The pages with these indexes as images, rendered one at a time."""
    document = open_pdf(source)
    with reading(source, "PDF"), contextlib.closing(document):
        for index in indexes:
            yield _render(document[index], dpi, source)


def open_pdf(source: Source) -> pypdfium2.PdfDocument:
    """The document, opened with the input's password."""
    try:
        return pypdfium2.PdfDocument(str(source.path), password=source.password)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == PASSWORD_ERROR or "password" in str(error).lower():
            raise wrong_password(source) from error
        raise unreadable(source, "not a readable PDF.") from error


def wrong_password(source: Source) -> ConversionError:
    """The error for a protected input without a password, or with the wrong one."""
    state = "the password does not open it" if source.password else "it is protected by a password"
    return unreadable(source, f"{state}; give the right decrypt_password.")


def _render(page: pypdfium2.PdfPage, dpi: float, source: Source) -> Image.Image:
    width, height = page.get_size()
    if width * height * (dpi / 72) ** 2 > MAX_PAGE_PIXELS:
        raise unreadable(source, f"a page of {width:.0f} x {height:.0f} points is too large for {dpi:g} dpi.")
    image: Image.Image = page.render(scale=dpi / 72).to_pil()
    return image.convert("RGB")


def page_indexes(pages: str | None, count: int, source: Source) -> list[int]:
    """The indexes of the pages that ``all``, ``first``, ``last`` or a list such as ``1,3-5`` names."""
    if pages in (None, "", "all"):
        return list(range(count))
    if pages in ("first", "last"):
        return [0 if pages == "first" else count - 1]
    found: list[int] = []
    for part in str(pages).split(","):
        low, _, high = part.partition("-")
        found.extend(range(int(low) - 1, min(int(high or low), count)))
    if not found or min(found) < 0 or max(found) >= count:
        raise unreadable(source, f"it has {count} {'page' if count == 1 else 'pages'}, so there are no pages {pages}.")
    return found
