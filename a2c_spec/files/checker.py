"""Check a tree against a JSON Schema, telling everything that is wrong in words, each at its place.

This knows the draft-07 keywords that our schemas use; a test holds it against the ``jsonschema`` package. It exists
because a generic validator answers a typo with "not valid under any of the given schemas", and is ten times slower.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.core.model import Late
from a2c_spec.files.bounds import Unknown, nearest
from a2c_spec.files.tree import Place, Row, Table, Tree, position


class Report:
    """What was found. ``rendered``: templates were computed before, so that none is taken for a value any more."""

    __slots__ = ("problems", "rendered")

    def __init__(self, rendered: bool) -> None:
        self.rendered = rendered
        self.problems: list[Diagnostic] = []

    def add(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Diagnostic(position(place), message, hint))


Check = Callable[[Tree, str, Place, Report], None]
Schema = Mapping[str, Any]
Resolve = Callable[[str, str], tuple[Any, str]]

_TEMPLATE = "#/definitions/template"


def _is_integer(value: Tree) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


# JSON Schema's name -> what we call it, what is one
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
    """What ``value`` is, in words."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return next(words for words, fits in TYPES.values() if fits(value))


class Compiler:
    """Turns schemas into functions, each definition once."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.made: dict[str, Check] = {}

    def checker(self, reference: str, base: str) -> Check:
        """The function for what ``reference`` names, as seen from the schema ``base``."""
        name = reference if not reference.startswith("#") else f"{base}.schema.json{reference}"
        if name not in self.made:
            self.made[name] = self.compile(*self.resolve(name, base))
        return self.made[name]

    def compile(self, schema: Schema | bool, base: str) -> Check:
        """The function for one schema of the file ``base``."""
        if isinstance(schema, bool):
            return _anything if schema else _nothing
        if "$ref" in schema:
            return self.checker(schema["$ref"], base)
        steps = [make(self, schema, base) for keyword, make in _MAKERS.items() if keyword in schema]
        if _OBJECT_KEYWORDS & schema.keys():
            steps.append(_object(self, schema, base))
        check = _typed(schema, steps) if "type" in schema else _all(steps)
        return _worded(check, schema["errorMessage"]) if "errorMessage" in schema else check


def _anything(value: Tree, label: str, place: Place, report: Report) -> None:
    pass


def _nothing(_value: Tree, label: str, place: Place, report: Report) -> None:
    report.add(place, f"`{label}` is not allowed here")


def _all(steps: Sequence[Check]) -> Check:
    if len(steps) == 1:
        return steps[0]

    def check(value: Tree, label: str, place: Place, report: Report) -> None:
        for step in steps:
            step(value, label, place, report)

    return check


def _typed(schema: Schema, steps: Sequence[Check]) -> Check:
    words, fits = TYPES[schema["type"]]
    if schema["type"] == "object" and "title" in schema:
        words = f"{schema['title']}, which is a mapping"

    def check(value: Tree, label: str, place: Place, report: Report) -> None:
        if not fits(value):
            if type(value) is not Unknown:
                report.add(place, f"{_subject(label)} must be {words}, found {kind_of(value)}")
            return
        for step in steps:
            step(value, label, place, report)

    return check


def _subject(label: str) -> str:
    return f"`{label}`" if label else "this"


def _worded(inner: Check, message: str) -> Check:
    def check(value: Tree, _label: str, place: Place, report: Report) -> None:
        if not accepts(inner, value, place, report.rendered):
            report.add(place, message)

    return check


def accepts(check: Check, value: Tree, place: Place, rendered: bool) -> bool:
    """Whether ``check`` finds nothing wrong."""
    silent = Report(rendered)
    check(value, "", place, silent)
    return not silent.problems


def _object(compiler: Compiler, schema: Schema, base: str) -> Check:
    known = {name: compiler.compile(part, base) for name, part in schema.get("properties", {}).items()}
    patterns = [
        (re.compile(p), compiler.compile(part, base)) for p, part in schema.get("patternProperties", {}).items()
    ]
    others = compiler.compile(schema.get("additionalProperties", True), base)
    title = schema.get("title", "this mapping")

    def check(value: Tree, _label: str, _place: Place, report: Report) -> None:
        if not isinstance(value, Table):
            return
        for key, item in value.items():
            inner = known.get(key) or next((part for pattern, part in patterns if pattern.search(key)), others)
            if inner is _nothing:
                hint = _in_branch(key, known)
                report.add(value.key_places[key], f"`{key}` is not a key of {title}", hint)
            elif inner is not _anything:
                inner(item, key, value.places[key], report)

    return check


_OBJECT_KEYWORDS = {"properties", "patternProperties", "additionalProperties"}
_SOURCES = {"path", "source", "from", "content"}


def _in_branch(key: str, known: Mapping[str, Check]) -> str:
    if key in _SOURCES and _SOURCES & known.keys():
        return "an input has exactly one of `path`, `source`, `from` and `content`"
    return nearest(key, known)


def _required(_compiler: Compiler, schema: Schema, _base: str) -> Check:
    names: list[str] = schema["required"]
    title = schema.get("title", "this")

    def check(value: Tree, _label: str, place: Place, report: Report) -> None:
        if isinstance(value, dict):
            for name in names:
                if name not in value:
                    report.add(place, f"{title} needs the key `{name}`")

    return check


def _names(compiler: Compiler, schema: Schema, base: str) -> Check:
    inner = compiler.compile(schema["propertyNames"], base)

    def check(value: Tree, _label: str, _place: Place, report: Report) -> None:
        if isinstance(value, Table):
            for key in value:
                inner(key, key, value.key_places[key], report)

    return check


def _items(compiler: Compiler, schema: Schema, base: str) -> Check:
    inner = compiler.compile(schema["items"], base)

    def check(value: Tree, label: str, _place: Place, report: Report) -> None:
        if isinstance(value, Row):
            for item, place in zip(value, value.places, strict=True):
                inner(item, label, place, report)

    return check


def _any_of(compiler: Compiler, schema: Schema, base: str) -> Check:
    parts = [part for part in schema["anyOf"] if not part.get("$ref", "").endswith(_TEMPLATE)]
    templates = len(parts) < len(schema["anyOf"])
    branches = [(_type_of(compiler, part, base), compiler.compile(part, base)) for part in parts]

    def check(value: Tree, label: str, place: Place, report: Report) -> None:
        if type(value) is Unknown or (templates and not report.rendered and _is_template(value)):
            return
        if len(branches) > 1 and any(accepts(inner, value, place, report.rendered) for _, inner in branches):
            return
        fitting = [inner for kind, inner in branches if kind is None or TYPES[kind][1](value)] or []
        if len(branches) == 1 or len(fitting) == 1:
            (fitting or [branches[0][1]])[0](value, label, place, report)
        else:
            words = " or ".join(dict.fromkeys(TYPES[kind][0] for kind, _ in branches if kind))
            report.add(place, f"{_subject(label)} must be {words}, found {kind_of(value)}")

    return check


def _is_template(value: Tree) -> bool:
    return isinstance(value, str) and "${{" in value


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

    def check(value: Tree, label: str, place: Place, report: Report) -> None:
        (then if holds(value, place, report.rendered) else otherwise)(value, label, place, report)

    return check


def _condition(compiler: Compiler, schema: Schema, base: str) -> Callable[[Tree, Place, bool], bool]:
    if list(schema) == ["required"] and len(schema["required"]) == 1:
        name = schema["required"][0]
        return lambda value, _place, _rendered: not isinstance(value, dict) or name in value
    inner = compiler.compile(schema, base)
    return lambda value, place, rendered: accepts(inner, value, place, rendered)


def _enum(_compiler: Compiler, schema: Schema, _base: str) -> Check:
    allowed = schema["enum"] if "enum" in schema else [schema["const"]]
    words = ", ".join(str(item) for item in allowed)

    def check(value: Tree, label: str, place: Place, report: Report) -> None:
        if type(value) is Unknown or (isinstance(value, (str, int, float)) and _among(value, allowed)):
            return
        shown = f"`{value[:40]}`" if isinstance(value, str) else kind_of(value)
        hint = nearest(value, [item for item in allowed if isinstance(item, str)]) if isinstance(value, str) else ""
        must = f"must be one of {words}" if len(allowed) > 1 else f"must be {words}"
        report.add(place, f"{_subject(label)} {must}; found {shown}", hint if hint.startswith("did") else "")

    return check


def _among(value: Tree, allowed: Sequence[Any]) -> bool:
    return any(value == item and isinstance(value, bool) == isinstance(item, bool) for item in allowed)


def _pattern(_compiler: Compiler, schema: Schema, _base: str) -> Check:
    pattern = re.compile(schema["pattern"])

    def check(value: Tree, label: str, place: Place, report: Report) -> None:
        if isinstance(value, str) and not pattern.search(value):
            report.add(place, f"{_subject(label)} must match {pattern.pattern}")

    return check


def _limit(keyword: str, applies: Callable[[Tree], bool], fails: Callable[[Any, Any], bool], words: str) -> Any:
    def make(_compiler: Compiler, schema: Schema, _base: str) -> Check:
        limit = schema[keyword]
        message = words.format(limit=limit, plural="" if limit == 1 else "s")

        def check(value: Tree, label: str, place: Place, report: Report) -> None:
            if applies(value) and fails(value, limit):
                found = f", found {value}" if isinstance(value, (int, float)) else ""
                report.add(place, f"{_subject(label)} {message}{found}")

        return check

    return make


def _is_number(value: Tree) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is(kind: type) -> Callable[[Tree], bool]:
    return lambda value: isinstance(value, kind)


_MAKERS: dict[str, Callable[[Compiler, Schema, str], Check]] = {
    "required": _required,
    "propertyNames": _names,
    "items": _items,
    "enum": _enum,
    "const": _enum,
    "pattern": _pattern,
    "minimum": _limit("minimum", _is_number, lambda value, limit: value < limit, "must be at least {limit}"),
    "maximum": _limit("maximum", _is_number, lambda value, limit: value > limit, "must be at most {limit}"),
    "minLength": _limit("minLength", _is(str), lambda value, limit: len(value) < limit, "must not be empty"),
    "maxLength": _limit("maxLength", _is(str), lambda value, limit: len(value) > limit, "has over {limit} characters"),
    "minItems": _limit("minItems", _is(list), lambda value, limit: len(value) < limit, "needs {limit} item{plural}"),
    "minProperties": _limit("minProperties", _is(dict), lambda value, limit: len(value) < limit, "must not be empty"),
    "maxProperties": _limit(
        "maxProperties", _is(dict), lambda value, limit: len(value) > limit, "has over {limit} key{plural}"
    ),
    "anyOf": _any_of,
    "allOf": _all_of,
    "if": _if,
}
