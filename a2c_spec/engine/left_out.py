"""Addresses that a plan leaves out, and that have what it would pay for: whether they still ask for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from a2c_spec.core.desired import Job
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.loading import reading_all
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project
from a2c_spec.engine.session import Session
from a2c_spec.engine.takeover import pays, recipes_in, recipes_of
from a2c_spec.errors import UsageError


def having_what_is_paid(
    session: Session, made: Mapping[str, Sequence[PlannedChange]], gone: Collection[str]
) -> list[JobRecord]:
    """Runs of addresses outside of the plan that made, or make, something of what it would pay for."""
    steps = (step for steps in made.values() for step in steps if pays(step) and step.change.action != "cached")
    wanted = {recipe for step in steps if step.desired for recipe in recipes_of(step.desired)}
    others = (run for run in session.store.scan() if address_of(run.address) not in made and run.address not in gone)
    return [run for run in others if any(recipe in wanted for _, recipe in recipes_in(run))] if wanted else []


def jobs_of(project: Project, runs: Iterable[JobRecord]) -> dict[str, Job | None]:
    """What all manifests of the project ask of the addresses of these runs; None for an address that is in none.

    Where not all of them can be read, only the addresses that are found: of the others nothing is known.
    """
    addresses = {address_of(run.address) for run in runs}
    try:
        whole = reading_all(project)
    except UsageError:  # what was named is not among the manifests of the project
        return {}
    found: dict[str, Job | None] = {
        item.address: item for item in whole.items() if item.address in addresses and isinstance(item, Job)
    }
    complete = not any(problem.severity == "error" for problem in whole.found)
    return {address: found.get(address) for address in sorted(addresses) if complete or address in found}
