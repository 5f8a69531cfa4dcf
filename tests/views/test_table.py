"""Aligned columns."""

from __future__ import annotations

from a2c_spec.views.style import Style
from a2c_spec.views.table import table


def test_columns_are_as_wide_as_their_widest_cell_and_lines_end_without_blanks() -> None:
    assert table(("A", "LONG"), [("wide", "x"), ("", "")], Style()) == "A     LONG\nwide  x\n"


def test_only_the_heading_is_bold() -> None:
    assert table(("A",), [("x",)], Style(on=True)) == "\x1b[1mA\x1b[0m\nx"
