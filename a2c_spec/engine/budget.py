"""What an apply may cost at most: --max-credits, --max-replace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from a2c_spec.core.plan import Change, Plan
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import LimitRefused

if TYPE_CHECKING:
    from a2c_spec.engine.plan import Step


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds; None means none."""

    credits: int | None = None
    replace: int | None = None


def estimate(change: Change, record: JobRecord | None) -> int:
    """Credits that starting a job will cost: what it cost the last time, else one per conversion.

    The service names no prices beforehand, so this is an estimate; the hard stop counts what was really spent.
    """
    if not change.starts:
        return 0
    return (record.spent if record else 0) or max(1, len(change.basis.get("conversions", ())))


def within(plan: Plan, steps: Sequence[Step], limits: Limits) -> None:
    """Raises LimitRefused, before anything is sent, when the plan would go beyond a bound."""
    again = [change.address for change in plan.changes if change.paid_again]
    if limits.replace is not None and len(again) > limits.replace:
        raise LimitRefused(
            f"{len(again)} paid jobs would be run again, --max-replace allows {limits.replace}", hint="nothing was sent"
        )
    about = sum(estimate(step.change, step.record) for step in steps)
    if limits.credits is not None and about > limits.credits:
        raise LimitRefused(
            f"the plan costs about {about} credits, --max-credits allows {limits.credits}", hint="nothing was sent"
        )
