"""What a plan costs about, beside what the flags and the budget of the project allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BY_DAY = "budget.per_day"
OF_A_PLAN = "of the saved plan"
"""What is said of a bound that holds because a plan was saved with it."""


def flag_of(name: str) -> str:
    """The flag of a setting: ``--max-credits`` of ``max_credits``."""
    return f"--{name.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Allowance:
    """In credits. ``per_run`` and ``per_day`` are the budget of the project, ``today`` is what was spent, or set aside,
    on this day (UTC). ``max_credits`` and ``max_replace`` are the flags of these names, ``again`` counts the paid jobs
    that are run again. None means no bound. ``names`` tells how a bound is called, with its place. ``day`` is
    that of ``today``, for a plan that is read on another one."""

    about: int
    per_run: int | None = None
    per_day: int | None = None
    today: int = 0
    max_credits: int | None = None
    max_replace: int | None = None
    again: int = 0
    names: Mapping[str, str] = field(default_factory=dict)
    day: str = ""

    @property
    def left(self) -> int | None:
        """What may still be spent today; None where no day has a bound."""
        return None if self.per_day is None else max(0, self.per_day - self.today)

    @property
    def bounded(self) -> bool:
        """Whether there is any bound."""
        bounds = (self.per_run, self.per_day, self.max_credits, self.max_replace)
        return any(bound is not None for bound in bounds)

    @property
    def exceeded(self) -> tuple[str, ...]:
        """The keys of the bounds that the plan goes beyond."""
        bounds = (
            ("budget.per_run", self.about, self.per_run),
            (BY_DAY, self.about, self.left),
            ("max_replace", self.again, self.max_replace),
            ("max_credits", self.about, self.max_credits),
        )
        return tuple(name for name, count, most in bounds if count and most is not None and count > most)

    def named(self, bound: str) -> str:
        """How a bound is called: a flag, a variable, or a setting with its place."""
        return self.names.get(bound) or (bound if "." in bound else flag_of(bound))

    @property
    def when(self) -> str:
        """The day of which is told what is left."""
        return f"on {self.day} (UTC)" if self.day else "today (UTC)"

    @property
    def told(self) -> str:
        """One sentence for a person; empty where nothing is spent or run again, or nothing is bounded."""
        paid = [f"{self.per_run} allowed for a run"] if self.per_run is not None else []
        paid += [f"{self.left} of {self.per_day} left {self.when}"] if self.per_day is not None else []
        paid += [f"{self.max_credits} allowed by {self.named('max_credits')}"] if self.max_credits is not None else []
        about = f"about {self.about} credit{'' if self.about == 1 else 's'}"
        parts = [", ".join([about, *paid])] if paid and self.about else []
        if self.max_replace is not None and self.again:
            jobs = f"{self.again} paid job{'' if self.again == 1 else 's'} run again"
            parts.append(f"{jobs}, {self.max_replace} allowed by {self.named('max_replace')}")
        named = [self.named(one) + (f" {self.when}" if self.day and one == BY_DAY else "") for one in self.exceeded]
        end = f"; this plan is refused: {', '.join(named)}" if named else ""
        head = "Limits" if self.per_run is None and self.per_day is None else "Budget"
        return f"{head}: {'; '.join(parts)}{end}." if parts else ""
