"""The service's catalog: its snapshot ``a2c.catalog.json``, and the check of targets and options against it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from a2c_spec.core.desired import Conversion, Job, Preset, Secret
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.errors import InvalidError
from a2c_spec.manifests.expressions.limits import nearest
from a2c_spec.manifests.expressions.regex import MAX_TEXT, PatternError, found

CATALOG_FILE = "a2c.catalog.json"
_MAX_BYTES = 64 * 1024 * 1024
_PULL_AGAIN = "run `a2c-spec catalog pull` to write it again"

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

CatalogRow = Mapping[str, Any]
Catalog = Mapping[str, tuple[CatalogRow, ...]]
"""The rows of ``GET /conversions``, by target."""


def catalog_rows(root: Path) -> list[CatalogRow] | None:
    """The rows of ``GET /conversions`` from the snapshot; None when there is no snapshot. Raises InvalidError."""
    file = root / CATALOG_FILE
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise InvalidError(f"{CATALOG_FILE} has more than {_MAX_BYTES} bytes", hint=_PULL_AGAIN)
        rows = json.loads(file.read_bytes())
    except OSError:
        return None
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"{CATALOG_FILE} is not valid JSON", hint=_PULL_AGAIN) from error
    valid = isinstance(rows, list) and all(isinstance(row, dict) and isinstance(row.get("target"), str) for row in rows)
    if not valid:
        raise InvalidError(f"{CATALOG_FILE} is not a list of targets", hint=_PULL_AGAIN)
    return list(rows)


def unnamed_targets(rows: Iterable[CatalogRow]) -> frozenset[str]:
    """``category/target`` (and ``/target``) of every row that does not take the option ``output_filename``."""
    lacking = [row for row in rows if row.get("options") and "output_filename" not in row["options"]]
    return frozenset(f"{part}/{row['target']}" for row in lacking for part in (row.get("category", ""), ""))


def index_catalog(rows: Iterable[CatalogRow]) -> Catalog:
    """The catalog, ready to check many jobs."""
    catalog: dict[str, tuple[CatalogRow, ...]] = {}
    for row in rows:
        catalog[row["target"]] = (*catalog.get(row["target"], ()), row)
    return catalog


def check_catalog(item: Job | Preset, catalog: Catalog) -> list[Diagnostic]:
    """The targets and options of ``item`` that the service would refuse."""
    parts: Sequence[Preset | Conversion] = (item,) if isinstance(item, Preset) else item.conversions
    return [problem for part in parts for problem in _target(part, catalog)]


def _target(item: Preset | Conversion, catalog: Catalog) -> Iterator[Diagnostic]:
    target, category, where = item.target, item.category, item.position
    rows = catalog.get(target, ())
    fitting = [row for row in rows if not category or row.get("category") == category]
    if not rows:
        yield Diagnostic(where, f"the catalog has no target `{target}`", nearest(target, catalog))
    elif not fitting:
        categories = [str(row.get("category")) for row in rows]
        message = f"the target `{target}` is not in the category `{category}`"
        yield Diagnostic(where, message, nearest(category, categories))
    elif len(fitting) > 1:
        categories = sorted(str(row.get("category")) for row in fitting)
        yield Diagnostic(where, f"the target `{target}` needs a `category`", f"one of {', '.join(categories)}")
    else:
        yield from _options(item.options, fitting[0], where)


def _options(options: Mapping[str, Any], row: CatalogRow, where: Position) -> Iterator[Diagnostic]:
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
    """Why ``value`` does not fit the description of an option; empty when it does. Never shows text values."""
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
