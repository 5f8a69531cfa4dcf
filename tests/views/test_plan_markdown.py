"""A plan as markdown: a table that fits, and says what it leaves out."""

from __future__ import annotations

import re

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Action, Change, Plan
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
    assert f"\n\n… cut here; `a2c-spec plan -v` shows all:\n\n- {200 - shown} more to create\n\n" in text


GONE = Call("delete_job", "j-1")
GRAVE = {
    "refused": Change("x", "create", (), problem="taken"),
    "paid again": Change("x", "re-run", (), paid_again=True, credits=1),
    "from the cache, and its job deleted": Change("x", "cached", (), (GONE,)),
    "only there": Change("x", "delete", (), only_there=1),
    "a file removed": Change("x", "delete", (), removes=("dist/x",)),
    "a file replaced": Change("x", "create", (), writes=("dist/x",), replaces=("dist/x",)),
    "running and let go": Change("x", "forget", (), running=("j",), paid_again=True),
}


@pytest.mark.parametrize("grave", GRAVE.values(), ids=GRAVE)
@pytest.mark.parametrize("other", ["create", "rename", "no-op"])
def test_what_must_be_seen_is_never_cut_for_what_need_not(grave: Change, other: Action) -> None:
    many = tuple(Change(f"a{n}", other, ("noted",), credits=2, writes=(f"d/{n}",)) for n in range(100))
    text = markdown_of(Plan((*many[:50], grave, *many[50:])), 2000)
    order = [line.split("`")[1] for line in text.splitlines() if " | `" in line]
    assert "x" in order
    assert order.index("x") in (len(order) - 1, 50), "in the order of the plan"
    left = 101 - len(order)
    word = {"create": "to create", "rename": "to rename", "no-op": "unchanged"}[other]
    assert f"- {left} more {word} `(about {2 * left} credits, {left} files)`".replace("`", "") in text.replace("`", "")


def test_of_what_must_be_seen_and_does_not_fit_all_is_summed_up() -> None:
    many = (
        Change(
            f"a{n:02}", "re-run", ("new",), (GONE,), paid_again=True, credits=2, writes=(f"n{n}",), removes=(f"o{n}",)
        )
        for n in range(40)
    )
    text = markdown_of(Plan((Change("b", "create", ("new",)), *many)), 2000)
    left = 40 - text.count("| ! |")
    assert 0 < left < 40
    assert "| + |" not in text
    told = (
        f"about {2 * left} credits, all paid before, {left} files, {left} files removed, {left} deleted on the service"
    )
    assert f"- {left} more to re-run ({told})" in text.replace("`", "")
    assert "- 1 more to create" in text


def test_one_row_that_does_not_fit_hides_no_other_that_must_be_seen() -> None:
    wide = Change("wide", "delete", ("why " * 500,), removes=("x",))
    text = markdown_of(Plan((wide, Change("b", "delete", (), removes=("y",)), Change("c", "create", ()))), 1000)
    assert [line.split("`")[1] for line in text.splitlines() if " | `" in line] == ["b"]
    assert "1 file removed" in text


@pytest.mark.parametrize(("saved", "shown"), [("", "a2c-spec plan -v"), ("p q.json", "a2c-spec show 'p q.json' -v")])
def test_a_plan_file_is_named_only_where_there_is_one(saved: str, shown: str) -> None:
    text = markdown_of(Plan(tuple(Change(f"a{n}", "create", ()) for n in range(200))), 1000, saved)
    assert f"… cut here; `{shown}` shows all:" in text


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
