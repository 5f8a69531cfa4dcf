"""Errors and diagnostics, as text and as JSON."""

from __future__ import annotations

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.errors import Conflict, InvalidError, UsageError
from a2c_spec.views.problems import diagnostic_json, diagnostics, error, error_json
from a2c_spec.views.style import Style

PLAIN, COLOURED = Style(), Style(on=True)
WRONG = Diagnostic(Position("a.yaml", 3, 7), "no such target", "did you mean webp?")
ODD = Diagnostic(Position("b.yaml"), "nothing uses it", severity="warning")


def test_each_problem_stands_on_its_line_with_its_place_and_the_hint_below() -> None:
    lines = ["a.yaml:3:7: error: no such target", "    did you mean webp?", "b.yaml: warning: nothing uses it"]
    assert diagnostics([WRONG, ODD], PLAIN) == "\n".join(lines)


def test_errors_are_red_and_warnings_yellow() -> None:
    assert "\x1b[31merror" in diagnostics([WRONG], COLOURED)
    assert "\x1b[33mwarning" in diagnostics([ODD], COLOURED)


def test_an_error_names_its_address_and_a_way_out() -> None:
    assert error(Conflict("it moved", hint="plan anew", address="job"), PLAIN) == "error: job: it moved\n  plan anew"
    assert error(UsageError("no such flag"), PLAIN) == "error: no such flag"


def test_the_problems_of_a_manifest_stand_for_their_error() -> None:
    found = InvalidError("1 problem in the manifests", diagnostics=[ODD], hint="see schema")
    assert error(found, PLAIN) == "b.yaml: warning: nothing uses it\n  see schema"
    assert error(InvalidError("too large"), PLAIN) == "error: too large"


def test_an_error_as_json_has_its_kind_its_exit_code_and_every_problem() -> None:
    told = error_json(InvalidError("1 problem", diagnostics=[WRONG], address="job", hint="h"))
    assert told == {
        "error": "InvalidError",
        "exit_code": 5,
        "address": "job",
        "message": "1 problem",
        "hint": "h",
        "diagnostics": [diagnostic_json(WRONG)],
    }
    assert error_json(Conflict("x"))["diagnostics"] == []


def test_a_diagnostic_as_json_has_its_place_in_numbers() -> None:
    assert diagnostic_json(WRONG) == {
        "severity": "error",
        "file": "a.yaml",
        "line": 3,
        "column": 7,
        "message": "no such target",
        "hint": "did you mean webp?",
    }
