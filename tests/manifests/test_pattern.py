"""Patterns mean what Python's do, without ever taking long."""

from __future__ import annotations

import re
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2c_spec.manifests.pattern import MAX_TEXT, PatternError, check, found

pieces = st.sampled_from(
    [
        "a",
        "b",
        "(",
        "(?:",
        ")",
        "*",
        "+",
        "?",
        "|",
        "[ab]",
        "[^a]",
        "{1,2}",
        "{2}",
        "{0}",
        "{1,}",
        "^",
        "$",
        ".",
        "\\d",
        "\\.",
    ]
)


@given(st.lists(pieces, max_size=8).map("".join), st.text(st.sampled_from("ab1."), max_size=6))
@settings(max_examples=600, deadline=None)
def test_what_we_accept_matches_as_in_python(pattern: str, text: str) -> None:
    try:
        check(pattern)
    except PatternError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = re.search(pattern, text)
        except re.error:
            return  # Python refuses `a**`, which has a meaning all the same
    assert found(pattern, text) == bool(expected)


@pytest.mark.parametrize(
    "pattern",
    [
        "^(a+)+$",
        "^(a|a)*$",
        "^(a|aa)+$",
        "(a*)*b",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "a*a*a*a*a*a*a*a*a*a*b",
        "(x?){300}y",
    ],
)
def test_catastrophic_patterns_are_answered_in_time(pattern: str) -> None:
    started = time.process_time()
    found(pattern, "a" * (MAX_TEXT - 1) + "!")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "pattern",
    ["(a)\\1", "(?=a)", "(?<!a)", "a" * 501, "(" * 60 + ")" * 60, "((a{99}){99}){99}", "(", ")", "*", "[b-a]"],
)
def test_what_we_cannot_match_in_time_is_refused(pattern: str) -> None:
    started = time.process_time()
    with pytest.raises(PatternError):
        check(pattern)
    assert time.process_time() - started < 2


def test_nested_optionals_compile_in_time() -> None:
    started = time.process_time()
    assert found("^" + "(" * 28 + "a" + ")?" * 28 + "$", "a")
    assert time.process_time() - started < 2
