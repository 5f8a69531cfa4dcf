"""Texts of others do nothing in any form of output, and can still be read."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from a2c_spec.core.file_names import ACTS
from a2c_spec.views import inert
from a2c_spec.views.style import PLAIN, Style

ESCAPED = {
    "a\x1b]0;pwn\x07b": r"a\x1b]0;pwn\x07b",
    "one\ntwo\r\tx": r"one\ntwo\r\tx",
    "\x9b31m\x7f": r"\u009b31m\x7f",
    "gnp.\u202eexe": r"gnp.\u202eexe",
    "a\u2028b\u2029c\u0085d": r"a\u2028b\u2029c\u0085d",
    "\u2066\u2069\u200e\u200f\u061c\ufeff": r"\u2066\u2069\u200e\u200f\u061c\ufeff",
    "::error::x": r"\::error::x",
    "  ::add-mask::x": r"\  ::add-mask::x",
    "x ##[error]y": r"x #\#[error]y",
    "##vso[task.setvariable variable=a]b": r"#\#vso[task.setvariable variable=a]b",
    "a\xad\u034f\u115f\u1160\u17b4\u180b\u180e\u3164\ufe00\uffa0b": (
        r"a\u00ad\u034f\u115f\u1160\u17b4\u180b\u180e\u3164\ufe00\uffa0b"
    ),
    "x\U000e0001\U000e0061\U000e0070\U000e007f\U000e0100": r"x\U000e0001\U000e0061\U000e0070\U000e007f\U000e0100",
    ".git\ufe0f/\u200d/\u200c": r".git\ufe0f/\u200d/\u200c",
    "ü\u200d\u200d\ufe0f\u200c": "ü\u200d" + r"\u200d\ufe0f\u200c",
    "می\u200cخواهم ❤\ufe0f": "می\u200cخواهم ❤\ufe0f",
    "Grüße, 日本語, 👩‍🔬 # a::b ## c": "Grüße, 日本語, 👩‍🔬 # a::b ## c",
}


@pytest.mark.parametrize("text", ESCAPED)
def test_a_text_shows_as_what_it_is_on_one_line(text: str) -> None:
    assert inert.line(text) == ESCAPED[text]
    assert PLAIN.lines([text, text]) == "\n".join([ESCAPED[text]] * 2)


@pytest.mark.parametrize("tree", [*ESCAPED, {key: [key] for key in ESCAPED}], ids=repr)
def test_as_json_and_as_yaml_it_is_the_same_value(tree: object) -> None:
    for text, read in ((inert.dumps(tree), json.loads), (inert.yaml_text([tree]), yaml.safe_load)):
        assert read(text) == tree
        assert not re.search(rf"(?!\n)(?:{ACTS})|##(\[|vso)|^\s*::", text, re.MULTILINE), text


def test_yaml_of_harmless_texts_is_as_it_was() -> None:
    assert inert.yaml_text([{"a": "b", "c": "ü"}]) == "a: b\nc: ü\n"


def test_a_page_keeps_its_lines_and_our_colours_and_nothing_else() -> None:
    red = Style(on=True)("x", "red", "bold")
    assert inert.page(f"{red}\ny") == f"{red}\ny"
    assert inert.page("a\n::error::b\r\x1b[2J\x1b[8m") == "a\n\\::error::b" + r"\r\x1b[2J\x1b[8m"


def test_colours_of_others_do_not_show() -> None:
    assert PLAIN.lines(["\x1b[31mx"]) == r"\x1b[31mx"
    assert Style(on=True)("\x1b[31mx", "bold") == "\x1b[1m\\x1b[31mx\x1b[0m"
    assert Style(on=True).lines([Style(on=True)("::x", "red")]) == "\x1b[31m\\::x\x1b[0m"


def test_a_line_that_is_too_long_is_cut_and_its_colour_ends() -> None:
    long = "x" * 15_000_000
    for made in (inert.line(long), inert.joined([long], coloured=False), inert.joined([long], coloured=True)):
        assert made == "x" * inert.LONGEST_LINE + "... (14,990,000 more characters)"
    assert inert.joined([f"\x1b[31m{long}"], coloured=True).endswith("more characters)\x1b[0m")
    assert inert.page(long) == long
