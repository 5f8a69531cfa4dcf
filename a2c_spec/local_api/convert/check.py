"""Checks a conversion's options against its catalog entry, and fills in the ones that were left out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from a2c_spec.local_api.convert.catalog import resolve

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
    """The options as the service echoes them, and what is wrong with them by option name.

    The keys that were sent come first, then every other option with its default, which mostly is null.
    """
    entry = resolve(target, category)
    if entry is None:
        return dict(options), {"target": f"There is no conversion to {target!r}."}
    errors = {name: problem for name in options if (problem := _problem(name, options[name], entry.options))}
    defaults = {name: descriptor.get("default") for name, descriptor in entry.options.items()}
    sent = {name: defaults.get(name) if value is None else value for name, value in options.items()}
    return {**sent, **{name: value for name, value in defaults.items() if name not in sent}}, errors


def _problem(name: str, value: Any, known: Mapping[str, Mapping[str, Any]]) -> str | None:
    if name not in known:
        return _unknown(name, known)
    return None if value is None else violation(value, known[name])


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Unknown option {name!r}" + (f"; did you mean {near[0]!r}?" if near else ".")


def violation(value: Any, descriptor: Mapping[str, Any]) -> str | None:
    """Why ``value`` does not fit ``descriptor``; None when it does."""
    kind: str = descriptor["type"]
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return f"{value!r} is not of type {kind}."
    if "enum" in descriptor and value not in descriptor["enum"]:
        return f"{value!r} is not one of {', '.join(map(str, descriptor['enum']))}."
    if "pattern" in descriptor and not re.search(_anchored(descriptor["pattern"]), str(value)):
        return f"{value!r} does not match {descriptor['pattern']}."
    return _out_of_range(value, descriptor) or _inside(value, descriptor)


def _anchored(pattern: str) -> str:
    """In JSON Schema ``$`` is the very end; in Python it would also match before a last line break."""
    return pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern


def _out_of_range(value: Any, descriptor: Mapping[str, Any]) -> str | None:
    if "minimum" in descriptor and value < descriptor["minimum"]:
        return f"{value!r} is less than the minimum of {descriptor['minimum']}."
    if "maximum" in descriptor and value > descriptor["maximum"]:
        return f"{value!r} is more than the maximum of {descriptor['maximum']}."
    return None


def _inside(value: Any, descriptor: Mapping[str, Any]) -> str | None:
    """Checks the members of a list of objects, or of one object, against ``properties``."""
    known = descriptor.get("properties")
    if known is None:
        return None
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if not isinstance(item, Mapping):
            return f"{item!r} is not of type object."
        for name, member in item.items():
            if problem := _problem(name, member, known):
                return f"{name}: {problem}"
    return None
