"""What an unquoted YAML scalar means: the YAML 1.2 core schema; a number with a leading zero stays text."""

from __future__ import annotations

import math
import re

_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip  # one line per meaning
MOST_DIGITS = 100
"""Digits that a whole number may have."""
_NUMBER_STARTS = frozenset("0123456789+-.")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,99})\Z")
_BASED = re.compile(r"0(?:o[0-7]{1,99}|x[0-9a-fA-F]{1,99})\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+(?:\.[0-9]*)?\Z")
_ENDLESS = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_MISSING = object()

Scalar = None | bool | int | float | str


def scalar(text: str) -> Scalar:
    """The value of the unquoted ``text``; raises ValueError for a number that no JSON can hold."""
    word = _WORDS.get(text, _MISSING)
    if word is not _MISSING:
        return word  # type: ignore[return-value]  # _MISSING is excluded on the line above
    return _number(text) if text[0] in _NUMBER_STARTS else text


def _number(text: str) -> Scalar:
    if _INT.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text, 0)
    if _ENDLESS.match(text):
        raise ValueError(f"{text} is not a finite number")
    if len(text) > 1 and _FLOAT.match(text):
        return _finite(text)
    return text


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value) or len(text) > 400:
        raise ValueError("this number is too large")
    return value


def is_for_python(text: str) -> bool:
    """Whether Python alone would read a number in a text, as in ``1_0`` and in digits of other scripts."""
    return not text.isascii() or "_" in text


def has_leading_zero(text: str) -> bool:
    """Whether the unquoted ``text`` looks like a number but starts with a zero, so that it is read as text."""
    return _LEADING_ZERO.match(text) is not None


def tagged(text: str, kind: str) -> Scalar:
    """The value of ``text`` under an explicit core tag (``!!str``, ...); raises ValueError if it has none."""
    value: Scalar = text if kind == "str" else scalar(text)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if KINDS.get(kind) is not type(value):
        raise ValueError(f"`{text[:40]}` is not a value of the tag !!{kind}")
    return value


KINDS: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}
