"""Jobs of which another one makes some results already: these are not made with the rest, and paid twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from a2c_spec.core.desired import Job
from a2c_spec.core.run_division import whole
from a2c_spec.engine.desired import Dependencies
from a2c_spec.engine.planned import PlannedChange


def partly_made(made: Mapping[str, Sequence[PlannedChange]], dependencies: Dependencies) -> Iterator[tuple[str, Job]]:
    """The addresses that would start several conversions in one job, of which others make some, but not all; that is
    known once all are planned, in whatever order. To be planned again one after the other, for each may make what the
    next one needs."""
    for address in [*made]:
        steps = made[address]
        if any(_some_elsewhere(step, address, dependencies) for step in steps):
            parts = [step.desired for step in steps if step.desired is not None]
            yield address, steps[0].whole or whole(parts).job


def _some_elsewhere(step: PlannedChange, address: str, dependencies: Dependencies) -> bool:
    if step.desired is None or not step.change.starts or len(step.conversions) < 2 or step.summary_only:
        return False
    keys = step.keys or tuple(dependencies.session.results.keys(step.desired).values())
    elsewhere = [dependencies.makes_elsewhere(address, key) for key in keys]
    return any(elsewhere) and not (all(elsewhere) and len(keys) == len(step.conversions))
