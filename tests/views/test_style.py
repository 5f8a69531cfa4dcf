"""Colours: only where they are wanted, and nothing but codes around the text."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from a2c_spec.views.style import Style, wants_colour


def test_names_become_codes_around_the_text() -> None:
    assert Style(on=True)("x", "red", "bold") == "\x1b[31;1mx\x1b[0m"


@pytest.mark.parametrize(("on", "text", "names"), [(False, "x", ("red",)), (True, "x", ()), (True, "", ("red",))])
def test_without_anything_to_colour_the_text_is_as_it_was(on: bool, text: str, names: tuple[str, ...]) -> None:
    assert Style(on)(text, *names) == text


WISHES: list[tuple[Mapping[str, str], bool, bool, bool]] = [
    ({}, True, False, True),
    ({}, False, False, False),
    ({}, True, True, False),
    ({"NO_COLOR": "1"}, True, False, False),
    ({"NO_COLOR": ""}, True, False, True),
    ({"TERM": "dumb"}, True, False, False),
    ({"TERM": "xterm"}, True, False, True),
    ({"FORCE_COLOR": "1"}, False, False, True),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False, False),
    ({"FORCE_COLOR": "1"}, False, True, False),
]


@pytest.mark.parametrize(("environ", "is_tty", "no_color", "wanted"), WISHES)
def test_what_forbids_colour_wins_over_what_asks_for_it(
    environ: Mapping[str, str], is_tty: bool, no_color: bool, wanted: bool
) -> None:
    assert wants_colour(environ, is_tty=is_tty, no_color=no_color) is wanted
