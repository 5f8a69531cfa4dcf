"""Patterns and hints of one loading have a bound together; a new loading begins anew, and nothing else is counted."""

from __future__ import annotations

import pytest

from a2c_spec.manifests.expressions.limits import LONG_NAME, nearest
from a2c_spec.manifests.expressions.regex import PatternError, found
from a2c_spec.manifests.expressions.work import MAX_COMPARED, MAX_MATCHED, bounded, may_compare, may_match

DEAR, TEXT = "(a?){900}b", "a" * 9_000


def test_cheap_matches_are_not_counted_and_dear_ones_are() -> None:
    with bounded():
        assert all(may_match(100, 100) for _ in range(20_000))
        assert may_match(MAX_MATCHED, 1)
        assert not may_match(10_000, 2)
    assert may_match(MAX_MATCHED, 2)


def test_a_pattern_beyond_the_bound_is_refused_and_the_next_loading_takes_it_again() -> None:
    with bounded():
        while may_match(10_000, 1_000):
            assert not found("a?b", TEXT)
        with pytest.raises(PatternError, match="take too long"):
            found(DEAR, TEXT)
    with bounded():
        assert not found(DEAR, TEXT)
    assert not found(DEAR, TEXT)


def test_hints_end_where_too_much_was_compared() -> None:
    names = [f"{number:050d}" for number in range(1000)]
    with bounded():
        assert nearest("x" * 50, names).startswith("known: 0")
        hints = [nearest(f"{number:049d}", names) for number in range(30)]
    near = [hint.startswith("did you mean") for hint in hints]
    assert near == sorted(near, reverse=True)
    assert 1 <= sum(near) < 30
    assert may_compare(MAX_COMPARED + 1)


def test_no_hint_is_long_whatever_the_names_are() -> None:
    assert len(nearest("x", ["y" * 100_000] * 20)) < 13 * (LONG_NAME + 2)
    assert nearest("x" * 100_000, ["x" * 100_000]).startswith("known")
