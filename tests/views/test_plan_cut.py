"""What is shown where there is no room for all of a plan: what takes something away stands before what is harmless."""

from __future__ import annotations

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import SIGNS, Action, Change, Plan
from a2c_spec.views.plan_cut import GRAVE, HARMLESS, LIGHT, PLAIN, summed, weight
from a2c_spec.views.plan_words import facts_of

GONE = Call("delete_job", "j-1")


@pytest.mark.parametrize("action", SIGNS)
def test_what_is_harmless_is_left_out_first(action: Action) -> None:
    assert weight(Change("a", action, ())) == (LIGHT if action in HARMLESS else PLAIN)


@pytest.mark.parametrize("action", SIGNS)
@pytest.mark.parametrize(
    "what",
    [
        {"problem": "taken"},
        {"paid_again": True},
        {"only_there": 1},
        {"running": ("j-1",)},
        {"calls": (GONE,)},
        {"removes": ("x",)},
        {"replaces": ("x",)},
        {"replaces_paid": {"x": "b"}},
    ],
)
def test_what_takes_something_away_is_left_out_last(action: Action, what: dict[str, object]) -> None:
    assert weight(Change("a", action, (), **what)) == GRAVE  # type: ignore[arg-type]


SUMS = [
    (Change("a", "create", (), credits=2, writes=("x", "y")), "2 more to create (about 4 credits, 4 files)"),
    (Change("a", "no-op", ()), "2 more unchanged"),
    (Change("a", "no-op", (), skipped=1), "2 more skipped"),
    (Change("a", "create", (), credits=2, writes=("x",), problem="taken"), "2 more refused"),
    (
        Change("a", "re-run", (), (GONE,), credits=1, paid_again=True, removes=("x",)),
        "2 more to re-run (about 2 credits, all paid before, 2 files removed, 2 deleted on the service)",
    ),
    (
        Change("a", "delete", (), (GONE,), only_there=1, replaces=("x",)),
        "2 more to delete (2 files replaced, 2 deleted on the service, 2 results are only on the service)",
    ),
    (
        Change("a", "create", (), (Call("create_job", body={"callback": "https://hook.example/x"}),)),
        "2 more to create (tells https://hook.example/x when it ends)",
    ),
]


@pytest.mark.parametrize(("change", "told"), SUMS)
def test_what_is_left_out_is_summed_up(change: Change, told: str) -> None:
    (row,) = facts_of(Plan((change,))).rows
    assert [*summed([row, row])] == [told]
