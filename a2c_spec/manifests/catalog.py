"""Check a job against the service's catalog: targets, and the names, types and ranges of their options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from a2c_spec.core.desired import Conversion, Job, Preset, Secret
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests.expressions.limits import nearest
from a2c_spec.manifests.expressions.regex import MAX_TEXT, PatternError, found

# understood for every target, whether or not its catalog entry lists them
UNIVERSAL = frozenset(
    {"allow_multiple_outputs", "allow_multiple_outputs_threshold", "download_password", "output_filename", "preset"}
)
_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("text", lambda value: isinstance(value, (str, Secret))),
    "integer": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "number": ("a number", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "array": ("a list", lambda value: isinstance(value, tuple)),
    "object": ("a mapping", lambda value: isinstance(value, Mapping)),
}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The rows of ``GET /conversions``, by target."""

    by_target: Mapping[str, tuple[Row, ...]]


def index_catalog(rows: Iterable[Row]) -> Catalog:
    """The catalog, ready to check many jobs."""
    by_target: dict[str, tuple[Row, ...]] = {}
    for row in rows:
        by_target[row["target"]] = (*by_target.get(row["target"], ()), row)
    return Catalog(by_target)


def check_catalog(item: Job | Preset, catalog: Catalog | Iterable[Row]) -> list[Diagnostic]:
    """What of ``item`` the service would refuse, by its catalog."""
    known = catalog if isinstance(catalog, Catalog) else index_catalog(catalog)
    if isinstance(item, Preset):
        return list(_target(item.target, item.category, item.options, item.position, known))
    return [problem for conversion in item.conversions for problem in _conversion(conversion, known)]


def _conversion(item: Conversion, catalog: Catalog) -> Iterator[Diagnostic]:
    return _target(item.target, item.category, item.options, item.position, catalog)


def _target(
    target: str, category: str, options: Mapping[str, Any], where: Position, catalog: Catalog
) -> Iterator[Diagnostic]:
    rows = catalog.by_target.get(target, ())
    fitting = [row for row in rows if not category or row.get("category") == category]
    if not rows:
        yield Diagnostic(where, f"the catalog has no target `{target}`", nearest(target, catalog.by_target))
    elif not fitting:
        categories = [str(row.get("category")) for row in rows]
        message = f"the target `{target}` is not in the category `{category}`"
        yield Diagnostic(where, message, nearest(category, categories))
    elif len(fitting) > 1:
        categories = sorted(str(row.get("category")) for row in fitting)
        yield Diagnostic(where, f"the target `{target}` needs a `category`", f"one of {', '.join(categories)}")
    else:
        yield from _options(options, fitting[0], where)


def _options(options: Mapping[str, Any], row: Row, where: Position) -> Iterator[Diagnostic]:
    described = row.get("options")
    known: Mapping[str, Any] = described if isinstance(described, Mapping) else {}  # an empty map may come as []
    for name, value in options.items():
        if name not in known and name not in UNIVERSAL:
            message = f"the target `{row['target']}` has no option `{name}`"
            yield Diagnostic(where, message, nearest(name, [*known, *UNIVERSAL]))
        elif value is not None and isinstance(known.get(name), Mapping):
            problem = _value_problem(value, known[name])
            if problem:
                yield Diagnostic(where, f"the option `{name}` {problem}", str(known[name].get("description", "")))


def _value_problem(value: Any, description: Mapping[str, Any]) -> str:
    """Why ``value`` does not fit the description of an option, or nothing. Never shows the text of a value."""
    words, fits = _TYPES.get(str(description.get("type")), ("", lambda _value: True))
    if not fits(value):
        return f"must be {words}"
    allowed = description.get("enum")
    if isinstance(allowed, list) and allowed and value not in allowed and not isinstance(value, Secret):
        return f"must be one of {', '.join(map(str, allowed))}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _range_problem(value, description)
    pattern = description.get("pattern")
    return _pattern_problem(value, pattern) if isinstance(value, str) and isinstance(pattern, str) else ""


def _range_problem(value: float, description: Mapping[str, Any]) -> str:
    lowest: Any = description.get("minimum")
    highest: Any = description.get("maximum")
    if _is_number(lowest) and value < lowest:
        return f"must be at least {lowest}, found {value}"
    if _is_number(highest) and value > highest:
        return f"must be at most {highest}, found {value}"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _pattern_problem(value: str, pattern: str) -> str:
    if len(value) > MAX_TEXT:
        return ""  # too long for us to tell; the service will
    try:
        return "" if found(pattern, value) else f"must match {pattern}"
    except PatternError:
        return ""  # a pattern that we do not understand is the service's to judge
