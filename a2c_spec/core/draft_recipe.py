"""What a draft, a job that is held, would run: its recipe after each call of an edit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change
from a2c_spec.core.recipe import fingerprint
from a2c_spec.core.state import JobRecord

Recipe = Mapping[str, Any]
"""A ``basis``: the recipe of a job, part by part."""

INPUTS, CONVERSIONS = "inputs.", "conversions."


def recipe_after(recipe: Recipe, calls: Iterable[Call], wanted: Recipe, later: Collection[str]) -> Recipe:
    """The recipe of a draft once these calls were answered; ``wanted`` is what it is in the end.

    ``later`` are the parts that later calls of the same change touch, so that it is not told what they are until then:
    empty where these are inputs, of which every conversion is made, or the job itself.
    """
    touched = {effect.name: effect.sent for call in calls for effect in call.effects}
    untold = {name for name, sent in touched.items() if sent is not None and name in later}
    if not recipe or any(not name.startswith(CONVERSIONS) for name in untold):
        return {}
    fields = wanted if "job" in touched else recipe
    inputs = _touched("inputs", recipe, wanted, touched)
    moved = any("position" in (sent or ()) for name, sent in touched.items() if name.startswith(INPUTS))
    first = [name for name in (wanted if moved else recipe).get("order", ()) if name in inputs]
    conversions = _touched("conversions", recipe, wanted, touched)
    return {
        "order": [*first, *(name for name in inputs if name not in first)],
        "inputs": inputs,
        "conversions": {name: one for name, one in conversions.items() if f"{CONVERSIONS}{name}" not in untold},
        **({"fields": fields["fields"]} if "fields" in fields else {}),
    }


def _touched(kind: str, recipe: Recipe, wanted: Recipe, touched: Mapping[str, Any]) -> dict[str, Any]:
    """The recipes of the parts of one kind, those that are touched as they are wanted."""
    names = {name.removeprefix(f"{kind}."): sent for name, sent in touched.items() if name.startswith(f"{kind}.")}
    want = wanted.get(kind, {})
    kept = {name: one for name, one in recipe.get(kind, {}).items() if name not in names}
    return kept | {name: want[name] for name, sent in names.items() if sent is not None and name in want}


def renamed_recipe(recipe: Recipe, names: Mapping[str, str]) -> Recipe:
    """The recipe of a draft with its parts under other names (``conversions.a``, old to new)."""
    if all(old == new for old, new in names.items()) or not recipe:
        return recipe
    renamed: dict[str, Any] = {**recipe, "order": [_renamed(INPUTS, key, names) for key in recipe.get("order", ())]}
    for kind in ("inputs", "conversions"):
        renamed[kind] = {_renamed(f"{kind}.", key, names): one for key, one in recipe.get(kind, {}).items()}
    return renamed


def _renamed(kind: str, key: str, names: Mapping[str, str]) -> str:
    return names.get(kind + key, kind + key).removeprefix(kind)


def is_draft(record: JobRecord) -> bool:
    """Whether the job is one of which it is known what it would run as it is."""
    return replace(record, intent=None).held


def draft_after(record: JobRecord, calls: Sequence[Call], change: Change) -> JobRecord:
    """The record with the recipe that a draft has once these calls of its change were answered."""
    if not is_draft(record) or any(call.starts for call in calls):
        return record
    last = max(call.step for call in calls)
    later = {effect.name for call in change.calls if call.step > last for effect in call.effects}
    basis = recipe_after(record.basis, calls, change.basis, later)
    return replace(record, basis=basis, fingerprint=fingerprint(basis) if basis else "")
