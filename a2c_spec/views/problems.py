"""Errors and diagnostics as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.core.run_keys import address_of
from a2c_spec.errors import InvalidError, SpecError
from a2c_spec.views.style import Style


def diagnostics(found: Iterable[Diagnostic], style: Style) -> str:
    """One problem per line, each with its place, and what to do below it."""
    return "\n".join(_diagnostic(diagnostic, style) for diagnostic in found)


def _diagnostic(diagnostic: Diagnostic, style: Style) -> str:
    colour = "red" if diagnostic.severity == "error" else "yellow"
    line = f"{style(str(diagnostic.position), 'bold')}: {style(diagnostic.severity, colour)}: {diagnostic.message}"
    return f"{line}\n    {style(diagnostic.hint, 'dim')}" if diagnostic.hint else line


def error(problem: SpecError, style: Style) -> str:
    """An error in one sentence, with its address, and what to do about it."""
    where = f"{address_of(problem.address)}: " if problem.address else ""
    lines = [f"{style('error:', 'red', 'bold')} {where}{problem.told}"]
    if isinstance(problem, InvalidError) and problem.diagnostics:
        lines = [diagnostics(problem.diagnostics, style)]
    if problem.hint:
        lines.append(f"  {style(problem.hint, 'dim')}")
    return "\n".join(lines)


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
        **({"spent": problem.spent} if problem.spent else {}),
    }
