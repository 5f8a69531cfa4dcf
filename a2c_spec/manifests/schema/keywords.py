"""Checks of single values against a schema (types, enumerations, patterns, limits), and how they report."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from a2c_spec.core.desired import Late
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.manifests.expressions.limits import Unknown, nearest
from a2c_spec.manifests.yaml.tree import Mark, Tree, position


class Report:
    """The problems found. ``rendered``: templates are already computed, so that ``${{`` is ordinary text."""

    __slots__ = ("problems", "rendered")

    def __init__(self, rendered: bool) -> None:
        self.rendered = rendered
        self.problems: list[Diagnostic] = []

    def add(self, mark: Mark, message: str, hint: Callable[[], str] | None = None) -> None:
        """Note a problem; ``hint`` is called only when the problem is kept."""
        self.problems.append(Diagnostic(position(mark), message, hint() if hint else ""))


class _Rejected(Exception):
    """Raised by ``_Silent`` at the first problem."""


class _Silent(Report):
    """A report that keeps nothing: it stops the check at the first problem."""

    __slots__ = ()

    def add(self, _mark: Mark, _message: str, _hint: Callable[[], str] | None = None) -> None:
        raise _Rejected


Check = Callable[[Tree, str, Mark, Report], None]
Schema = Mapping[str, Any]
_SILENT = {rendered: _Silent(rendered) for rendered in (False, True)}


def accepts(check: Check, value: Tree, mark: Mark, report: Report) -> bool:
    """Whether ``check`` finds no problem; nothing is reported."""
    try:
        check(value, "", mark, _SILENT[report.rendered])
    except _Rejected:
        return False
    return True


def _is_integer(value: Tree) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


# JSON Schema's name of a type -> our words for it, and whether a value has the type
TYPES: dict[str, tuple[str, Callable[[Tree], bool]]] = {
    "object": ("a mapping", lambda value: isinstance(value, dict)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "string": ("text", lambda value: isinstance(value, (str, Late))),
    "integer": ("a whole number", _is_integer),
    "number": ("a number", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "null": ("null", lambda value: value is None),
}


def kind_of(value: Tree) -> str:
    """The kind of ``value`` in words, such as `a list`; for numbers and booleans, the value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return next(words for words, fits in TYPES.values() if fits(value))


def subject(label: str) -> str:
    """What a message is about; the label of a list's items ends with ``[]``."""
    if label.endswith("[]"):
        return f"an item of `{label[:-2]}`"
    return f"`{label}`" if label else "this"


def typed(schema: Schema, steps: Sequence[Check]) -> Check:
    """A check of the type that goes on with ``steps`` when the type is right."""
    words, fits = TYPES[schema["type"]]

    def check(value: Tree, label: str, mark: Mark, report: Report) -> None:
        if not fits(value):
            if type(value) is not Unknown:
                report.add(mark, f"{subject(label)} must be {words}, found {kind_of(value)}")
            return
        for step in steps:
            step(value, label, mark, report)

    return check


def enum(schema: Schema) -> Check:
    """A check of ``enum`` or ``const``."""
    allowed = schema["enum"] if "enum" in schema else [schema["const"]]
    texts = frozenset(item for item in allowed if isinstance(item, str))
    must = f"must be one of {', '.join(map(str, allowed))}" if len(allowed) > 1 else f"must be {allowed[0]}"

    def hint(value: Tree) -> str:
        found = nearest(value, texts) if isinstance(value, str) else ""
        return found if found.startswith("did") else ""

    def check(value: Tree, label: str, mark: Mark, report: Report) -> None:
        if value in texts if type(value) is str else type(value) is Unknown or _among(value, allowed):
            return
        shown = f"`{value[:40]}`" if isinstance(value, str) else kind_of(value)
        report.add(mark, f"{subject(label)} {must}; found {shown}", lambda: hint(value))

    return check


def _among(value: Tree, allowed: Sequence[Any]) -> bool:
    if not isinstance(value, (int, float)):
        return False
    return any(value == item and isinstance(value, bool) == isinstance(item, bool) for item in allowed)


def pattern(schema: Schema) -> Check:
    """A check of ``pattern``; its message does not show the text, which may be a secret in the wrong place."""
    expression = re.compile(schema["pattern"])

    def check(value: Tree, label: str, mark: Mark, report: Report) -> None:
        if isinstance(value, str) and not expression.search(value):
            report.add(mark, f"{subject(label)} must match {expression.pattern}")

    return check


def limit(
    keyword: str, applies: Callable[[Tree], bool], fails: Callable[[Any, Any], bool], words: str
) -> Callable[[Schema], Check]:
    """Makes the check of a keyword whose value is a number."""

    def make(schema: Schema) -> Check:
        bound = schema[keyword]
        message = words.format(limit=bound, plural="" if bound == 1 else "s")

        def check(value: Tree, label: str, mark: Mark, report: Report) -> None:
            if applies(value) and fails(value, bound):
                found = f", found {value}" if isinstance(value, (int, float)) else ""
                report.add(mark, f"{subject(label)} {message}{found}")

        return check

    return make


_is_number = TYPES["number"][1]
_is_text: Callable[[Tree], bool] = lambda value: isinstance(value, str)  # noqa: E731 - beside its neighbours
_is_list, _is_mapping = TYPES["array"][1], TYPES["object"][1]

LEAVES: dict[str, Callable[[Schema], Check]] = {
    "enum": enum,
    "const": enum,
    "pattern": pattern,
    "minimum": limit("minimum", _is_number, lambda value, bound: value < bound, "must be at least {limit}"),
    "maximum": limit("maximum", _is_number, lambda value, bound: value > bound, "must be at most {limit}"),
    "minLength": limit("minLength", _is_text, lambda value, bound: len(value) < bound, "must not be empty"),
    "maxLength": limit(
        "maxLength", _is_text, lambda value, bound: len(value) > bound, "has more than {limit} characters"
    ),
    "minItems": limit("minItems", _is_list, lambda value, bound: len(value) < bound, "needs {limit} item{plural}"),
    "minProperties": limit("minProperties", _is_mapping, lambda value, bound: len(value) < bound, "must not be empty"),
    "maxProperties": limit(
        "maxProperties", _is_mapping, lambda value, bound: len(value) > bound, "has more than {limit} key{plural}"
    ),
}
