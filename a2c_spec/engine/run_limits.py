"""What an apply may cost at most: --max-credits, --max-replace."""

from __future__ import annotations

import math
from dataclasses import dataclass

from a2c_spec.core.plan import Change
from a2c_spec.core.reasons import counted
from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import parts
from a2c_spec.errors import LimitRefused


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds; None means none."""

    credits: int | None = None
    replace: int | None = None


def estimate(change: Change, record: JobRecord | None) -> int:
    """Credits that starting a job will cost: what it cost the last time, else one per conversion.

    Of what several conversions cost together, those of somebody else too, each counts for an equal share, rounded up.
    The service names no prices beforehand, so this is an estimate; the hard stop counts what was really spent.
    """
    if not change.starts:
        return 0
    wanted = max(1, len(change.basis.get("conversions", ())))
    made = [f"conversions.{name}" for name in record.basis.get("conversions", ())] if record else []
    before = len({*made, *(name for name, _ in parts(record.elements, "conversions"))}) if record else 0
    cost = record.spent if record else 0
    return math.ceil(cost * wanted / (before or wanted)) if cost else wanted


@dataclass(slots=True)
class CreditLimit:
    """The credits of one apply: at most ``most`` (None: no bound) are spent or under way, as far as can be known.
    ``named``: how it is called, with its place."""

    most: int | None
    named: str = "--max-credits"
    reserved: int = 0

    def reserve(self, change: Change, record: JobRecord) -> int:
        """Sets the estimated cost aside before a job starts; raises LimitRefused beyond the bound."""
        about = estimate(change, record)
        if self.most is not None and about and self.reserved + about > self.most:
            raise LimitRefused(
                f"not started: {counted(self.reserved, 'credit')} spent or under way, {self.named} allows {self.most}",
                hint="apply again to do the rest, or allow more",
            )
        self.reserved += about
        return about

    def settle(self, record: JobRecord | None, reserved: int) -> None:
        """Puts what a job really cost in the place of its estimate. That stays where the service names no cost, so that
        one which says that it costs nothing loosens no bound."""
        ended = record is not None and record.phase in ("completed", "done", "failed", "canceled")
        if reserved and record is not None and ended and record.spent > 0:
            self.reserved += record.spent - reserved

    @property
    def exceeded(self) -> str:
        """That more was spent than the bound allows, as far as can be known; empty where it was not."""
        return beyond(self.reserved, self.most, self.named)


def beyond(spent: int, most: int | None, named: str) -> str:
    """That what was spent goes beyond a bound; empty where it does not."""
    if most is None or spent <= most:
        return ""
    return f"{counted(spent, 'credit')} spent or under way, {named} allows {most}"


UNDER_WAY = 16
"""This many times --parallelism jobs are under way at once, most of them only waited for; no more are in memory."""


def under_way(parallelism: int, bounded: bool) -> int:
    """How many jobs may be under way at once; one after the other, where what is spent has a bound and no more than one
    is asked for: what one costs is known before the next one is started."""
    return 1 if bounded and parallelism == 1 else max(64, UNDER_WAY * parallelism)
