"""What a saved plan shows is compared with the plan made anew: who read the one has seen what the other does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from a2c_spec.core.json_text import read_json
from a2c_spec.errors import StalePlan

if TYPE_CHECKING:
    from a2c_spec.core.plan import Plan
    from a2c_spec.engine.saved_plan import SavedPlan

MOST_TOLD = 5
NOT_COMPARED = {
    "format_version": "checked when the file is read",
    "a2c_spec": "another version may apply it than wrote it",
    "nonce": "of the file alone; a plan is used once",
    "created_at": "of the file alone",
    "realm": "checked before anything is planned",
    "balance": "what the account has left is another number after every job, also of others",
    "budget": "its limits hold beside those of the run that applies it; what it says of the plan is compared",
    "changes": "compared one by one",
}
"""What is not compared at the top of a plan, and why."""


def check_shown(saved: SavedPlan, plan: Plan) -> None:
    """Raises StalePlan, naming what differs, unless the saved plan shows in every form what ``plan``, made anew, does:
    all its words, numbers and calls, and nothing besides."""
    if differing := [*_differing(saved.plan, plan)]:
        more = f"; and {len(differing) - MOST_TOLD} more" if len(differing) > MOST_TOLD else ""
        told = f"what it shows is not what would be done: {'; '.join(differing[:MOST_TOLD])}{more}"
        raise StalePlan(f"the plan is stale: {told}", hint="make a new plan; nothing was sent")


def _differing(shown: Mapping[str, Any], plan: Plan) -> Iterator[str]:
    """What differs, in words."""
    from a2c_spec.views.plan_json import plan_json

    anew = plan_json(plan)
    rows = shown["changes"]
    if [row.get("run") for row in rows] == [change.address for change in plan.changes]:
        for row, change in zip(rows, anew["changes"], strict=True):
            if names := _unlike(row, change):
                yield f"{names} of {change['run']}"
    else:
        yield "the changes, or their order"
    if names := _unlike(_compared(shown), _compared(anew)):
        yield names
    limits = shown.get("budget", {})
    told = {"about": plan.totals().credits, "again": sum(change.pays_again for change in plan.changes)}
    if names := _unlike({name: limits.get(name, told[name]) for name in told}, told):
        yield f"{names} of `budget`"


def _compared(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in tree.items() if name not in NOT_COMPARED}


def _unlike(shown: Mapping[str, Any], anew: Mapping[str, Any]) -> str:
    """The keys that have other values, or none, in one of both; what a plan does not have is not called by its name."""
    names = [f"`{name}`" for name, value in anew.items() if name not in shown or _text(shown[name]) != _text(value)]
    strange = len(shown.keys() - anew.keys())
    return ", ".join([*names, *(["keys that no plan has"] if strange else [])])


def _text(value: Any) -> str:
    """A value as it is once it was written and read; 1, 1.0 and true are three."""
    return json.dumps(read_json(json.dumps(value).encode()), sort_keys=True)
