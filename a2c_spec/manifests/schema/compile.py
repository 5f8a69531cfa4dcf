"""Compile JSON Schemas into functions that report everything wrong with a tree, in words and with the place.

This supports the draft-07 keywords that our schemas use; a test compares it with the ``jsonschema`` package. It exists
because a generic validator answers a typo with "not valid under any of the given schemas", and is ten times slower.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from a2c_spec.manifests.expressions.limits import Unknown, nearest
from a2c_spec.manifests.schema.keywords import LEAVES, TYPES, Check, Report, Schema, accepts, kind_of, subject, typed
from a2c_spec.manifests.yaml.tree import MapNode, Mark, SeqNode, Tree

Resolve = Callable[[str, str], tuple[Any, str]]
Condition = Callable[[Tree, Mark, Report], bool]

_TEMPLATE = "#/definitions/template"
_OBJECT_KEYWORDS = frozenset({"properties", "patternProperties", "additionalProperties"})
_SOURCES = frozenset({"path", "source", "from", "content"})
_MEANT = {"url": "source", "uri": "source", "href": "source", "link": "source", "file": "path", "src": "path"}
"""What other tools call the keys of an input."""


class Compiler:
    """Turns schemas into functions, each definition once."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.checks: dict[str, Check] = {}

    def checker(self, reference: str, base: str) -> Check:
        """The check for the schema that ``reference`` names in the file ``base``."""
        name = reference if not reference.startswith("#") else f"{base}.schema.json{reference}"
        if name not in self.checks:
            self.checks[name] = self.compile(*self.resolve(name, base))
        return self.checks[name]

    def compile(self, schema: Schema | bool, base: str) -> Check:
        """The check for one schema of the file ``base``."""
        if isinstance(schema, bool):
            return _anything if schema else _nothing
        if "$ref" in schema:
            return self.checker(schema["$ref"], base)
        steps = [make(schema) for keyword, make in LEAVES.items() if keyword in schema]
        steps += [make(self, schema, base) for keyword, make in _MAKERS.items() if keyword in schema]
        if _OBJECT_KEYWORDS & schema.keys():
            steps.append(_object(self, schema, base))
        check = typed(schema, steps) if "type" in schema else _all(steps)
        return _worded(check, schema["errorMessage"]) if "errorMessage" in schema else check


def _anything(_value: Tree, _label: str, _mark: Mark, _report: Report) -> None:
    pass


def _nothing(_value: Tree, label: str, mark: Mark, report: Report) -> None:
    report.add(mark, f"{subject(label)} is not allowed here")


def _all(steps: Sequence[Check]) -> Check:
    if len(steps) == 1:
        return steps[0]

    def check(value: Tree, label: str, mark: Mark, report: Report) -> None:
        for step in steps:
            step(value, label, mark, report)

    return check


def _worded(inner: Check, message: str) -> Check:
    def check(value: Tree, _label: str, mark: Mark, report: Report) -> None:
        if not accepts(inner, value, mark, report):
            found = [key for key in _MEANT if isinstance(value, MapNode) and key in value]
            report.add(mark, message, lambda: f"write `{_MEANT[found[0]]}` for `{found[0]}`" if found else "")

    return check


def _object(compiler: Compiler, schema: Schema, base: str) -> Check:
    known = {name: compiler.compile(part, base) for name, part in schema.get("properties", {}).items()}
    patterns = [
        (re.compile(expression), compiler.compile(part, base))
        for expression, part in schema.get("patternProperties", {}).items()
    ]
    others = compiler.compile(schema.get("additionalProperties", True), base)
    title = schema.get("title", "this mapping")

    def check(value: Tree, _label: str, _mark: Mark, report: Report) -> None:
        if not isinstance(value, MapNode):
            return
        marks = value.marks
        for key, item in value.items():
            inner = known.get(key)
            if inner is None:
                inner = next((part for pattern, part in patterns if pattern.search(key)), others)
            if inner is _nothing:
                hint = _unknown_key(key, known)
                report.add(value.key_marks[key], f"`{key[:100]}` is not a key of {title}", hint)
            elif inner is not _anything:
                inner(item, key, marks[key], report)

    return check


def _unknown_key(key: str, known: Mapping[str, Check]) -> Callable[[], str]:
    if key in _SOURCES and _SOURCES & known.keys():
        return lambda: "an input has exactly one of `path`, `source`, `from` and `content`"
    meant = _MEANT.get(key, "")
    return lambda: f"did you mean `{meant}`?" if meant in known else nearest(key, known)


