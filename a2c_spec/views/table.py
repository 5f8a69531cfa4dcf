"""Aligned columns."""

from __future__ import annotations

from collections.abc import Sequence

from a2c_spec.views import inert
from a2c_spec.views.style import Style


def table(head: Sequence[str], rows: Sequence[Sequence[str]], style: Style) -> str:
    """Rows under bold headings; the last column is not padded."""
    rows = [[inert.line(cell) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]

    def line(row: Sequence[str]) -> str:
        return "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()

    return style.lines([style(line(head), "bold"), *map(line, rows)])
