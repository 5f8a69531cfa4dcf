"""Changes the pages of a PDF: selects, rotates, splits and stamps them."""

from __future__ import annotations

import pikepdf

from a2c_spec.local_api.convert.contract import Source
from a2c_spec.local_api.convert.pdf.pdf_pages import page_indexes

MARGIN = 18.0


def select_pages(pdf: pikepdf.Pdf, pages: str | None, source: Source) -> pikepdf.Pdf:
    """A PDF with only these pages, in this order; ``pages`` is an option such as ``1,3-5``."""
    if pages in (None, "", "all"):
        return pdf
    selected = [pdf.pages[index] for index in page_indexes(pages, len(pdf.pages), source)]
    part = pikepdf.Pdf.new()
    part.pages.extend(selected)
    return part


def rotate(pdf: pikepdf.Pdf, degrees: int) -> None:
    """Rotate every page clockwise."""
    for page in pdf.pages if degrees else ():
        page.rotate(degrees, relative=True)


def split(pdf: pikepdf.Pdf) -> list[pikepdf.Pdf]:
    """One PDF per page."""
    parts = []
    for page in pdf.pages:
        part = pikepdf.Pdf.new()
        part.pages.append(page)
        parts.append(part)
    return parts


def stamp(pdf: pikepdf.Pdf, mark: pikepdf.Pdf, alignment: str) -> None:
    """Put the first page of ``mark`` on top of every page; it is made smaller only where the page is smaller."""
    for page in pdf.pages:
        page.add_overlay(mark.pages[0], _place(_box(page), _box(mark.pages[0]), alignment))


def _box(page: pikepdf.Page) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(value) for value in page.trimbox)
    return left, bottom, right, top


def _place(
    page: tuple[float, float, float, float], mark: tuple[float, float, float, float], alignment: str
) -> pikepdf.Rectangle:
    left, bottom, right, top = page
    room = (right - left, top - bottom)
    size = (mark[2] - mark[0], mark[3] - mark[1])
    scale = min(1.0, room[0] / size[0], room[1] / size[1])
    width, height = size[0] * scale, size[1] * scale
    margin = min(MARGIN, (room[0] - width) / 2), min(MARGIN, (room[1] - height) / 2)
    x = _aligned(left, right, width, margin[0], "left" in alignment, "right" in alignment)
    y = _aligned(bottom, top, height, margin[1], "bottom" in alignment, "top" in alignment)
    return pikepdf.Rectangle(x, y, x + width, y + height)


def _aligned(low: float, high: float, size: float, margin: float, at_low: bool, at_high: bool) -> float:
    if at_low:
        return low + margin
    return high - margin - size if at_high else (low + high - size) / 2
