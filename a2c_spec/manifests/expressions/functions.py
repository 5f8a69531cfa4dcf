"""The filters, methods and tests that expressions may use; what could grow is weighed before it is made."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any

from a2c_spec.manifests.expressions.limits import Budget, ExpressionError, text_of

_MAX_WIDTH = 1_000
_MAX_RANGE = 10_000


def call(
    name: str, function: Callable[..., Any], budget: Budget, values: tuple[Any, ...], named: Mapping[str, Any]
) -> Any:
    """``function(*values, **named)``, with every misuse told as an ExpressionError."""
    budget.spend(1 + sum(len(value) // 100 for value in values if isinstance(value, (str, list, Mapping))))
    try:
        if function in _GROWING:
            return function(budget, *values, **named)
        return function(*values, **named)
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
        raise ExpressionError(f"`{name}` does not fit this value or these arguments") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text is needed")
    return value


def _list(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value)
    if not isinstance(value, (str, list)):
        raise TypeError("a list is needed")
    return list(value)


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("a number is needed")
    return value


def _replace(budget: Budget, value: Any, old: str, new: str) -> str:
    text = _text(value)
    budget.spend_size(len(text) + text.count(_text(old)) * len(_text(new)))
    return text.replace(old, new)


def _join(budget: Budget, value: Any, separator: str = "") -> str:
    parts = [text_of(item) for item in _list(value)]
    budget.spend_size(sum(map(len, parts)) + len(_text(separator)) * len(parts))
    return separator.join(parts)


def _tojson(budget: Budget, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
    budget.spend_size(len(text))
    return text


def _zfill(value: Any, width: int) -> str:
    if width > _MAX_WIDTH:
        raise ValueError("too wide")
    return text_of(value).zfill(width)


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > _MAX_RANGE:
        raise ExpressionError(f"a range may hold {_MAX_RANGE} numbers")
    return list(numbers)


def _to_int(value: Any) -> int:
    if isinstance(value, str) and len(value) > 100:
        raise ValueError("too long")
    return int(value)


def _round(value: Any, digits: int = 0) -> int | float:
    if abs(digits) > 100:
        raise ValueError("too many digits")
    return round(_number(value), digits) if digits else round(_number(value))


def _unique(value: Any) -> list[Any]:
    seen: dict[str, Any] = {}
    for item in _list(value):
        seen.setdefault(json.dumps(item, sort_keys=True), item)
    return list(seen.values())


def _sum(value: Any) -> int | float:
    return sum(_number(item) for item in _list(value))


def _map(value: Any, attribute: str) -> list[Any]:
    return [item[attribute] for item in _list(value)]


def _slug(value: Any) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _text(value).lower()).strip("-")


def _truncate(value: Any, length: int) -> str:
    return _text(value)[: max(0, length)]


def _ext(value: Any) -> str:
    return posixpath.splitext(_text(value))[1].removeprefix(".")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "upper": lambda value: _text(value).upper(),
    "lower": lambda value: _text(value).lower(),
    "title": lambda value: _text(value).title(),
    "capitalize": lambda value: _text(value).capitalize(),
    "trim": lambda value, characters=None: _text(value).strip(characters),
    "replace": _replace,
    "split": lambda value, separator=None: _text(value).split(separator),
    "join": _join,
    "startswith": lambda value, start: _text(value).startswith(_text(start)),
    "endswith": lambda value, end: _text(value).endswith(_text(end)),
    "removeprefix": lambda value, start: _text(value).removeprefix(start),
    "removesuffix": lambda value, end: _text(value).removesuffix(end),
    "zfill": _zfill,
    "slug": _slug,
    "truncate": _truncate,
    "basename": lambda value: posixpath.basename(_text(value)),
    "dirname": lambda value: posixpath.dirname(_text(value)),
    "stem": lambda value: posixpath.splitext(posixpath.basename(_text(value)))[0],
    "ext": _ext,
    "string": text_of,
    "int": _to_int,
    "float": float,
    "round": _round,
    "abs": lambda value: abs(_number(value)),
    "length": len,
    "count": len,
    "first": lambda value: _list(value)[0],
    "last": lambda value: _list(value)[-1],
    "min": lambda value: min(_list(value)),
    "max": lambda value: max(_list(value)),
    "sum": _sum,
    "sort": lambda value, reverse=False: sorted(_list(value), reverse=reverse),
    "reverse": lambda value: value[::-1] if isinstance(value, str) else _list(value)[::-1],
    "unique": _unique,
    "list": _list,
    "map": _map,
    "keys": lambda value: list(value.keys()),
    "values": lambda value: list(value.values()),
    "items": lambda value: [list(item) for item in value.items()],
    "tojson": _tojson,
    "range": _range,
}
_GROWING = frozenset({_replace, _join, _tojson})

# method name -> the function that does it: `each.name.lower()` reads as people expect
METHODS: dict[str, str] = {
    name: name
    for name in (
        "upper",
        "lower",
        "title",
        "capitalize",
        "replace",
        "split",
        "startswith",
        "endswith",
        "removeprefix",
        "removesuffix",
        "zfill",
        "keys",
        "values",
        "items",
    )
} | {"strip": "trim"}

TESTS: dict[str, Callable[..., bool]] = {
    "none": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "mapping": lambda value: isinstance(value, Mapping),
    "sequence": lambda value: isinstance(value, list),
    "even": lambda value: value % 2 == 0,
    "odd": lambda value: value % 2 == 1,
    "divisibleby": lambda value, number: value % number == 0,
    "eq": lambda value, other: value == other,
    "ne": lambda value, other: value != other,
    "in": lambda value, many: value in many,
}
