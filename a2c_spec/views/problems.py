"""Errors and diagnostics as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.run_keys import address_of
from a2c_spec.errors import InvalidError, SpecError
from a2c_spec.views.style import Style


def diagnostics(found: Iterable[Diagnostic], style: Style) -> str:
    """One problem per line, each with its place, and what to do below it."""
    return style.lines(line for diagnostic in found for line in _diagnostic(diagnostic, style))


def _diagnostic(diagnostic: Diagnostic, style: Style) -> Iterator[str]:
    colour = "red" if diagnostic.severity == "error" else "yellow"
    place = f"{style(str(diagnostic.position), 'bold')}: " if diagnostic.position != Position() else ""
    yield f"{place}{style(diagnostic.severity, colour)}: {diagnostic.message}"
    yield from [f"    {style(diagnostic.hint, 'dim')}"] if diagnostic.hint else []


def error(problem: SpecError, style: Style) -> str:
    """An error in one sentence, with its address, and what to do about it."""
    where = f"{address_of(problem.address)}: " if problem.address else ""
    lines = [f"{style('error:', 'red', 'bold')} {where}{problem.told}", *problem.lines]
    if isinstance(problem, InvalidError) and problem.diagnostics:
        lines = [line for diagnostic in problem.diagnostics for line in _diagnostic(diagnostic, style)]
    if problem.hint:
        lines.append(f"  {style(problem.hint, 'dim')}")
    return style.lines(lines)


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "severity": diagnostic.severity,
        "file": diagnostic.position.file,
        "line": diagnostic.position.line,
        "column": diagnostic.position.column,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }


def error_json(problem: SpecError) -> Mapping[str, Any]:
    """The error as a JSON object."""
    found = problem.diagnostics if isinstance(problem, InvalidError) else ()
    return {
        "error": type(problem).__name__,
        "exit_code": problem.exit_code,
        "address": address_of(problem.address),
        "message": problem.message,
        "hint": problem.hint,
        "diagnostics": [diagnostic_json(diagnostic) for diagnostic in found],
        **({"lines": problem.lines} if problem.lines else {}),
        **({"spent": problem.spent} if problem.spent else {}),
    }
