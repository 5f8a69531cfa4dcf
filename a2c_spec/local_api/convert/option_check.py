"""Checks a conversion's options against its catalog entry, and fills in the ones that were left out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from a2c_spec.local_api.convert.catalog import resolve
from a2c_spec.local_api.convert.contract import CatalogEntry

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
}


def check_options(
    target: str, category: str | None, options: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The options as the service echoes them, and what is wrong with them by option name."""
    entry = resolve(target, category)
    if entry is None:
        return dict(options), {"target": f"There is no conversion to {target!r}."}
    return expanded(entry, options), problems(entry, options)


def expanded(entry: CatalogEntry, options: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent comes first, then every other option with its default, which mostly is null."""
    defaults = {name: descriptor.get("default") for name, descriptor in entry.options.items()}
    sent = {name: defaults.get(name) if value is None else value for name, value in options.items()}
    return {**sent, **{name: value for name, value in defaults.items() if name not in sent}}


def problems(entry: CatalogEntry, options: Mapping[str, Any], *, unknown: bool = True) -> dict[str, str]:
    """What is wrong with options, by name; ``unknown`` says whether a name nobody knows is wrong."""
    given = {name: value for name, value in options.items() if unknown or name in entry.options}
    return {name: text for name, value in given.items() if (text := _problem(name, value, entry.options))}


def _problem(name: str, value: Any, known: Mapping[str, Mapping[str, Any]]) -> str | None:
    if name not in known:
        return _unknown(name, known)
    return None if value is None else violation(value, known[name])


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Unknown option {name!r}" + (f"; did you mean {near[0]!r}?" if near else ".")


def violation(value: Any, descriptor: Mapping[str, Any]) -> str | None:
    """Why ``value`` does not fit ``descriptor``; None when it does. The value, maybe a password, is not repeated."""
    kind: str = descriptor["type"]
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return f"The value must be of type {kind}"
    if "enum" in descriptor and value not in descriptor["enum"]:
        return f"The value must be one of: {', '.join(map(str, descriptor['enum']))}"
    if "pattern" in descriptor and not re.search(_anchored(descriptor["pattern"]), str(value)):
        return f"The value must match {descriptor['pattern']}"
    return _out_of_range(value, descriptor) or _inside(value, descriptor)


def _anchored(pattern: str) -> str:
    """In JSON Schema ``$`` is the very end; in Python it would also match before a last line break."""
    return pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern


def _out_of_range(value: Any, descriptor: Mapping[str, Any]) -> str | None:
    low, high = descriptor.get("minimum"), descriptor.get("maximum")
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    if low is not None and high is not None:
        return f"The value must be between {low} and {high}"
    return f"The value must be at least {low}" if high is None else f"The value must be at most {high}"


def _inside(value: Any, descriptor: Mapping[str, Any]) -> str | None:
    """Checks the members of a list of objects, or of one object, against ``properties``."""
    known = descriptor.get("properties")
    if known is None:
        return None
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if not isinstance(item, Mapping):
            return "Each value must be of type object"
        for name, member in item.items():
            if problem := _problem(name, member, known):
                return f"{name}: {problem}"
    return None
