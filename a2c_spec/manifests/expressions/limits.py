"""What keeps an expression small: every value it makes is weighed, every step is counted."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any

MAX_TEXT = 1_000_000
MAX_ITEMS = 100_000
MAX_BITS = 1024


class ExpressionError(Exception):
    """An expression that has no value: why, and what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Unknown:
    """Stands for a value that could not be had; why was reported, so nothing more is said about it."""


class Budget:
    """How many steps, and how many characters, are left."""

    __slots__ = ("size", "steps")

    def __init__(self, steps: int = 200_000, size: int = 10 * MAX_TEXT) -> None:
        self.steps = steps
        self.size = size

    def spend(self, steps: int) -> None:
        """Count work; raises ExpressionError when there is too much of it."""
        self.steps -= steps
        if self.steps < 0:
            raise ExpressionError("the expression takes too much work")

    def spend_size(self, size: int) -> None:
        """Count text before it is made; raises ExpressionError when there is too much of it."""
        self.size -= size
        if size > MAX_TEXT or self.size < 0:
            raise ExpressionError("the expression makes too much text")


def bounded(value: Any, budget: Budget) -> Any:
    """``value`` itself, if it is a plain value of bounded size."""
    kind = type(value)
    if kind is str:
        if len(value) > MAX_TEXT:
            raise ExpressionError("the expression makes too much text")
    elif kind is int:
        if value.bit_length() > MAX_BITS:
            raise ExpressionError("the expression makes a number that is too large")
    elif kind is float:
        if not math.isfinite(value):
            raise ExpressionError("the expression makes a number that is not finite")
    elif isinstance(value, (list, Mapping)):
        budget.spend(_weight(value, budget.steps))
    elif kind is Unknown:
        raise ExpressionError("")  # told before
    elif value is not None and kind is not bool:
        raise ExpressionError(f"a value of the kind `{kind.__name__}` is not allowed")
    return value


def _weight(value: Any, limit: int) -> int:
    """How many values ``value`` holds, counting shared ones each time; stops counting beyond ``limit``."""
    weight, waiting = 0, [value]
    while waiting and weight <= limit:
        item = waiting.pop()
        weight += 1
        if isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return weight


def text_of(value: Any) -> str:
    """``value`` as it is joined into text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    kind = "null" if value is None else "a list" if isinstance(value, list) else "a mapping"
    raise ExpressionError(f"{kind} cannot be joined into text", "use `| tojson`, `| join` or `| default`")


def add(left: Any, right: Any) -> Any:
    """``left + right`` for two texts, two lists or two numbers."""
    if isinstance(left, str) != isinstance(right, str) or isinstance(left, list) != isinstance(right, list):
        raise TypeError("`+` needs two numbers, two texts or two lists; `~` joins anything into text")
    if isinstance(left, Mapping) or left is None or right is None:
        raise TypeError("`+` needs two numbers, two texts or two lists")
    if isinstance(left, (str, list)) and len(left) + len(right) > MAX_TEXT:
        raise ValueError("the result is too large")
    return left + right


def multiply(left: Any, right: Any) -> Any:
    """``left * right`` for numbers, or a text or list repeated."""
    if isinstance(right, (str, list)):
        left, right = right, left
    if isinstance(left, (str, list)):
        if not isinstance(right, int) or len(left) * right > (MAX_TEXT if isinstance(left, str) else MAX_ITEMS):
            raise ValueError("the result is too large")
        return left * right
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise TypeError("numbers are needed on both sides")
    return left * right


def power(left: Any, right: Any) -> Any:
    """``left ** right`` for numbers, if the result is a real number of bounded size."""
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise TypeError("numbers are needed on both sides")
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > MAX_BITS:
        raise ValueError("the result is too large")
    return left**right


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint that names what was probably meant, or what there is."""
    known = sorted(names)[:1000]
    close = difflib.get_close_matches(name[:100], known, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"known: {', '.join(known[:12])}" if known else ""
