"""Changes of one plan that make the same: the first is paid for, the others take its result from the cache."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from a2c_spec.core.reasons import FREE
from a2c_spec.core.run_keys import address_of
from a2c_spec.engine.planned import PlannedChange


def with_alike(steps: Sequence[PlannedChange], taken_from: Container[str]) -> list[PlannedChange]:
    """The changes, each of which says which other one makes all that it would make.

    That is the first one that makes it, or one of the addresses ``taken_from``, whose results others take: these need a
    job of their own. What is asked for anew is made anew once.
    """
    makers: dict[str, str] = {}
    making = [step for step in steps if step.keys and not step.change.problem]
    for step in sorted(making, key=lambda step: address_of(step.change.address) not in taken_from):
        for key in step.keys:
            makers.setdefault(key, step.change.address)
    return [step if address_of(step.change.address) in taken_from else _alike(step, makers) for step in steps]


def _alike(step: PlannedChange, makers: Mapping[str, str]) -> PlannedChange:
    change = step.change
    others = [address_of(makers[key]) for key in step.keys if makers.get(key, change.address) != change.address]
    if not (others and change.starts and len(others) == len(step.keys)) or change.problem:
        return step
    told = f"{FREE}{others[0]} makes the same, and its result is taken from the results cache"
    return replace(step, change=replace(change, alike=others[0], reasons=(*change.reasons, told), credits=0, work=""))
