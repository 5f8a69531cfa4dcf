"""What a plan leaves out: addresses that have what it would pay for, and sources that it must not write over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from a2c_spec.core import reasons
from a2c_spec.core.desired import Job
from a2c_spec.core.file_names import path_key
from a2c_spec.core.observed import NOT_OURS
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.loading import claims_of, reading_all
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project
from a2c_spec.engine.session import Session
from a2c_spec.engine.taken_results import behind_refused
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


def without_sources(session: Session, steps: list[PlannedChange]) -> list[PlannedChange]:
    """The changes; refused where one replaces a file that is no result, and that a manifest which this plan leaves out
    reads. Of the manifests that are part of it, the claims have been checked."""
    over = {path for step in steps for path in _replaced(session, step)}
    if session.project.everything or not over:
        return steps
    try:
        whole = reading_all(session.project)
    except UsageError:  # what was named is not among the manifests of the project
        return steps
    claims = claims_of(session.project.root)
    for item in whole.items():
        if isinstance(item, Job):
            claims.add(item)
    claims.checked(whole.files())
    keys = {path: path_key(session.files.sources.real(path)) for path in over}
    read = {path: f"that is an input of {claims.read[key].address}" for path, key in keys.items() if key in claims.read}
    read |= {path: "manifests are read from it" for path, key in keys.items() if key in claims.told}
    return behind_refused([_unless(step, read, session) for step in steps]) if read else steps


def _replaced(session: Session, step: PlannedChange) -> list[str]:
    """Paths at which a change replaces what is no result of ours, or not as we wrote it."""
    files, change = session.files, step.change
    return [path for path in change.replaces if files.status(path, change.address) in NOT_OURS]


def _unless(step: PlannedChange, read: Mapping[str, str], session: Session) -> PlannedChange:
    over = next((path for path in _replaced(session, step) if path in read), "")
    problem = reasons.blocked(over, read[over]) if over else ""
    return replace(step, change=replace(step.change, problem=problem)) if over and not step.change.problem else step
