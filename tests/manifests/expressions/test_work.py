"""Patterns and hints of one loading have a bound together; a new loading begins anew."""

from __future__ import annotations

import pytest

from a2c_spec.manifests.expressions import work
from a2c_spec.manifests.expressions.limits import LONG_NAME, nearest
from a2c_spec.manifests.expressions.regex import PatternError, found


def test_cheap_matches_are_not_counted_and_dear_ones_are() -> None:
    work.begin()
    assert all(work.may_match(100, 100) for _ in range(20_000))
    assert work.may_match(10_000, 10_000)
    assert not work.may_match(10_000, 10_000)
    work.begin()
    assert work.may_match(10_000, 10_000)


def test_a_pattern_beyond_the_bound_is_refused_and_the_next_loading_takes_it_again() -> None:
    dear, text = "(a?){900}b", "a" * 9_000
    work.begin()
    while work.may_match(10_000, 1_000):
        assert not found("a?b", text)
    with pytest.raises(PatternError, match="take too long"):
        found(dear, text)
    work.begin()
    assert not found(dear, text)


def test_hints_end_where_too_much_was_compared() -> None:
    names = [f"{number:050d}" for number in range(1000)]
    work.begin()
    assert nearest("x" * 50, names).startswith("known: 0")
    hints = [nearest(f"{number:049d}", names) for number in range(100)]
    assert hints[0].startswith("did you mean")
    assert not hints[-1].startswith("did you mean")
    assert len({hint.startswith("did you mean") for hint in hints[50:]}) == 1


def test_no_hint_is_long_whatever_the_names_are() -> None:
    work.begin()
    assert len(nearest("x", ["y" * 100_000] * 20)) < 13 * (LONG_NAME + 2)
    assert nearest("x" * 100_000, ["x" * 100_000]).startswith("known")
