"""The limits that a saved plan was made with: they are part of it, and hold when it is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from a2c_spec.core.allowance import BY_DAY, OF_A_PLAN, Allowance, flag_of
from a2c_spec.engine.project import Project

if TYPE_CHECKING:
    from a2c_spec.core.plan import Plan
    from a2c_spec.engine.saved_plan import SavedPlan

FLAGS, BUDGET = ("max_credits", "max_replace"), ("per_run", "per_day")


def within_limits(saved: SavedPlan, project: Project) -> Project:
    """The project with the limits of the plan where these are stricter than its own; a flag of this run takes the place
    of what the plan says."""
    made: Mapping[str, Any] = saved.plan.get("budget", {})
    own = project.flags
    unsaid = [name for name in FLAGS if not own.given.get(name, "").startswith("-")]
    flags = {name: made[name] for name in unsaid if _stricter(made.get(name), getattr(own, name))}
    budget = {name: made[name] for name in BUDGET if _stricter(made.get(name), project.file.budget.get(name))}
    named = {name: f"{flag_of(name)} {OF_A_PLAN}" for name in flags}
    named |= {f"budget.{name}": f"budget.{name} {OF_A_PLAN}" for name in budget}
    return replace(
        project,
        flags=replace(own, given={**own.given, **named}, **flags),
        file=replace(project.file, budget={**project.file.budget, **budget}),
    )


def _stricter(one: int | None, other: int | None) -> bool:
    return one is not None and (other is None or one < other)


def as_made(saved: SavedPlan, plan: Plan, now: float) -> Plan:
    """The plan as it is shown ``now``: what was left of a day is told of that day."""
    day = str(saved.plan.get("created_at", ""))[:10]
    if plan.allowance is None or day == datetime.fromtimestamp(now, UTC).date().isoformat():
        return plan
    return replace(plan, allowance=replace(plan.allowance, day=day))


def refusal(allowance: Allowance | None, name: str) -> str:
    """That the saved plan ``name`` is not applied as it is, and what would change that; empty where it is applied."""
    beyond = allowance.exceeded if allowance else ()
    if not allowance or not beyond:
        return ""
    told = f"`a2c-spec apply {name}` refuses it"
    flags = [flag_of(bound) for bound in beyond if bound in FLAGS]
    if len(flags) == len(beyond):
        return f"{told}, unless it is given another {' and '.join(flags)}"
    on_that_day = f" {allowance.when}" if beyond == (BY_DAY,) else ""
    return f"{told}{on_that_day}; make a new plan once the budget allows it"
