"""A plan as markdown: a table that fits, and says what it leaves out."""

from __future__ import annotations

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change, Plan
from a2c_spec.views.plan_json import plan_json
from a2c_spec.views.plan_markdown import MARKER, markdown_of

CALLS = (Call("patch_input", "i-1", starts=True), Call("create_job"))
CHANGE = Change("a", "update", ("why", "and why"), CALLS, problem="taken")
IDLE = Change("b", "no-op", ())


def test_markdown_lists_what_changes_and_counts_the_rest() -> None:
    odd = Change("c|d", "forget", ("two\nlines",))
    lines = markdown_of(plan_json(Plan((CHANGE, IDLE, odd))), 10_000).splitlines()
    assert lines == [
        MARKER,
        "### Plan: 1 to update, 1 unchanged, 1 no longer in a manifest",
        "",
        "| | address | action | why |",
        "|---|---|---|---|",
        "| ~ | `a` | update | why; and why; taken |",
        "| - | `c\\|d` | forget | two lines |",
        "",
        "2 calls, 1 job started, 1 unchanged.",
    ]


def test_markdown_of_nothing_has_no_table() -> None:
    assert "|" not in markdown_of(plan_json(Plan((IDLE,))), 10_000)
    assert "nothing to do" in markdown_of(plan_json(Plan(())), 10_000)


@pytest.mark.parametrize("most", [400, 1000, 4000])
def test_markdown_is_cut_between_rows_and_says_how_many_are_left_out(most: int) -> None:
    text = markdown_of(plan_json(Plan(tuple(Change(f"ä{n:03}", "create", ("new",)) for n in range(200)))), most)
    shown = text.count("| + |")
    assert len(text.encode()) <= most
    assert len(text.encode()) > most - 120
    assert f"… cut; the other {200 - shown} rows can be read in the plan file." in text
