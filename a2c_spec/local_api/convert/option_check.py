"""Checks the options of a conversion against its catalog entry, and fills in the defaults of the others."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from a2c_spec.local_api.convert.contract import CatalogEntry

MOST_WRONG = 100
"""Wrong options of one conversion that are named."""
TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "string": ("text", (str,)),
    "integer": ("a whole number", (int,)),
    "number": ("a number", (int, float)),
    "boolean": ("true or false", (bool,)),
    "array": ("a list", (list, tuple)),
    "object": ("a mapping", (dict,)),
}


def expanded(entry: CatalogEntry, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as the API shows them: first those that were sent, then all others with their defaults."""
    defaults = {name: descriptor.get("default") for name, descriptor in entry.options.items()}
    sent = {name: defaults.get(name) if value is None else value for name, value in options.items()}
    return {**sent, **{name: value for name, value in defaults.items() if name not in sent}}


def problems(entry: CatalogEntry, options: Mapping[str, Any], *, unknown: bool) -> dict[str, str]:
    """What is wrong with options, by name, of some of them if very many are wrong. ``unknown``: also report names that
    the entry does not have."""
    checked = ((name, value) for name, value in options.items() if unknown or name in entry.options)
    wrong = ((name, text) for name, value in checked if (text := _problem(name, value, entry.options)))
    return dict(islice(wrong, MOST_WRONG))


def _problem(name: str, value: Any, known: Mapping[str, Mapping[str, Any]]) -> str | None:
    if name not in known:
        return _unknown(name, known)
    return None if value is None else violation(value, known[name])


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"The target has no option {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def violation(value: Any, descriptor: Mapping[str, Any]) -> str | None:
    """Why a value does not fit its descriptor, or None. The text never repeats the value, which may be a password."""
    kind: str = descriptor["type"]
    words, types = TYPES[kind]
    if not isinstance(value, types) or (isinstance(value, bool) and kind != "boolean"):
        return f"The value must be {words}"
    if "enum" in descriptor and value not in descriptor["enum"]:
        return f"The value must be one of: {', '.join(map(str, descriptor['enum']))}"
    if "pattern" in descriptor and not re.search(_anchored(descriptor["pattern"]), str(value)):
        return f"The value must match {descriptor['pattern']}"
    return _out_of_range(value, descriptor) or _members(value, descriptor)


def _anchored(pattern: str) -> str:
    """The pattern for Python, where ``$`` also matches before a last line break; in JSON Schema it does not."""
    return pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern


def _out_of_range(value: Any, descriptor: Mapping[str, Any]) -> str | None:
    low, high = descriptor.get("minimum"), descriptor.get("maximum")
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    if low is not None and high is not None:
        return f"The value must be between {low} and {high}"
    return f"The value must be at least {low}" if high is None else f"The value must be at most {high}"


def _members(value: Any, descriptor: Mapping[str, Any]) -> str | None:
    """Check the members of an object, or of each object in a list, against ``properties``."""
    known = descriptor.get("properties")
    if known is None:
        return None
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if not isinstance(item, Mapping):
            return "The value must hold mappings"
        for name, member in item.items():
            if problem := _problem(name, member, known):
                return f"{name}: {problem}"
    return None
