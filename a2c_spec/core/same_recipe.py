"""Whether what a run makes is what is desired: all of it, or which of its conversions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.recipe import as_known, by_bytes
from a2c_spec.core.state import JobRecord


def current(
    desired: DesiredJob, run: JobRecord, among: Collection[str], without: Collection[str] = ()
) -> dict[str, str]:
    """The conversions of a run whose recipe is that of a desired one: id in the record -> id in the manifest.

    ``without`` are ids in the record that stand for others already.
    """
    made = run.basis
    if not made:
        return {name: name for name in among} if run.fingerprint == desired.fingerprint else {}
    recipe = as_known(desired.basis, made)
    if not _same_inputs(desired, recipe, made):
        return {}
    names = [name for name in made["conversions"] if name not in without]
    pairs = {name: name for name in among if name in names and _equal(recipe, name, made, name)}
    for name in among:
        if name not in pairs.values():
            twin = next((old for old in names if old not in pairs and _equal(recipe, name, made, old)), None)
            pairs |= {twin: name} if twin is not None else {}
    return pairs


def same_recipe(desired: DesiredJob, run: JobRecord) -> bool:
    """Whether a run makes all that is desired, as it is desired; secrets out of reach count by their reference."""
    if not run.basis or (run.fingerprint == desired.fingerprint and run.basis == desired.basis):
        return run.fingerprint == desired.fingerprint  # of an earlier version of the state no names are known
    recipe, made = as_known(desired.basis, run.basis), run.basis
    return _same_inputs(desired, recipe, made, awaited=False) and all(
        name in made["conversions"] and _equal(recipe, name, made, name) for name in recipe["conversions"]
    )


def _equal(recipe: Mapping[str, Any], name: str, made: Mapping[str, Any], old: str) -> bool:
    return compare.equal(recipe["conversions"][name], made["conversions"][old])


def _same_inputs(
    desired: DesiredJob, recipe: Mapping[str, Any], made: Mapping[str, Any], *, awaited: bool = True
) -> bool:
    """Whether inputs and fields are the same, whatever the inputs are called. ``awaited``: what an input takes from a
    job that has still to run is not known, and does not count."""
    late = [item.awaited and awaited for item in desired.job.inputs]
    if len(late) != len(made.get("order", ())):
        return False
    ours = [_known(recipe["inputs"][name], late=one) for name, one in zip(recipe["order"], late, strict=True)]
    theirs = [_known(made["inputs"][name], late=one) for name, one in zip(made["order"], late, strict=True)]
    return compare.equal([ours, recipe.get("fields", {})], [theirs, made.get("fields", {})])


def _known(item: Mapping[str, Any], *, late: bool) -> Mapping[str, Any]:
    """What of an input counts: bytes and file name, not which job makes it; of one that is not made yet neither."""
    told = by_bytes(item)
    return {key: value for key, value in told.items() if key not in ("upstream", "filename")} if late else told
