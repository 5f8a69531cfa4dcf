"""What keeps an expression small: work is counted in steps and text in characters, and both are limited."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from a2c_spec.manifests.expressions.work import may_compare

MAX_TEXT = 1_000_000  # characters of one text
MAX_ITEMS = 100_000  # items of one list
MAX_RANGE = 10_000  # numbers of one range
MAX_WIDTH = 1_000  # characters to pad a text to
MAX_BITS = 1024  # of a whole number
MAX_NAMES = 1_000  # names that a hint chooses from
LONG_NAME = 100  # characters; no hint shows more of a name, or finds a longer one

_PRINTF = re.compile(r"%(?:\([^()]*\))?[#0\- +]*(\*|\d+)?(?:\.(\*|\d+)?)?[hlL]?.", re.DOTALL)
_SCALARS = frozenset({str, int, float, bool, type(None)})


class ExpressionError(Exception):
    """An expression that has no value: why, and what to do."""

    def __init__(self, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line


class Unknown:
    """Stands for a value that could not be had; why was reported, so nothing more is said about it."""


class Absent:
    """The base of what stands for a name or key that does not exist."""

    __slots__ = ()

    def fail(self) -> None:
        """Raise the ExpressionError that names what does not exist."""
        raise NotImplementedError


class Budget:
    """How many steps, and how many characters, are left."""

    __slots__ = ("max_size", "max_steps", "size", "steps")

    def __init__(self, steps: int = 200_000, size: int = 10 * MAX_TEXT) -> None:
        self.steps = self.max_steps = steps
        self.size = self.max_size = size

    def grow(self, steps: int, size: int) -> None:
        """Allow more of both."""
        self.steps, self.max_steps = self.steps + steps, self.max_steps + steps
        self.size, self.max_size = self.size + size, self.max_size + size

    def spend(self, steps: int) -> None:
        """Count work; raises ExpressionError when there is too much of it."""
        self.steps -= max(steps, 0)
        if self.steps < 0:
            raise ExpressionError(f"the expression exceeds the evaluation limit of {self.max_steps} steps")

    def spend_size(self, size: int) -> None:
        """Count text before it is made; raises ExpressionError when there is too much of it."""
        self.size -= max(size, 0)
        if size > MAX_TEXT or self.size < 0:
            limit = MAX_TEXT if size > MAX_TEXT else self.max_size
            raise ExpressionError(f"the expression exceeds the output limit of {limit} characters")


def weigh(value: Any, budget: Budget) -> int:
    """Count every value inside ``value``, shared ones each time; returns how many characters they have as text."""
    steps = size = 0
    waiting = [value]
    while waiting and steps <= budget.steps:
        item = waiting.pop()
        steps += 1
        if type(item) is str:
            steps += len(item) // 100
            size += len(item) + 4
        elif type(item) is int:
            size += item.bit_length() // 3 + 4
        elif isinstance(item, Mapping):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple, range)):
            waiting.extend(item)
        else:
            size += 25
            _known(item)
    budget.spend(steps)
    return size


def _known(value: Any) -> None:
    if isinstance(value, Absent):
        value.fail()
    if type(value) is Unknown:
        raise ExpressionError("")  # why was reported before
    if type(value) not in _SCALARS:
        raise ExpressionError(f"a value of the kind `{type(value).__name__}` cannot stand in a manifest")


def limited(value: Any) -> Any:
    """``value`` itself, if it is not too large; raises ExpressionError."""
    kind = type(value)
    if kind is str:
        if len(value) > MAX_TEXT:
            raise ExpressionError(f"the expression exceeds the output limit of {MAX_TEXT} characters")
    elif kind is int:
        if value.bit_length() > MAX_BITS:
            raise ExpressionError("the expression makes a number that is too large")
    elif kind is float:
        if not math.isfinite(value):
            raise ExpressionError("the expression makes a number that is not finite")
    elif kind is complex:
        raise ExpressionError("the expression makes a complex number")
    elif kind is Unknown:
        raise ExpressionError("")  # why was reported before
    elif isinstance(value, (list, tuple, Mapping)) and len(value) > MAX_ITEMS:
        raise ExpressionError(f"the expression makes a list of more than {MAX_ITEMS} items")
    return value


def plain(value: Any, budget: Budget) -> Any:
    """``value`` as a manifest may hold it: text, number, boolean, null, list or mapping; raises ExpressionError."""
    if type(value) in _SCALARS:
        return limited(value)
    if isinstance(value, (list, tuple, range)):
        budget.spend(len(value))
        return [plain(item, budget) for item in value]
    if isinstance(value, Mapping):
        budget.spend(len(value))
        entries = {text_of(key): plain(item, budget) for key, item in value.items()}
        if len(entries) < len(value):
            raise ExpressionError("two keys of a mapping are the same text")
        return entries
    if isinstance(value, str):
        return limited(str.__str__(value))
    return _known(value)


def text_of(value: Any) -> str:
    """``value`` as it is joined into the text around an expression."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    kind = "null" if value is None else "a list" if isinstance(value, list) else "a mapping"
    raise ExpressionError(f"{kind} cannot be joined into text", "use `| tojson`, `| join` or `| default`")


