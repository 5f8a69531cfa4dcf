"""How a filter, a test or a method is limited: what is counted before it is called, and what is checked after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import jinja2
from jinja2.utils import pass_context

from a2c_spec.manifests.expressions.limits import (
    MAX_ITEMS,
    MAX_RANGE,
    MAX_WIDTH,
    Absent,
    Budget,
    ExpressionError,
    limited,
    weigh,
)

MAX_WRAP = 10_000  # characters that `wordwrap` takes
LETTERS = {
    "capitalize": 20, "ext": 3, "float": 10, "int": 10, "lower": 20, "rsplit": 25, "slug": 2, "split": 25, "stem": 3,
    "title": 1, "upper": 20, "urlencode": 2, "wordcount": 3,
}  # fmt: skip  # a table
"""How many characters of a text one step pays for, where that is not 100: what takes longer for each costs more."""
CALL = 8
"""Steps of one call, whatever it is of: `map` and its like make one for each item."""
SORTED = 4
"""Steps of an item that is compared with others, or looked into, beside what looking at it costs."""
_MISUSE = (TypeError, ValueError, ArithmeticError, AttributeError, LookupError, AssertionError, jinja2.TemplateError)


@dataclass(frozen=True, slots=True)
class Function:
    """One filter, test or method: one line of documentation, an example with its value, and how it is limited.

    ``looks_at`` says what it costs beside CALL: nothing for "one", a step for "each" item, or a step for "all" values
    inside its arguments; "text" is "all", and lists and mappings among the arguments count as text too; "items" is
    "all", and what is first counts as items (of a text its characters), each of which is made, compared and sorted;
    "within" is "each", and what is first counts as items that something is done with.
    ``check`` is called before it, with the budget and the same arguments.
    """

    call: Callable[..., Any]
    meaning: str
    example: str
    value: Any
    looks_at: str = "text"
    check: Callable[..., None] | None = None


def callable_of(name: str, function: Function) -> Callable[..., Any]:
    """``function`` as Jinja calls it, limited; every misuse is an ExpressionError."""
    passed = getattr(function.call, "jinja_pass_arg", None)
    first = _PASSED[passed.name if passed else ""]
    call, check, looks_at, letters = function.call, function.check, function.looks_at, LETTERS.get(name, 100)

    @pass_context
    def limited_call(context: Any, /, *values: Any, **named: Any) -> Any:
        _charge(context.budget, looks_at, letters, (*values, *named.values()))
        try:
            if check is not None:
                check(context.budget, *values, **named)
            result = call(*first(context), *values, **named)
            if isinstance(result, Iterator):
                result = list(islice(result, MAX_ITEMS + 1))
        except _MISUSE as error:
            raise ExpressionError(f"`{name}` does not fit this value or these arguments") from error
        return limited(result)

    return limited_call


_PASSED: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "": lambda _context: (),
    "context": lambda context: (context,),
    "eval_context": lambda context: (context.eval_ctx,),
    "environment": lambda context: (context.environment,),
}


def _charge(budget: Budget, looks_at: str, letters: int, values: tuple[Any, ...]) -> None:
    """Count the work of a call before it is done."""
    steps = CALL
    if looks_at in ("items", "within") and values and hasattr(values[0], "__len__"):
        steps += (8 if isinstance(values[0], str) else SORTED) * len(values[0])
    for value in values:
        if isinstance(value, str):
            steps += len(value) if looks_at in ("each", "within") else len(value) // letters
        elif looks_at == "one" or type(value) in (int, bool, float, type(None)):
            continue
        elif looks_at in ("each", "within") and not isinstance(value, Absent):
            steps += len(value) if hasattr(value, "__len__") else 0
        else:
            size = weigh(value, budget)
            if looks_at == "text":
                budget.spend_size(size)
                steps += size // letters
    budget.spend(steps)


def text_only(value: Any) -> str:
    """``value``, if it is text; raises TypeError."""
    if not isinstance(value, str):
        raise TypeError("text is needed")
    return value


def check_replace(budget: Budget, value: Any, old: Any, new: Any, count: int | None = None) -> None:
    """``replace``: every occurrence may grow."""
    text, times = str(value), str(value).count(str(old))
    if count is not None and count >= 0:
        times = min(times, count)
    budget.spend_size(len(text) + times * len(str(new)))


def check_join(budget: Budget, value: Any, d: Any = "", attribute: Any = None) -> None:  # noqa: ARG001 - as `join`
    """``join``: the separator is repeated."""
    budget.spend_size(len(str(d)) * len(value))
    budget.spend(len(value) if isinstance(value, str) else 0)


def check_trim(budget: Budget, value: Any, chars: Any = None) -> None:
    """``trim`` and its like: each character is looked for among those that go."""
    budget.spend(len(str(value)) * len(chars) // 1000 if isinstance(chars, str) else 0)


def check_width(_budget: Budget, _value: Any, width: int = 80) -> None:
    """``center``, ``zfill``: no width beyond MAX_WIDTH."""
    if width > MAX_WIDTH:
        raise ExpressionError(f"a width is at most {MAX_WIDTH}")


def check_indent(budget: Budget, value: Any, width: int | str = 4, *_rest: Any, **_named: Any) -> None:
    """``indent``: every line grows."""
    each = len(width) if isinstance(width, str) else width
    budget.spend_size(len(value) + (len(text_only(value).splitlines()) + 1) * each)


def check_wrap(budget: Budget, value: Any, *rest: Any, **named: Any) -> None:
    """``wordwrap``: short texts only, as it copies the rest of a text for every line."""
    if len(text_only(value)) > MAX_WRAP:
        raise ExpressionError(f"`wordwrap` takes texts of at most {MAX_WRAP} characters")
    separator = named.get("wrapstring", rest[2] if len(rest) > 2 else None) or "\n"
    budget.spend(2 * len(value))
    budget.spend_size(len(value) * (1 + len(separator)))


def check_rows(_budget: Budget, _value: Any, *rest: Any, **named: Any) -> None:
    """``batch``, ``slice``: rows may be filled up."""
    count = rest[0] if rest else named.get("linecount", named.get("slices", 1))
    if not 0 < count <= MAX_RANGE:
        raise ExpressionError(f"rows are counted from 1 to {MAX_RANGE}")


def check_round(_budget: Budget, _value: Any, precision: int = 0, method: str = "common") -> None:  # noqa: ARG001
    """``round``: powers of ten are computed."""
    if abs(precision) > 100:
        raise ExpressionError("`round` keeps at most 100 digits")


def check_unique(budget: Budget, value: Any, *_rest: Any, **_named: Any) -> None:
    """``unique``: very large numbers can be made to collide in a set."""
    items = list(_flat(value))
    wide = sum(abs(item) >= 2**60 for item in items if isinstance(item, (int, float)))
    budget.spend(4 * len(items) + wide * wide // 100)


def _flat(value: Any) -> Iterator[Any]:
    for item in value.values() if isinstance(value, Mapping) else value:
        if isinstance(item, (list, tuple, Mapping)):
            yield from _flat(item)
        else:
            yield item
