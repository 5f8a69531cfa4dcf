"""Patterns mean what Python's do, in linear time."""

from __future__ import annotations

import re
import sys
import time
import warnings
from subprocess import run

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2c_spec.manifests.expressions.regex import MAX_TEXT, PatternError, check, found

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


@pytest.mark.parametrize(("pattern", "reason"), [
    ("(a)\\1", "`\\1` at character 4 (back reference) is not supported"),
    ("(?P<n>a)(?P=n)", "`(?P=` at character 9 (back reference) is not supported"),
    ("^(?!draft)", "`(?!` at character 2 (look ahead) is not supported"),
    ("(?=a)", "`(?=` at character 1 (look ahead) is not supported"),
    ("a(?<!a)", "`(?<!` at character 2 (look behind) is not supported"),
    ("[(?=](?<=a)", "`(?<=` at character 6 (look behind) is not supported"),
    ("(?>a)", "`(?>` at character 1 (atomic group) is not supported"),
    ("a" * 1001, "longer than 1000 characters"),
    ("((a{99}){99}){99}", "invalid repetition size"),
    ("\\pL{1,500}", "pattern too large"),
    ("(", "missing )"),
    (")", "unexpected )"),
    ("*", "no argument for repetition operator: *"),
    ("[b-a]", "invalid character class range: b-a"),
    ("\ud800", "half of a character"),
])  # fmt: skip  # a table
def test_what_cannot_be_matched_is_refused_with_the_reason(
    pattern: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PatternError) as caught:
        check(pattern)
    assert reason in str(caught.value)
    assert capfd.readouterr() == ("", "")  # RE2 itself writes nothing


@pytest.mark.parametrize(("pattern", "matching", "other"), [
    ("\\bfoo\\b", "a foo b", "afoo"),
    ("(?i)^report", "REPORT 1", "a report"),
    ("^(?P<quarter>Q[1-4])-(?P<year>[0-9]{4})$", "Q3-2026", "Q5-2026"),
    ("^\\d+$", "123", "12a"),
    ("^\\p{Lu}\\p{Ll}+$", "Élan", "élan"),
    ("^[^/]+$", "a.b", "a/b"),
    ("^.$", "😀", "😀😀"),
    ("a$", "ba", "a\n"),
    ("a", "xay", "\ud800"),
    ("^$", "", "a" * (MAX_TEXT + 1)),
])  # fmt: skip  # a table
def test_patterns_are_found_anywhere_unless_they_are_anchored(pattern: str, matching: str, other: str) -> None:
    assert found(pattern, matching)
    assert not found(pattern, other)


def test_re2_is_loaded_only_when_there_is_a_pattern() -> None:
    code = "import sys, a2c_spec.manifests.load, a2c_spec.manifests.catalog; print('re2' in sys.modules)"
    assert run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "False"
