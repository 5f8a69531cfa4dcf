"""Results that would be saved nowhere, because ``on_conflict`` is skip and something that is not ours is there."""

from __future__ import annotations

from collections.abc import Callable

from a2c_spec.core.desired import Job
from a2c_spec.core.result_paths import Prediction, RenderLate, predicted


def only_skipped(job: Job, late: RenderLate, taken: Callable[[str], bool]) -> dict[str, tuple[str, ...]]:
    """The conversions of which nothing would be saved: conversion -> its places, which are all ``taken`` by what is not
    ours and where ``on_conflict`` is skip."""
    places: dict[str, list[Prediction]] = {}
    if any(spec.on_conflict == "skip" for spec in job.outputs):
        for one in predicted(job, late):
            places.setdefault(one.spec.conversion, []).append(one)
    found = {}
    for name, known in places.items():
        specs = [spec for spec in job.outputs if spec.conversion == name]
        inputs = {spec.input for spec in specs}
        entries = {id(one.spec) for one in known}
        told = len(entries) == len(specs) and ("" in inputs or inputs.issuperset(item.id for item in job.inputs))
        if told and all(one.spec.on_conflict == "skip" and taken(one.path) for one in known):
            found[name] = tuple(one.path for one in known)
    return found
