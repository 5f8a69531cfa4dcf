"""What one loading of manifests may spend on patterns and on hints, however many of them small files hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MAX_MATCHED = 100_000_000
"""States of patterns times characters of texts: about two seconds. Beyond it a pattern is refused."""
CHEAP = 10_000
"""A match that takes less than this is not counted: long batches have many."""
MAX_COMPARED = 20_000_000
"""Pairs of characters compared to find the nearest name: about three seconds. Beyond it hints name nothing nearest."""


class Work:
    """How much is left."""

    __slots__ = ("compared", "matched")

    def __init__(self) -> None:
        self.matched, self.compared = MAX_MATCHED, MAX_COMPARED


_LEFT: ContextVar[Work | None] = ContextVar("left", default=None)


@contextmanager
def bounded() -> Iterator[None]:
    """One loading; outside of any nothing is counted."""
    _LEFT.set(Work())
    try:
        yield
    finally:
        _LEFT.set(None)


def may_match(states: int, characters: int) -> bool:
    """Whether a match may still be tried; it is counted."""
    if (left := _LEFT.get()) is None:
        return True
    size = states * characters
    left.matched -= size if size > CHEAP else 0
    return left.matched >= 0


def may_compare(pairs: int) -> bool:
    """Whether so many pairs of characters may still be compared; they are counted."""
    if (left := _LEFT.get()) is None:
        return True
    left.compared -= pairs
    return left.compared >= 0
