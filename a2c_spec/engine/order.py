"""In which order changes are carried out: what each needs, and what it leaves to be made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from a2c_spec.core.graph import in_dependency_order, split_reference
from a2c_spec.core.run_keys import address_of
from a2c_spec.engine.planned import PlannedChange


def needed(step: PlannedChange) -> list[tuple[str, str]]:
    """What must be there before this change: (address, conversion) of results it takes, (address, "") of presets."""
    if step.desired is None:
        return []
    job = step.desired.job
    results = [split_reference(item.source) for item in job.inputs if item.type == "from"]
    return [*results, *((item.preset_from, "") for item in job.conversions if item.preset_from)]


def held(step: PlannedChange) -> list[tuple[str, str]]:
    """What a change leaves to be made, because the job is held: (address, conversion)."""
    if step.desired is None or step.desired.job.process:
        return []
    draft = step.record is not None and step.record.phase == "building"
    if not draft and step.change.action not in ("create", "replace", "update"):
        return []
    return [(address_of(step.change.address), item.id) for item in step.desired.job.conversions]


def independent(steps: Sequence[PlannedChange]) -> Iterator[PlannedChange]:
    """Those that need nothing of others, last of them those that wait for one that makes the same."""
    wait = _needy(steps)
    return iter(sorted((step for step in steps if not _waits(step, wait)), key=lambda step: bool(step.makers)))


def dependent(steps: Sequence[PlannedChange]) -> Iterator[PlannedChange]:
    """Those that need others, each after those it needs; before all what runs already, as others may make the same."""
    by_address: dict[str, list[PlannedChange]] = {}
    jobs, wait = [], _needy(steps)
    for step in sorted(steps, key=lambda step: step.change.starts):
        if _waits(step, wait) and step.desired is not None:
            address = address_of(step.change.address)
            by_address.setdefault(address, []).append(step)
            jobs += [replace(step.desired.job, address=address)] if needed(step) else []
    for job in in_dependency_order(jobs):
        yield from by_address[job.address]


def _needy(steps: Sequence[PlannedChange]) -> set[str]:
    """The addresses of which some run needs others: all of its runs come with it, as one may make what another does."""
    return {address_of(step.change.address) for step in steps if needed(step)}


def _waits(step: PlannedChange, needy: set[str]) -> bool:
    return step.desired is not None and address_of(step.change.address) in needy
