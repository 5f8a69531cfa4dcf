"""Whether the value of an option is one that the catalog describes; values are shown only where they are numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from a2c_spec.manifests.expressions.limits import LONG_NAME, Unknown, nearest
from a2c_spec.manifests.expressions.regex import PatternError, found
from a2c_spec.manifests.schema.keywords import kind_of
from a2c_spec.manifests.yaml.tree import MapNode, Mark, SeqNode, Tree

SHOWN = 50
"""So many of the values that are allowed are named in a message."""

Descriptor = Mapping[str, Any]
Complaint = tuple[str, Mark, str, str]
"""The name of an option or of what is inside it, where it is, what is wrong with it, what to do."""

# understood for every target, whether or not its catalog entry lists them
UNIVERSAL: Mapping[str, Descriptor] = {
    "allow_multiple_outputs": {"type": "boolean"},
    "allow_multiple_outputs_threshold": {"type": "integer", "minimum": 2, "maximum": 400},
    "download_password": {"type": "string", "pattern": "^[ -~]{0,1000}$"},
    "output_filename": {"type": "string", "pattern": "^[\\w\\W]{0,255}$"},
    "preset": {"type": "string", "pattern": "^[\\w\\W]{1,255}$"},
}


def _is_text(value: Tree) -> bool:
    return isinstance(value, str)


def _is_integer(value: Tree) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Tree) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: dict[str, tuple[str, Callable[[Tree], bool]]] = {
    "string": ("text", lambda value: isinstance(value, str) or is_secret(value)),
    "integer": ("a whole number", _is_integer),
    "number": ("a number", _is_number),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "array": ("a list", lambda value: isinstance(value, SeqNode)),
    "object": ("a mapping", lambda value: isinstance(value, MapNode) and not is_secret(value)),
}
_FROM_TEXT = {
    "integer": "a number has no quotes; from a table: ${{ each.COLUMN | int }}",
    "number": "a number has no quotes; from a table: ${{ each.COLUMN | float }}",
    "boolean": "write true or false, without quotes; from a table: ${{ each.COLUMN == 'true' }}",
}


def is_secret(value: Tree) -> bool:
    """Whether a value is a reference to a secret, of which nothing is known here."""
    return isinstance(value, MapNode) and len(value) == 1 and isinstance(value.get("secret"), str)


def complaints(name: str, value: Tree, mark: Mark, described: Any) -> Iterator[Complaint]:
    """What is wrong with the value of the option ``name``. null unsets an option, so it always fits."""
    if value is None or isinstance(value, Unknown) or not isinstance(described, Mapping):
        return
    problem, hint = _problem(value, described)
    if problem:
        yield name, mark, problem, hint
    else:
        yield from _inside(name, value, mark, described)


def _problem(value: Tree, described: Descriptor) -> tuple[str, str]:
    kind = str(described.get("type"))
    words, fits = _TYPES.get(kind, ("", lambda _value: True))
    if not fits(value):
        shown = "a secret" if is_secret(value) else kind_of(value)
        return f"must be {words}, found {shown}", _FROM_TEXT.get(kind, "") if isinstance(value, str) else ""
    if is_secret(value):
        return "", ""
    allowed = described.get("enum")
    if isinstance(allowed, list) and allowed and value not in allowed:
        return _not_allowed(value, allowed)
    if _is_number(value):
        return _range_problem(value, described.get("minimum"), described.get("maximum")), ""
    pattern = described.get("pattern")
    if isinstance(value, str) and isinstance(pattern, str) and not _matches(value, pattern):
        example = described.get("example")
        return f"must match {pattern}", f"such as {str(example)[:LONG_NAME]}" if example else ""
    return "", ""


def _not_allowed(value: Tree, allowed: list[Any]) -> tuple[str, str]:
    found_number = f", found {value}" if _is_number(value) else ""
    near = nearest(value, filter(_is_text, allowed), 0.7) if isinstance(value, str) else ""
    hint = near if near.startswith("did") else ""
    return f"must be one of: {_some(allowed)}{found_number}", hint


def _some(names: Collection[Any]) -> str:
    """The names that there are, as far as they can be read at a glance."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(str(name)[:LONG_NAME] for name in islice(names, SHOWN)) + more


def _range_problem(value: float, lowest: Any, highest: Any) -> str:
    low, high = _is_number(lowest), _is_number(highest)
    if not (low and value < lowest) and not (high and value > highest):
        return ""
    if low and high:
        return f"must be between {lowest} and {highest}, found {value}"
    return f"must be at least {lowest}, found {value}" if low else f"must be at most {highest}, found {value}"


def _matches(value: str, pattern: str) -> bool:
    try:
        return found(pattern, value, len(value))
    except PatternError:
        return True  # a pattern that we do not understand is the service's to judge


def _inside(name: str, value: Tree, mark: Mark, described: Descriptor) -> Iterator[Complaint]:
    """What is wrong with the members of a mapping, or of each mapping in a list, that the catalog describes."""
    members = described.get("properties")
    if not isinstance(members, Mapping):
        return
    rows = list(zip(value, value.marks, strict=True)) if isinstance(value, SeqNode) else [(value, mark)]
    for row, where in rows:
        if not isinstance(row, MapNode):
            yield name, where, f"must hold mappings, found {kind_of(row)}", f"with {_some(members)}"
            continue
        for key, member in row.items():
            if key in members:
                yield from complaints(f"{name}.{key}", member, row.marks[key], members[key])
            else:
                yield f"{name}.{key}", row.key_marks[key], "is not known", nearest(key, members)
