"""Lost calls of addresses for which nothing is planned: others may have what they made, or may not pay for it yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from a2c_spec.core.graph import needs
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.transitions import settled
from a2c_spec.engine.lost_calls import assume, look_at_each, open_runs
from a2c_spec.engine.takeover import pays, recipes_in, recipes_meant, recipes_of

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.desired import Job
    from a2c_spec.core.state import JobRecord
    from a2c_spec.engine.planned import PlannedChange
    from a2c_spec.engine.session import Session


async def look_beside(
    session: Session,
    made: Mapping[str, Sequence[PlannedChange]],
    waiting: Iterable[Job],
    client: Client,
    *,
    let_go: bool,
) -> None:
    """Finds out what became of the calls for addresses that are not among the ``made`` changes, where one of them is
    about to be let go (``let_go``), or something to be paid for that may be there already. ``waiting`` are jobs that
    are planned later.

    What is not there was not done: others may have the run as it was before. An apply waits until that is certain.
    """
    runs = [run for run in session.store.interrupted() if run.intent or run.held]
    runs = [run for run in runs if address_of(run.address) not in made]
    payable = _Payable.of((step for steps in made.values() for step in steps), waiting) if runs else _Payable()
    every = session.project.flags.prune
    beside = [run for run in runs if (let_go and (every or not run.gone_since)) or payable.may_be(run)]
    await look_at_each(session, beside, client)
    if session.lost.to_pay and any(run.intent for run in open_runs(session, beside)):
        await session.service.executor.grace.wait()
        session.lost.looked.difference_update(run.address for run in beside if run.intent)
        await look_at_each(session, beside, client)
    for run in (run for run in open_runs(session, beside) if run.intent):
        after = settled(run)
        nothing = after.empty and not after.former_jobs
        assume(session, *(() if nothing else (after,)), without=(run.address,))


@dataclass(frozen=True, slots=True)
class _Payable:
    """What a plan may pay for: recipes; of jobs that are planned later, targets; and by addresses of other names."""

    recipes: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()

    @staticmethod
    def of(steps: Iterable[PlannedChange], waiting: Iterable[Job]) -> _Payable:
        """What these changes, and those of the jobs that wait for others, may pay for."""
        paying = [step.desired for step in steps if step.desired is not None and pays(step)]
        later = [job for job in waiting if needs(job)]
        return _Payable(
            frozenset(recipe for desired in paying for recipe in recipes_of(desired)),
            frozenset(item.target for job in later for item in job.conversions),
            frozenset(job.moved_from for job in (*(desired.job for desired in paying), *later)),
        )

    def may_be(self, run: JobRecord) -> bool:
        """Whether a run made, or its lost calls may have made, something of it."""
        recipes = {recipe for _, recipe in recipes_in(settled(run))} | recipes_meant(run)
        made = [run.basis, run.intent.basis if run.intent else {}]
        targets = {one.get("target", "") for basis in made for one in basis.get("conversions", {}).values()}
        moved = address_of(run.address) in self.moved
        return moved or not (recipes.isdisjoint(self.recipes) and targets.isdisjoint(self.targets))


def unless_undecided(session: Session, step: PlannedChange) -> PlannedChange:
    """The change; refused where it would pay for what a lost call of another address may have paid for already."""
    if not session.lost.undecided or step.desired is None or not pays(step):
        return step
    job, recipes = step.desired.job, recipes_of(step.desired)
    for key, error in session.lost.undecided.items():
        run, other = session.store.get(key), address_of(key)
        same = run is not None and not recipes.isdisjoint(recipes_meant(run))
        if other != address_of(job.address) and (same or other == job.moved_from):
            why = f"a job of {other} may make it already: {error.message}; {error.hint}"
            return replace(step, change=replace(step.change, problem=step.change.problem or why))
    return step
