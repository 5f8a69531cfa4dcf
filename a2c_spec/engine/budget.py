"""What one apply may spend: by its own limits, and by the budget of the project, which other runs draw on too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime

from a2c_spec.core.allowance import OF_A_PLAN, Allowance, flag_of
from a2c_spec.core.plan import Change, Plan
from a2c_spec.core.reasons import counted
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import StateStore
from a2c_spec.engine.endpoint import endpoint
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project
from a2c_spec.engine.run_limits import CreditLimit, Limits, beyond
from a2c_spec.errors import LimitRefused, SpecError
from a2c_spec.state.spending import Entry, Spending

HINT = "nothing more is started; the budget of the next day begins at 00:00 UTC"


class Spender:
    """Spends the credits of one apply.

    ``limit`` is that of ``--max-credits``; ``here`` is what this apply spent or set aside.
    """

    def __init__(self, project: Project, realm: str, limit: int | None = None) -> None:
        self.project, self.env = project, project.file.env
        self.limit = CreditLimit(limit, project.flags.named("max_credits"))
        self.per_run, self.per_day = project.file.budget.get("per_run"), project.file.budget.get("per_day")
        whole, beside = project.spending_files
        self.spending = Spending(whole, realm, beside)
        self.here = 0

    def spent_today(self, steps: Sequence[PlannedChange]) -> int:
        """What was spent, or set aside, on this day. A start whose answer was lost, and that the plan sends anew since
        it looked and nothing was started, was not paid for."""
        day = self._day()
        vain = [one.record.address for one in steps if one.change.starts and one.record and one.record.start_sent]
        return self.spending.spent(day) - sum(self.spending.open_amount(self.env, run, day) for run in vain)

    def looked_for(self, before: JobRecord, now: JobRecord) -> None:
        """A run is about to be started; where an earlier call to start it was looked for on the service, and did
        nothing, what was set aside for that was not spent."""
        same = now.job_id == before.job_id and not now.unresolved
        if before.start_sent and same and (before.lost_start or now.phase == "building"):
            self.spending.settle_last(self.env, before.address, 0)

    def learned(self, run: str, job: str, cost: int) -> None:
        """The service says what a job cost in all: that takes the place of what was set aside for it."""
        self.spending.settle_last(self.env, run, cost, job)

    @asynccontextmanager
    async def paying(self, store: StateStore, change: Change, record: JobRecord) -> AsyncIterator[None]:
        """Sets the estimated cost of a change aside before its first call, and puts the true one in its place.

        What is set aside is durable: if this process is killed, it counts as spent. Raises LimitRefused beyond a bound.
        """
        about, entry = await self._reserve(change, record)
        try:
            yield
        finally:
            now = store.get(change.address)
            self.limit.settle(now, about)
            self._settle(entry, about, record, now)

    async def set_aside(self, change: Change, record: JobRecord) -> None:
        """Counts a start twice that is sent again: only the service's list says that the first one did nothing.

        Raises LimitRefused beyond a bound.
        """
        about, entry = await self._reserve(change, record)
        if entry:
            self.spending.settle(entry, about)

    async def _reserve(self, change: Change, record: JobRecord) -> tuple[int, int]:
        """The credits that are set aside for a start, and the number of their entry, 0 if there is none."""
        about = self.limit.reserve(change, record)
        try:
            return about, await self._reserved(change.address, about) if about else 0
        except BaseException:
            self.limit.reserved -= about
            raise

    async def _reserved(self, run: str, about: int) -> int:
        if self.per_run is not None and self.here + about > self.per_run:
            raise self._refused("per_run", f"{counted(self.here, 'credit')} of {self.per_run} spent or under way")
        self.here += about
        day = self._day()
        try:
            entry = await self.spending.reserve(Entry(self.env, run, day, about, self.per_day))
        except SpecError:
            if self.project.file.budget:
                raise
            return 0  # nothing is bounded, so nothing has to be known
        if not entry:
            self.here -= about
            spent = f"{counted(self.spending.spent(day), 'credit')} of {self.per_day} spent or under way today (UTC)"
            raise self._refused("per_day", spent)
        return entry

    def _settle(self, entry: int, about: int, before: JobRecord, now: JobRecord | None) -> None:
        cost = true_cost(before, now) if entry else None
        if cost is not None:
            self.here += cost - about
            self.spending.settle(entry, cost)
        elif entry and now is not None and now.intent is None and now.job_id:
            self.spending.file_under(entry, now.job_id)

    @property
    def bounded(self) -> bool:
        """Whether there is any bound of what is spent."""
        return any(bound is not None for bound in (self.limit.most, self.per_run, self.per_day))

    def exceeded(self) -> tuple[str, ...]:
        """That more was spent than the bounds allow: what a job costs is known only when it has ended."""
        today = 0 if self.per_day is None else self.spending.spent(self._day())
        told = (
            beyond(self.here, self.per_run, _named(self.project, "per_run")),
            beyond(today, self.per_day, f"{_named(self.project, 'per_day')} today (UTC)"),
            self.limit.exceeded,
        )
        return tuple(filter(None, told))

    def _refused(self, bound: str, spent: str) -> LimitRefused:
        return LimitRefused(f"not started: {spent}, by {_named(self.project, bound)}", hint=HINT)

    def _day(self) -> str:
        return datetime.fromtimestamp(self.project.runtime.clock(), UTC).date().isoformat()

    def close(self) -> None:
        """Closes the file of what was spent."""
        self.spending.close()


def allowance(project: Project, plan: Plan, steps: Sequence[PlannedChange], limits: Limits) -> Allowance | None:
    """What a plan costs about, beside what limits and budget allow; None where nothing is bounded."""
    budget, again = project.file.budget, sum(change.pays_again for change in plan.changes)
    per_run, per_day = budget.get("per_run"), budget.get("per_day")
    names = {f"budget.{bound}": _named(project, bound) for bound in budget}
    names |= {name: project.flags.named(name) for name in ("max_credits", "max_replace") if name in project.flags.given}
    found = Allowance(plan.totals().credits, per_run, per_day, 0, limits.credits, limits.replace, again, names)
    if per_day is None:
        return found if found.bounded else None
    with closing(Spender(project, endpoint(project).realm)) as spender:
        return replace(found, today=spender.spent_today(steps))


def check(allowance: Allowance | None) -> None:
    """Raises LimitRefused, before anything is sent, when a plan goes beyond limits or the budget; names them all."""
    if allowance is None or not allowance.exceeded:
        return
    costs = f"the plan costs about {counted(allowance.about, 'credit')}"
    again = f"{counted(allowance.again, 'paid job')} would be run again"
    allows = {
        "budget.per_run": (costs, f"allows {allowance.per_run}"),
        "budget.per_day": (costs, f"leaves {allowance.left} of {allowance.per_day} today (UTC)"),
        "max_replace": (again, f"allows {allowance.max_replace}"),
        "max_credits": (costs, f"allows {allowance.max_credits}"),
    }
    said: dict[str, list[str]] = {}
    for bound in allowance.exceeded:
        does, allowed = allows[bound]
        said.setdefault(does, []).append(f"{allowance.named(bound)} {allowed}")
    told = "; ".join(", ".join([does, *bounds]) for does, bounds in said.items())
    raise LimitRefused(told, hint=f"nothing was sent; {_ways(allowance)}")


def _ways(allowance: Allowance) -> str:
    """What to do about a plan that goes beyond some bounds."""
    kept = [bound for bound in allowance.exceeded if allowance.named(bound).endswith(OF_A_PLAN)]
    given = [bound for bound in allowance.exceeded if bound.startswith("max_")]
    if kept:
        flags = " and ".join(map(flag_of, kept))
        return f"{f'give `apply` another {flags}, or ' if given == kept else ''}make a new plan"
    return f"choose fewer jobs (--target), or {'allow more' if [*allowance.exceeded] == given else 'change the budget'}"


def _named(project: Project, bound: str) -> str:
    if f"budget.{bound}" in project.flags.given:
        return project.flags.named(f"budget.{bound}")
    place = project.file.place(f"budget.{bound}")
    return f"budget.{bound} ({place})" if place else f"budget.{bound}"


def true_cost(before: JobRecord, now: JobRecord | None) -> int | None:
    """What a start cost, told by the record before and after; None as long as it is not known.

    A start that may have reached the service, and a job that ended without the service naming a cost, may have cost
    what was estimated. A job that is as it was, or was not started, cost nothing.
    """
    if now is None:
        return 0  # what is about to be sent is recorded before
    if now.start_sent:
        return None
    ran = now.phase not in ("building", "started")
    if now.phase == "building" or not now.job_id or (now.job_id == before.job_id and before.phase == now.phase and ran):
        return 0
    return now.spent or None if ran else None
