"""A plan as markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from shlex import quote

from a2c_spec.core.plan import Plan
from a2c_spec.views import inert
from a2c_spec.views.plan_cut import summed, weight
from a2c_spec.views.plan_words import ChangeFacts, facts_of

MARKER = "<!-- a2c-spec plan -->"
"""Stands first in every markdown plan, so that a bot finds its own comment again."""

_PLAIN = re.compile(r"(?!.*(//|www\.))([^\W_]|[ \-.,;:/()'\"=+%>])*", re.DOTALL)
"""Text that means nothing to markdown, and names nobody there."""


def markdown_of(plan: Plan, most: int, saved: str = "") -> str:
    """A table for a pull request comment, cut at ``most`` bytes between rows: what is harmless is left out first, and
    summed up. ``saved``: the file in which all of it can be read, where there is one."""
    facts = facts_of(plan)
    told = [row for row in facts.rows if row.change.action != "no-op" or row.noted]
    head = [MARKER, f"### {facts.head.removesuffix('.')}", *([""] if told else [])]
    head += ["| | address | action | why |", "|---|---|---|---|"] if told else []
    tail = ["", facts.totals, *(line for one in (*facts.notes, facts.limits) if one for line in ("", _safe(one)))]
    shown = _shown(told, most - _size([*head, *tail]), _size(_left_out(told, saved)))
    rows = [line for number, line in enumerate(map(_row, told)) if number in shown]
    others = [row for number, row in enumerate(told) if number not in shown]
    return "\n".join([*head, *rows, *(_left_out(others, saved) if others else ()), *tail])


def _shown(rows: Sequence[ChangeFacts], room: int, said: int) -> set[int]:
    """The places of the rows for which there is ``room``, where ``said`` bytes of it tell of the others: those that
    must be seen first, of which none gives way to another kind; each kind in the order of the plan."""
    sizes, weights = [_size([_row(row)]) for row in rows], [weight(row.change) for row in rows]
    if sum(sizes) <= room:
        return {*range(len(rows))}
    shown: set[int] = set()
    room, last = room - said, max(weights)
    for number in sorted(range(len(rows)), key=weights.__getitem__):
        if weights[number] <= last and sizes[number] <= room:
            room -= sizes[number]
            shown.add(number)
        else:
            last = min(last, weights[number])
    return shown


def _left_out(rows: Sequence[ChangeFacts], saved: str) -> list[str]:
    """What is said of rows for which there is no room."""
    command = f"a2c-spec show {quote(saved)} -v" if saved else "a2c-spec plan -v"
    return ["", f"… cut here; {_code(command)} shows all:", "", *(f"- {_safe(told)}" for told in summed(rows))]


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _row(row: ChangeFacts) -> str:
    cells = [row.sign, _code(row.address), row.change.action, "<br>".join(map(_safe, (row.why, *row.lines)))]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _safe(text: str) -> str:
    """Text on one line that shows as it is, whatever markdown it may hold."""
    line = inert.line(text)
    return line if _PLAIN.fullmatch(line) and not line.startswith(" ") else _code(line)


def _code(text: str) -> str:
    """A code span, fenced by more backticks than any that it holds."""
    line = inert.line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    space = " " if "`" in line else ""
    return f"{fence}{space}{line}{space}{fence}"
