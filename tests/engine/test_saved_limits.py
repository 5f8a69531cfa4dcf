"""What a saved plan was made with bounds the apply of it, unless a flag says something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.allowance import Allowance
from a2c_spec.core.plan import Plan
from a2c_spec.engine.budget import allowance
from a2c_spec.engine.run_limits import Limits
from a2c_spec.engine.saved_limits import as_made, refusal, within_limits
from a2c_spec.engine.saved_plan import SavedPlan
from a2c_spec.engine.selection import Selection
from tests.engine.projects import NOW, project_in

VARIABLE = "A2C_SPEC_MAX_CREDITS"
OF = "of the saved plan"
HELD: list[tuple[dict[str, Any], dict[str, Any], int | None, str]] = [
    ({}, {}, None, "--max-credits"),
    ({"max_credits": None}, {}, None, "--max-credits"),
    ({"max_credits": 0}, {}, 0, f"--max-credits {OF}"),
    ({"max_credits": 4}, {"max_credits": 9, "given": {"max_credits": VARIABLE}}, 4, f"--max-credits {OF}"),
    ({"max_credits": 4}, {"max_credits": 3, "given": {"max_credits": VARIABLE}}, 3, VARIABLE),
    ({"max_credits": 4}, {"max_credits": 4, "given": {"max_credits": VARIABLE}}, 4, VARIABLE),
    ({"max_credits": 4}, {"max_credits": 9, "given": {"max_credits": "a2c.yaml:1:9"}}, 4, f"--max-credits {OF}"),
    ({"max_credits": 4}, {"max_credits": 9, "given": {"max_credits": "--max-credits"}}, 9, "--max-credits"),
    ({"max_credits": 4}, {"max_credits": 0, "given": {"max_credits": "--max-credits"}}, 0, "--max-credits"),
]


def saved(budget: Mapping[str, Any]) -> SavedPlan:
    made = {"budget": budget, "created_at": "2023-11-14T22:13:20+00:00"}  # NOW
    return SavedPlan("n", "r", {}, Selection(), {}, made)


@pytest.mark.parametrize(("made", "now", "most", "named"), HELD)
def test_the_stricter_limit_holds_and_a_flag_replaces_that_of_the_plan(
    made: Mapping[str, Any], now: dict[str, Any], most: int | None, named: str, tmp_path: Path
) -> None:
    project = within_limits(saved(made), project_in(tmp_path, **now))
    assert (project.flags.max_credits, project.flags.named("max_credits")) == (most, named)


BUDGETS = [
    ({}, {}, {}, ()),
    ({"per_run": 2}, {}, {"per_run": 2}, (f"budget.per_run {OF}",)),
    ({"per_run": None, "per_day": 5}, {"per_day": 9}, {"per_day": 5}, (f"budget.per_day {OF}",)),
    ({"per_run": 5}, {"per_run": 2, "per_day": 9}, {"per_run": 2, "per_day": 9}, ("budget.per_run",)),
    ({"max_replace": 0}, {"per_day": 9}, {"per_day": 9}, ()),
]


@pytest.mark.parametrize(("made", "now", "held", "named"), BUDGETS)
def test_a_budget_that_was_raised_since_does_not_loosen_the_plan(
    made: Mapping[str, Any], now: dict[str, int], held: dict[str, int], named: tuple[str, ...], tmp_path: Path
) -> None:
    before = project_in(tmp_path, local=True)
    project = within_limits(saved(made), replace(before, file=replace(before.file, budget=now)))
    assert project.file.budget == held
    (tmp_path / ".a2c").mkdir()
    found = allowance(project, Plan(()), (), Limits(project.flags.max_credits, project.flags.max_replace))
    assert all(one in (found.names.values() if found else ()) for one in named)
    assert project.flags.max_replace == made.get("max_replace")


DAY = 86_400
SHOWN = [(NOW, "0 of 5 left today (UTC)"), (NOW + DAY, "0 of 5 left on 2023-11-14 (UTC)")]


@pytest.mark.parametrize(("now", "told"), SHOWN)
def test_what_was_left_of_a_day_is_told_of_that_day(now: float, told: str) -> None:
    plan = Plan((), allowance=Allowance(1, None, 5, 5))
    assert (shown := as_made(saved({}), plan, now).allowance) is not None
    assert told in shown.told
    assert as_made(saved({}), Plan(()), now) == Plan(())


REFUSALS = [
    (None, ""),
    (Allowance(2, max_credits=2), ""),
    (Allowance(2, max_credits=1), "`a2c-spec apply p` refuses it, unless it is given another --max-credits"),
    (
        Allowance(2, max_credits=1, max_replace=0, again=1),
        "`a2c-spec apply p` refuses it, unless it is given another --max-replace and --max-credits",
    ),
    (Allowance(2, 1, max_credits=1), "`a2c-spec apply p` refuses it; make a new plan once the budget allows it"),
    (
        Allowance(2, None, 5, 5, day="2023-11-14"),
        "`a2c-spec apply p` refuses it on 2023-11-14 (UTC); make a new plan once the budget allows it",
    ),
]


@pytest.mark.parametrize(("of", "told"), REFUSALS)
def test_that_apply_refuses_a_saved_plan_is_said_with_what_would_change_it(of: Allowance | None, told: str) -> None:
    assert refusal(of, "p") == told
