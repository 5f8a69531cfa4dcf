"""Places and problems as a reader sees them."""

from __future__ import annotations

import pytest

from a2c_spec.core.diagnostics import Diagnostic, Position, Severity, said_once


@pytest.mark.parametrize(
    ("position", "shown"),
    [(Position("a.yaml", 2, 3), "a.yaml:2:3"), (Position("--var x"), "--var x"), (Position("a.yaml", 2), "a.yaml:2:0")],
)
def test_a_place_is_shown_as_editors_read_it(position: Position, shown: str) -> None:
    assert str(position) == shown


@pytest.mark.parametrize(
    ("hint", "severity", "shown"),
    [("", "error", "a.yaml:1:1: error: wrong"), ("do so", "warning", "a.yaml:1:1: warning: wrong (do so)")],
)
def test_a_problem_is_one_line_with_its_place(hint: str, severity: Severity, shown: str) -> None:
    assert str(Diagnostic(Position("a.yaml", 1, 1), "wrong", hint, severity)) == shown


def test_places_are_sorted_as_they_are_read() -> None:
    places = [Position("b"), Position("a", 10), Position("a", 9, 2), Position("a", 9, 1)]
    assert [str(place) for place in sorted(places)] == ["a:9:1", "a:9:2", "a:10:0", "b"]


def test_a_mistake_is_said_once_and_what_is_alike_is_counted() -> None:
    place, other = Position("a.yaml", 1, 1), Position("b.yaml", 1, 1)
    alike = [Diagnostic(place, f"found {n}", kind="range", shown=5) for n in range(9)]
    again = [Diagnostic(place, "wrong", f"in {n}") for n in range(3)]
    twice = [Diagnostic(other, "wrong", "do so"), Diagnostic(other, "wrong", "do so")]
    assert [str(problem) for problem in said_once([*alike, *again, *twice])] == [
        *(f"a.yaml:1:1: error: found {n}" for n in range(4)),
        "a.yaml:1:1: error: found 4 (the same 4 more times)",
        "a.yaml:1:1: error: wrong (in 0; the same 2 more times)",
        "b.yaml:1:1: error: wrong (do so)",
    ]


@pytest.mark.parametrize(
    ("hint", "more", "shown"),
    [("", "b", "b"), ("a", "", "a"), ("a", "b", "a; b"), ("a?", "b", "a? b"), ("a.", "b", "a. b")],
)
def test_one_more_hint_is_added(hint: str, more: str, shown: str) -> None:
    assert Diagnostic(Position(), "wrong", hint).adding(more).hint == shown
