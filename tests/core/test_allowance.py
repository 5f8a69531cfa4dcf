"""What a plan costs, beside what the budget allows."""

from __future__ import annotations

import pytest

from a2c_spec.core.allowance import Allowance

CASES = [
    (Allowance(3), "", ""),
    (Allowance(0, 0, 0, 9), "", ""),
    (Allowance(3, 3), "", "Budget: about 3 credits, 3 allowed for a run."),
    (Allowance(1, None, 5, 4), "", "Budget: about 1 credit, 1 of 5 left today (UTC)."),
    (
        Allowance(4, 3, 9),
        "budget.per_run",
        "Budget: about 4 credits, 3 allowed for a run, 9 of 9 left today (UTC); this plan is refused: budget.per_run.",
    ),
    (
        Allowance(2, 9, 5, 7),
        "budget.per_day",
        "Budget: about 2 credits, 9 allowed for a run, 0 of 5 left today (UTC); this plan is refused: budget.per_day.",
    ),
    (
        Allowance(2, None, 5, 4, day="2026-11-28"),
        "budget.per_day",
        "Budget: about 2 credits, 1 of 5 left on 2026-11-28 (UTC); "
        "this plan is refused: budget.per_day on 2026-11-28 (UTC).",
    ),
    (Allowance(0, max_credits=0), "", ""),
    (Allowance(2, max_credits=2), "", "Limits: about 2 credits, 2 allowed by --max-credits."),
    (
        Allowance(2, max_credits=1),
        "max_credits",
        "Limits: about 2 credits, 1 allowed by --max-credits; this plan is refused: --max-credits.",
    ),
    (
        Allowance(2, max_credits=1, names={"max_credits": "max_credits (a2c.yaml:1:27)"}),
        "max_credits",
        "Limits: about 2 credits, 1 allowed by max_credits (a2c.yaml:1:27); "
        "this plan is refused: max_credits (a2c.yaml:1:27).",
    ),
    (Allowance(0, max_replace=0), "", ""),
    (
        Allowance(2, 5, max_replace=0, again=1),
        "max_replace",
        "Budget: about 2 credits, 5 allowed for a run; 1 paid job run again, 0 allowed by --max-replace; "
        "this plan is refused: --max-replace.",
    ),
    (
        Allowance(61, max_credits=3, max_replace=0, again=1),
        "max_replace max_credits",
        "Limits: about 61 credits, 3 allowed by --max-credits; 1 paid job run again, 0 allowed by --max-replace; "
        "this plan is refused: --max-replace, --max-credits.",
    ),
    (Allowance(9, 3, 5, max_credits=0), "budget.per_run budget.per_day max_credits", None),
]


@pytest.mark.parametrize(("allowance", "exceeded", "told"), CASES)
def test_a_plan_that_goes_beyond_a_bound_is_known_before_it_is_applied(
    allowance: Allowance, exceeded: str, told: str | None
) -> None:
    assert " ".join(allowance.exceeded) == exceeded
    assert told is None or allowance.told == told
