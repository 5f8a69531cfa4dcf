"""The catalog as the service uses it: looking targets up, checking options, filling in defaults."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from a2c_spec.local_api.convert.contract import CatalogEntry

Descriptor = Mapping[str, Any]

# Options that the service itself carries out, whatever the target.
UNIVERSAL: Mapping[str, Descriptor] = {
    "allow_multiple_outputs": {
        "type": "boolean",
        "default": False,
        "description": "Several results become one output each instead of one archive",
    },
    "allow_multiple_outputs_threshold": {
        "type": "integer",
        "minimum": 2,
        "maximum": 400,
        "description": "More results than this are packed into one archive after all",
    },
    "download_password": {
        "type": "string",
        "pattern": "^[ -~]{0,1000}$",
        "description": "Password, or comma-separated passwords, that open the download",
    },
    "output_filename": {
        "type": "string",
        "pattern": r"^[\w\W]{0,255}$",
        "description": "Base name of the result, without extension",
    },
    "preset": {"type": "string", "pattern": r"^[\w\W]{1,255}$", "description": "Id of a preset to start from"},
}

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True, slots=True)
class Offers:
    """All conversions on offer, each with the universal options."""

    entries: tuple[CatalogEntry, ...]

    def find(self, target: str, category: str = "") -> CatalogEntry | None:
        """The entry of a target; without a category the first one that has it."""
        matches = (entry for entry in self.entries if entry.target == target and category in ("", entry.category))
        return next(matches, None)

    def expand(self, target: str, category: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as the API echoes them: what was set, then every other one with its default."""
        entry = self.find(target, category)
        listed = entry.options if entry else {}
        rest = {name: spec.get("default") for name, spec in listed.items() if name not in options}
        return {**options, **rest}

    def problems(self, entry: CatalogEntry, options: Mapping[str, Any], *, unknown: bool) -> dict[str, str]:
        """What is wrong with options, by name; ``unknown`` says whether a name nobody knows is wrong."""
        found = {}
        for name, value in options.items():
            text = _problem(entry.options.get(name), value, unknown=unknown)
            if text:
                found[name] = text
        return found


def offers(entries: tuple[CatalogEntry, ...]) -> Offers:
    """The converters' catalog with the universal options added."""
    return Offers(tuple(replace(entry, options={**UNIVERSAL, **entry.options}) for entry in entries))


def _problem(spec: Descriptor | None, value: Any, *, unknown: bool) -> str:
    if spec is None:
        return "This option is not known" if unknown else ""
    if value is None:
        return ""
    for check in (_wrong_type, _not_listed, _out_of_range, _wrong_shape):
        text = check(spec, value)
        if text:
            return text
    return ""


def _wrong_type(spec: Descriptor, value: Any) -> str:
    wanted = spec.get("type")
    names = wanted if isinstance(wanted, list | tuple) else [wanted]
    allowed = tuple(kind for name in names for kind in _TYPES.get(str(name), ()))
    if not allowed or (isinstance(value, allowed) and (not isinstance(value, bool) or bool in allowed)):
        return ""
    return f"The value must be of type {' or '.join(str(name) for name in names)}"


def _not_listed(spec: Descriptor, value: Any) -> str:
    allowed = spec.get("enum")
    if not allowed or value in allowed:
        return ""
    return f"The value must be one of: {', '.join(str(entry) for entry in allowed)}"


def _out_of_range(spec: Descriptor, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    low, high = spec.get("minimum", -math.inf), spec.get("maximum", math.inf)
    return "" if low <= value <= high else f"The value must be between {low} and {high}"


def _wrong_shape(spec: Descriptor, value: Any) -> str:
    pattern = spec.get("pattern")
    if not pattern or not isinstance(value, str) or re.search(pattern, value):
        return ""
    return f"The value must match {pattern}"
