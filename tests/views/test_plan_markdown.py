"""A plan as markdown: a table that fits, and says what it leaves out."""

from __future__ import annotations

import re

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change, Plan
from a2c_spec.views.plan_markdown import MARKER, markdown_of

CALLS = (Call("patch_input", "i-1", starts=True), Call("create_job"))
CHANGE = Change("a", "update", ("why", "and why"), CALLS, problem="taken")
IDLE = Change("b", "no-op", ())


def test_markdown_lists_what_changes_and_counts_the_rest() -> None:
    odd = Change("c|d", "forget", ("two\nlines",))
    lines = markdown_of(Plan((CHANGE, IDLE, odd)), 10_000).splitlines()
    assert lines == [
        MARKER,
        "### Plan: 1 unchanged, 1 no longer in a manifest, 1 refused",
        "",
        "| | address | action | why |",
        "|---|---|---|---|",
        "| ~ | `a` | update | why; and why<br>refused: taken |",
        "| - | `c\\|d` | forget | `two\\nlines` |",
        "",
        "Nothing to send.",
    ]


def test_markdown_of_nothing_has_no_table() -> None:
    assert "|" not in markdown_of(Plan((IDLE,)), 10_000)
    assert "nothing to do" in markdown_of(Plan(()), 10_000)


@pytest.mark.parametrize("most", [400, 1000, 4000])
def test_markdown_is_cut_between_rows_and_says_how_many_are_left_out(most: int) -> None:
    text = markdown_of(Plan(tuple(Change(f"ä{n:03}", "create", ("new",)) for n in range(200))), most)
    shown = text.count("| + |")
    assert len(text.encode()) <= most
    assert len(text.encode()) > most - 120
    assert f"… cut; the other {200 - shown} rows can be read in the plan file." in text


def rendered(text: str) -> str:
    """A cell of a table as it is shown, if all of it is either plain or in code spans."""
    return re.sub(r"(`+) ?(.+?) ?\1", r"\2", text).replace("\\|", "|")


@pytest.mark.parametrize(
    "odd",
    [
        "a|b",
        "`code`",
        "``two``",
        "@octocat",
        "![i](http://e/e.png)",
        "<b>x",
        "#12x",
        "*b*",
        "www.e.example",
        "_i_",
    ],
)
def test_what_comes_from_outside_is_shown_and_never_means_anything(odd: str) -> None:
    change = Change(odd, "create", (f"why {odd}",), writes=(f"dist/{odd}.png",))
    (row,) = (line for line in markdown_of(Plan((change,)), 10_000).splitlines() if line.startswith("| +"))
    cells = re.split(r"(?<!\\)\|", row)
    assert len(cells) == 6, "four cells"
    assert rendered(cells[2]).strip() == odd
    why, writes = cells[4].strip().split("<br>")
    assert rendered(why) == f"why {odd}"
    for cell in (cells[2], why, writes):
        assert re.fullmatch(r" ?(`+)(?!`).*(?<!`)\1 ?", cell), "a code span"
