"""Variables: declared in a manifest with a type and limits, given in five ways, checked before they are used.

Lowest to highest: the declaration's ``default``, ``vars/<env>.yaml`` (with ``--env``), each ``--var-file`` in order,
``A2C_VAR_<name>``, ``--var name=value``. Text from the last two is read by the declared type.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic, Position, Severity
from a2c_spec.core.sensitive import HIDDEN, names_secret
from a2c_spec.errors import not_text, why
from a2c_spec.manifests.expressions.limits import Unknown, nearest, nearest_name
from a2c_spec.manifests.expressions.regex import PatternError, check, found
from a2c_spec.manifests.load_options import LoadOptions
from a2c_spec.manifests.paths import hint_of
from a2c_spec.manifests.yaml.reader import file_bytes, read_one
from a2c_spec.manifests.yaml.scalars import MOST_DIGITS, is_for_python
from a2c_spec.manifests.yaml.tree import MapNode, Tree, plain, position, position_of

ENVIRONMENT_PREFIX = "A2C_VAR_"

NEARLY = 0.75
"""How like two names are, of 1, where one is probably meant to be the other."""


@dataclass(frozen=True, slots=True)
class VarValue:
    """A value for a variable, and where it comes from; ``is_text``: the declared type says how to read it."""

    value: Any
    where: Position
    is_text: bool = False


Values = dict[str, VarValue]


@dataclass(frozen=True, slots=True)
class Given:
    """``all`` values from outside the manifests, the names of those that ``--var`` (``flags``) gives, and of those that
    are meant for the manifests that are loaded (``asked_for``), and what is wrong with the files."""

    all: Values
    flags: Set[str]
    asked_for: Set[str]
    problems: list[Diagnostic]


def gather(options: LoadOptions) -> Given:
    """All values from outside the manifests."""
    problems: list[Diagnostic] = []
    asked_for = {*(options.env_vars if options.whole else ())}
    given = {name: VarValue(value, Position("a2c.yaml")) for name, value in options.env_vars.items()}
    for file in files(options):
        values, file_problems = _from_file(file, options)
        given.update(values)
        problems.extend(file_problems)
        asked_for.update(values if options.whole or file in options.var_files else ())
    given.update(_from_environment(options.environ))
    flags = {name: VarValue(value, Position(f"{options.vars_by} {name}"), is_text=True) for name, value in options.vars}
    return Given(given | flags, flags.keys(), asked_for, problems)


def files(options: LoadOptions) -> list[Path]:
    """The files that give values, lowest first."""
    environment_file = options.root / "vars" / f"{options.env}.yaml"
    found = [environment_file] if options.env and environment_file.is_file() else []
    return [*found, *options.var_files]


def _from_file(file: Path, options: LoadOptions) -> tuple[Values, list[Diagnostic]]:
    try:
        data = file_bytes(file, pipe=file in options.var_files, within=options.root)
    except OSError as error:
        problem = f"the variables file cannot be read: {why(error)}"
        return {}, [Diagnostic(Position(str(file)), problem, hint_of(error))]
    tree, problems = read_one(data, str(file))
    if isinstance(tree, MapNode):
        return {name: VarValue(plain(value), position(tree.marks[name])) for name, value in tree.items()}, problems
    if tree is not None:
        problems.append(Diagnostic(Position(str(file), 1, 1), "a variables file must be a mapping of names to values"))
    return {}, problems


def _from_environment(environ: Mapping[str, str]) -> Values:
    return {
        name.removeprefix(ENVIRONMENT_PREFIX): VarValue(value, Position(name), is_text=True)
        for name, value in environ.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }


def resolve(
    declared: Tree, given: Mapping[str, VarValue], withheld: Collection[str] = ()
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """The value of every declared variable (Unknown when it has none, or is ``withheld``), and what is wrong with
    them."""
    values: dict[str, Any] = {}
    problems: list[Diagnostic] = []
    if not isinstance(declared, MapNode):
        return values, problems
    for name, declaration in declared.items():
        where = position(declared.key_marks[name])
        if name in withheld or not isinstance(declaration, MapNode) or not _can_be_used(declaration):
            values[name] = Unknown()  # that is reported
            continue
        value, value_problems = _value(name, declaration, given.get(name), where)
        problems.extend(value_problems)
        values[name] = value
    return values, problems


def _can_be_used(declaration: MapNode) -> bool:
    """Whether what a declaration says of its value is of the kind that it has to be."""
    kinds = {"type": str, "pattern": str, "enum": list, "minimum": int | float, "maximum": int | float}
    return all(isinstance(declaration[key], kind) for key, kind in kinds.items() if key in declaration)


class _Unfit(ValueError):
    """A value that a declaration does not allow."""

    def __init__(self, expected: str, value: Any) -> None:
        super().__init__(expected)
        self.value = value


def _value(name: str, declaration: MapNode, given: VarValue | None, where: Position) -> tuple[Any, list[Diagnostic]]:
    if given is None and "default" not in declaration:
        hint = f"set it with --var {name}=..., {ENVIRONMENT_PREFIX}{name}, a --var-file, or a default"
        return Unknown(), [Diagnostic(where, f"the variable `{name}` has no value", hint)]
    hidden = given is not None and names_secret(name)
    if given is None:
        given = VarValue(plain(declaration["default"]), position_of(declaration, "default"))
    kind = declaration.get("type", "string")
    try:
        value = _read(given.value, kind) if given.is_text else given.value
        _check(value, kind, declaration)
    except PatternError as error:
        return Unknown(), [
            Diagnostic(position_of(declaration, "pattern"), f"the pattern of `{name}` cannot be used: {error}")
        ]
    except ValueError as error:
        found = f", found {HIDDEN if hidden else _shown(error.value)}" if isinstance(error, _Unfit) else ""
        return Unknown(), [
            Diagnostic(given.where, f"the variable `{name}` {error}{found}", str(declaration.get("description", "")))
        ]
    return value, []


def _read(text: str, kind: str) -> Any:
    reader = _READERS.get(kind)
    if reader is None:
        return text
    try:
        return reader(text)
    except (ValueError, RecursionError):
        raise _Unfit(f"must be {_KINDS[kind][0]}", text) from None


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()] if text.lower() in ("true", "false") else _refuse()


def _integer(text: str) -> int:
    return _refuse() if len(text) > MOST_DIGITS or is_for_python(text) else int(text)


def _number(text: str) -> int | float:
    try:
        return _integer(text)
    except ValueError:
        return _refuse() if is_for_python(text) else float(text)


def _refuse() -> Any:
    raise ValueError


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": _integer, "number": _number, "boolean": _boolean, "list": json.loads, "map": json.loads,
}  # fmt: skip  # a table
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("text", lambda value: isinstance(value, str)),
    "integer": ("a whole number", lambda value: type(value) is int),
    "number": ("a number", lambda value: type(value) in (int, float) and abs(value) < float("inf")),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "list": ("a list (JSON on the command line)", lambda value: isinstance(value, list)),
    "map": ("a mapping (JSON on the command line)", lambda value: isinstance(value, Mapping)),
}


def why_not(value: Any) -> str:
    """Why a value is no Unicode."""
    return "; ".join(filter(None, not_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))))


def _check(value: Any, kind: str, declaration: MapNode) -> None:
    if not is_unicode(value):
        raise ValueError(why_not(value))
    words, fits = _KINDS.get(kind, _KINDS["string"])
    if not fits(value):
        raise _Unfit(f"must be {words}", value)
    if "enum" in declaration and value not in declaration["enum"]:
        raise _Unfit(f"must be one of {', '.join(map(_shown, declaration['enum']))}", value)
    pattern = declaration.get("pattern")
    if pattern is not None and isinstance(value, str):
        check(pattern)
        if not found(pattern, value):
            raise _Unfit(f"must match {pattern}", value)
    if "minimum" in declaration and kind in ("integer", "number") and value < declaration["minimum"]:
        raise _Unfit(f"must be at least {declaration['minimum']}", value)
    if "maximum" in declaration and kind in ("integer", "number") and value > declaration["maximum"]:
        raise _Unfit(f"must be at most {declaration['maximum']}", value)


def is_unicode(value: Any) -> bool:
    """Whether all text in a value can be written as UTF-8; bytes from the command line that are none cannot."""
    try:
        json.dumps(plain(value), ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: Any) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def undeclared(given: Given, declared: set[str]) -> Iterator[Diagnostic]:
    """A problem for every given variable that no manifest declares.

    It is an error for one of ``--var``, and a warning for one of ``--var-file``, and of the project's own files where
    all of its manifests are loaded. Other places give values to others, too: a warning only where the name is nearly
    one that is declared.
    """
    for name in sorted(given.all.keys() - declared):
        if name in given.flags or name in given.asked_for or nearest_name(name, declared, NEARLY):
            severity: Severity = "error" if name in given.flags else "warning"
            message = f"no manifest declares the variable `{name}`"
            yield Diagnostic(given.all[name].where, message, nearest(name, declared), severity)
