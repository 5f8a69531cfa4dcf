"""Whatever a saved plan shows, and is not what the plan made anew does, is found and named."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.allowance import Allowance
from a2c_spec.core.calls import Call
from a2c_spec.core.moves import Move
from a2c_spec.core.plan import Change, Detail, Plan
from a2c_spec.engine.saved_plan import SavedPlan
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.shown_plan import NOT_COMPARED, check_shown
from a2c_spec.errors import StalePlan
from a2c_spec.views.plan_json import plan_json
from tests.fuzz.mutations import places

ONE = Change(
    "a#2",
    "re-run",
    ("conversion c changed",),
    (Call("create_job", "", {"process": True, "rows": ({"a": "b"}, 1), "n": 1.5}, starts=True, size=7),),
    details=(Detail("metadata.author", "Finance", "half \ud83d"), Detail("x", None, None, sensitive=True)),
    moves=(Move("dist/a", "dist/b"),),
    leaves=("dist/c",),
    removes=("dist/d",),
    stays=("dist/c stays",),
    downloads=("dist/e",),
    paid_again=True,
    running=("j1",),
    work="1 conversion",
    credits=3,
    writes=("dist/f",),
    replaces=("dist/f",),
    replaces_paid={"dist/f": "b"},
    unforeseen=("more",),
    lower_bound="1 call",
)
PLAN = Plan((ONE, Change("b", "no-op", ("unchanged",))), allowance=Allowance(3, max_credits=9, again=1), orphans=("z",))
FREE = {"balance", "budget"}
"""What a plan made anew may tell otherwise."""


def saved(tree: dict[str, Any]) -> SavedPlan:
    return SavedPlan("n", "r", {}, Selection(), {}, json.loads(json.dumps(tree)))


def shown() -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(json.dumps(plan_json(PLAN), ensure_ascii=False).encode(errors="replace"))
    return tree


def edited(place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    tree = copy.deepcopy(shown())
    inner: Any = tree
    for key in place[:-1]:
        inner = inner[key]
    if value is KeyError:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return tree


PLACES = [place for place in places(shown()) if place and place[0] not in ("format_version", *FREE)]


@pytest.mark.parametrize("value", ["x", 7, None, [], {}, True, 1.0, KeyError], ids=str)
def test_whatever_is_edited_is_found(value: Any) -> None:
    for place in PLACES:
        tree = edited(place, value)
        if json.dumps(tree) == json.dumps(shown()) or not isinstance(tree.get("changes"), list):
            continue  # as it was; or what no reader takes for a plan
        if not all(isinstance(row, dict) for row in tree["changes"]):
            continue
        with pytest.raises(StalePlan, match="what it shows is not what would be done"):
            check_shown(saved(tree), PLAN)


def test_what_is_added_is_found() -> None:
    for place in [("note",), ("changes", 0, "note"), ("changes", 0, "calls", 0, "note"), ("totals", "note")]:
        with pytest.raises(StalePlan):
            check_shown(saved(edited(place, "")), PLAN)


NAMED: list[tuple[dict[str, Any], str]] = [
    (edited(("changes", 0, "replaces"), []), "`replaces` of a#2"),
    (edited(("changes", 0, "calls", 0, "bytes"), 8), "`calls` of a#2"),
    (edited(("totals", "credits"), 0), "`totals`"),
    (edited(("changes", 1), shown()["changes"][0]), "the changes, or their order"),
    (edited(("\x1b[2J",), 1), "keys that no plan has"),
    (edited(("budget", "about"), 0), "`about` of `budget`"),
]


@pytest.mark.parametrize(("tree", "told"), NAMED, ids=[row[1] for row in NAMED])
def test_what_differs_is_named(tree: dict[str, Any], told: str) -> None:
    with pytest.raises(StalePlan) as error:
        check_shown(saved(tree), PLAN)
    assert error.value.message == f"the plan is stale: what it shows is not what would be done: {told}"


def test_at_most_five_are_named() -> None:
    tree = shown()
    many = [{**tree["changes"][1], "address": f"b{number}", "run": f"b{number}"} for number in range(9)]
    plan = Plan(tuple(Change(f"b{number}", "no-op", ("here",)) for number in range(9)))
    with pytest.raises(StalePlan, match=r"`reasons` of b4; and 6 more$"):
        check_shown(saved({**tree, "changes": many}), plan)


ALIKE = [
    {},
    {"balance": 5},
    {"nonce": "12345678", "realm": "local", "created_at": "2026-01-01", "a2c_spec": "0.0.1"},
    {"budget": {"about": 3, "per_run": 9, "per_day": 9, "today": 4, "max_credits": 1, "again": 1, "names": {"x": "y"}}},
]


@pytest.mark.parametrize("more", ALIKE, ids=lambda more: ",".join(more))
def test_what_is_of_the_moment_or_of_the_file_does_not_count(more: dict[str, Any]) -> None:
    check_shown(saved({**shown(), **more}), PLAN)
    check_shown(saved({**shown(), **more}), replace(PLAN, allowance=None, balance=3))


def test_all_else_that_a_plan_has_is_compared() -> None:
    assert set(NOT_COMPARED) & {"totals", "noop", "partial", "selected", "left_out", "orphans"} == set()
    assert set(NOT_COMPARED) & shown().keys() == {"format_version", "changes", *FREE}
