"""Where something is wrong in a manifest, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; line and column count from 1, 0 means unknown."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: where, what is wrong (with what was expected), and what to do. Never holds a secret.

    ``kind`` is equal for problems that differ only in a name or a value, as the rows of a batch have it (empty: the
    message is the kind). Of one kind at one place, ``shown`` are shown and the others counted.
    """

    position: Position
    message: str
    hint: str = ""
    severity: Severity = "error"
    kind: str = field(default="", compare=False, repr=False)
    shown: int = field(default=1, compare=False, repr=False)

    def __str__(self) -> str:
        place = f"{self.position}: " if self.position != Position() else ""
        return f"{place}{self.severity}: {self.message}" + (f" ({self.hint})" if self.hint else "")

    def adding(self, hint: str) -> Diagnostic:
        """The same problem with one more thing to know about it."""
        between = "" if not (self.hint and hint) else " " if self.hint.endswith(("?", ".")) else "; "
        return replace(self, hint=f"{self.hint}{between}{hint}")


Mistake = tuple[Position, str, str]


@dataclass(slots=True)
class Mistakes:
    """Problems, each mistake once: one that is met again is counted, not kept."""

    _kept: dict[Mistake, dict[str, Diagnostic]] = field(default_factory=dict)
    _again: dict[tuple[Mistake, str], int] = field(default_factory=dict)
    size: int = 0

    def add(self, problem: Diagnostic) -> None:
        """Note a problem; one that is equal to a known one in everything is the same, read twice."""
        mistake = (problem.position, problem.severity, problem.kind or problem.message)
        alike = self._kept.setdefault(mistake, {})
        if problem.message not in alike and len(alike) < problem.shown:
            alike[problem.message] = problem
            self.size += 1
            return
        nearest = alike.get(problem.message) or list(alike.values())[-1]
        if nearest != problem:
            key = (mistake, nearest.message)
            self._again[key] = self._again.get(key, 0) + 1

    def knows(self, problem: Diagnostic) -> bool:
        """Whether the same mistake was met before."""
        return (problem.position, problem.severity, problem.kind or problem.message) in self._kept

    def all(self) -> list[Diagnostic]:
        """Every mistake in the order in which they were met, each with how often it was met again."""
        return [
            problem.adding(_times(self._again.get((mistake, message), 0)))
            for mistake, alike in self._kept.items()
            for message, problem in alike.items()
        ]


def said_once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each mistake once."""
    mistakes = Mistakes()
    for problem in found:
        mistakes.add(problem)
    return mistakes.all()


def _times(count: int) -> str:
    return f"the same {count} more time{'s' if count > 1 else ''}" if count else ""
