"""What a plan costs about, beside what the budget of the project allows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """In credits. ``today`` is what was spent, or set aside, on this day (UTC). None means no bound."""

    about: int
    per_run: int | None = None
    per_day: int | None = None
    today: int = 0

    @property
    def left(self) -> int | None:
        """What may still be spent today; None where no day has a bound."""
        return None if self.per_day is None else max(0, self.per_day - self.today)

    @property
    def exceeded(self) -> str:
        """The bound that the plan goes beyond; empty when it keeps to all of them."""
        if self.about and self.per_run is not None and self.about > self.per_run:
            return "per_run"
        return "per_day" if self.about and self.left is not None and self.about > self.left else ""

    @property
    def told(self) -> str:
        """One sentence for a person; empty where nothing is spent or nothing is bounded."""
        if not self.about or (self.per_run is None and self.per_day is None):
            return ""
        bounds = [f"{self.per_run} allowed for a run"] if self.per_run is not None else []
        bounds += [f"{self.left} of {self.per_day} left today (UTC)"] if self.per_day is not None else []
        end = f"; apply would refuse this plan (budget.{self.exceeded})" if self.exceeded else ""
        return f"Budget: about {self.about} credit{'' if self.about == 1 else 's'}, {', '.join(bounds)}{end}."