def check_operation(budget: Budget, operator: str, left: Any, right: Any) -> None:
    """Count what ``left operator right`` will make; raises ValueError when that is too much."""
    if operator == "*":
        _check_repeat(budget, left, right)
    elif operator == "**":
        if type(left) is int and type(right) is int and left.bit_length() * right > 2 * MAX_BITS:
            raise ValueError("the result is too large")
    elif operator == "+":
        if isinstance(left, str) and isinstance(right, str):
            budget.spend_size(len(left) + len(right))
        elif isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
            budget.spend(len(left) + len(right))
    elif operator == "%" and isinstance(left, str):
        check_printf(budget, left, right)


def _check_repeat(budget: Budget, left: Any, right: Any) -> None:
    items, times = (left, right) if isinstance(left, (str, list, tuple)) else (right, left)
    if isinstance(items, (str, list, tuple)) and isinstance(times, int):
        count = len(items) * times
        if count > (MAX_TEXT if isinstance(items, str) else MAX_ITEMS):
            raise ValueError("the result is too large")
        if count > 0:
            budget.spend(1 + count // 100)


def check_printf(budget: Budget, text: Any, *values: Any, **named: Any) -> None:
    """Count what ``text % values`` will make; raises ValueError when a width is too large."""
    each = weigh([values, named], budget)
    size = len(str(text))
    budget.spend(size // 2)
    for found in _PRINTF.finditer(str(text)):
        for width in found.groups():
            if width and (width == "*" or len(width) > 4 or int(width) > MAX_WIDTH):
                raise ValueError(f"a width is at most {MAX_WIDTH}")
            size += int(width or 0)
        size += each
    budget.spend_size(size)


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """A hint that names what was probably meant, whatever its letter case, or what there is."""
    known_names = sorted(islice(names, 10 * MAX_NAMES))[:MAX_NAMES]
    if not may_compare(len(known_names) * 10):
        return ""
    if close := nearest_name(name, known_names, cutoff):
        return f"did you mean `{close}`?"
    more = f" and {len(known_names) - 12} more" if len(known_names) > 12 else ""
    return f"known: {', '.join(one[:LONG_NAME] for one in known_names[:12])}{more}" if known_names else ""


def nearest_name(name: str, known_names: Collection[str], cutoff: float) -> str:
    """The name that is most like another one, whatever its letter case; empty where none is like it."""
    same = {known.casefold(): known for known in known_names if len(known) <= LONG_NAME}
    sought = name[:LONG_NAME].casefold()
    if not may_compare(len(sought) * sum(map(len, same))):
        return ""
    close = difflib.get_close_matches(sought, same, n=1, cutoff=cutoff)
    return same[close[0]] if close else ""