def _required(_compiler: Compiler, schema: Schema, _base: str) -> Check:
    names = frozenset(schema["required"])
    title = schema.get("title", "this")

    def check(value: Tree, _label: str, mark: Mark, report: Report) -> None:
        if isinstance(value, dict) and not names <= value.keys():
            for name in sorted(names - value.keys()):
                report.add(mark, f"{title} needs the key `{name}`")

    return check


def _names(compiler: Compiler, schema: Schema, base: str) -> Check:
    inner = compiler.compile(schema["propertyNames"], base)

    def check(value: Tree, _label: str, _mark: Mark, report: Report) -> None:
        if isinstance(value, MapNode):
            for key in value:
                inner(key, key, value.key_marks[key], report)

    return check


def _items(compiler: Compiler, schema: Schema, base: str) -> Check:
    inner = compiler.compile(schema["items"], base)

    def check(value: Tree, label: str, _mark: Mark, report: Report) -> None:
        if isinstance(value, SeqNode):
            item_label = f"{label}[]"
            for item, mark in zip(value, value.marks, strict=True):
                inner(item, item_label, mark, report)

    return check


def _any_of(compiler: Compiler, schema: Schema, base: str) -> Check:
    """``anyOf``: a template, or the one branch for the type of the value, so that messages are about that branch."""
    parts = [part for part in schema["anyOf"] if not part.get("$ref", "").endswith(_TEMPLATE)]
    templates = len(parts) < len(schema["anyOf"])
    branches = [(_type_of(compiler, part, base), compiler.compile(part, base)) for part in parts]
    only = branches[0][1] if len(branches) == 1 else None
    words = " or ".join(dict.fromkeys(TYPES[kind][0] for kind, _ in branches if kind))

    def check(value: Tree, label: str, mark: Mark, report: Report) -> None:
        if templates and not report.rendered and isinstance(value, str) and "${{" in value:
            return
        if only is not None:
            only(value, label, mark, report)
            return
        fitting = [inner for kind, inner in branches if kind is None or TYPES[kind][1](value)]
        if len(fitting) == 1:
            fitting[0](value, label, mark, report)
        elif type(value) is not Unknown and not any(accepts(inner, value, mark, report) for inner in fitting):
            report.add(mark, f"{subject(label)} must be {words}, found {kind_of(value)}")

    return check


def _type_of(compiler: Compiler, schema: Schema, base: str) -> str | None:
    while "$ref" in schema:
        schema, base = compiler.resolve(schema["$ref"], base)
    kind: str | None = schema.get("type", "string" if "enum" in schema else None)
    return kind


def _all_of(compiler: Compiler, schema: Schema, base: str) -> Check:
    return _all([compiler.compile(part, base) for part in schema["allOf"]])


def _if(compiler: Compiler, schema: Schema, base: str) -> Check:
    holds = _condition(compiler, schema["if"], base)
    then = compiler.compile(schema.get("then", True), base)
    otherwise = compiler.compile(schema.get("else", True), base)

    def check(value: Tree, label: str, mark: Mark, report: Report) -> None:
        (then if holds(value, mark, report) else otherwise)(value, label, mark, report)

    return check


def _condition(compiler: Compiler, schema: Schema, base: str) -> Condition:
    """A function that says whether an ``if`` holds; the two forms that our schemas use need no inner check."""
    if schema.keys() == {"required"} and len(schema["required"]) == 1:
        name = schema["required"][0]
        return lambda value, _mark, _report: not isinstance(value, dict) or name in value
    (key, part), *more = schema.get("properties", {"": {}}).items()
    if schema.keys() == {"properties"} and not more and part.keys() == {"const"} and isinstance(part["const"], str):
        return lambda value, _mark, _report: (
            not isinstance(value, dict) or value.get(key, part["const"]) == part["const"]
        )
    inner = compiler.compile(schema, base)
    return lambda value, mark, report: accepts(inner, value, mark, report)


_MAKERS: dict[str, Callable[[Compiler, Schema, str], Check]] = {
    "required": _required,
    "propertyNames": _names,
    "items": _items,
    "anyOf": _any_of,
    "allOf": _all_of,
    "if": _if,
}
