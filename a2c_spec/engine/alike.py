"""Changes of one plan that make the same: the first is paid for, the others take its result from the cache."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

from a2c_spec.core.reasons import FREE
from a2c_spec.core.run_keys import address_of
from a2c_spec.engine.planned import PlannedChange


def with_alike(steps: Sequence[PlannedChange], taken_from: Container[str]) -> list[PlannedChange]:
    """The changes, each of which says which earlier one makes all that it would make.

    ``taken_from`` are addresses whose results others take: these need a job of their own, and where there is one, it is
    that one which the others wait for. What is asked for anew is made anew once.
    """
    makers: dict[str, str] = {}
    for step in steps:
        if address_of(step.change.address) in taken_from and not step.change.problem:
            for key in step.keys:
                makers.setdefault(key, address_of(step.change.address))
    found = []
    for step in steps:
        change, address = step.change, address_of(step.change.address)
        if step.keys and not change.problem:
            known = [makers[key] for key in step.keys if key in makers]
            free = change.starts and address not in taken_from
            if free and len(known) == len(step.keys):
                told = f"{FREE}{known[0]} makes the same, and its result is taken from the results cache"
                change = replace(change, alike=known[0], reasons=(*change.reasons, told), credits=0, work="")
                step = replace(step, change=change)
            for key in step.keys:
                makers.setdefault(key, address)
        found.append(step)
    return found
