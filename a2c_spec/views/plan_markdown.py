"""A plan as markdown, for a comment on a pull request."""

from __future__ import annotations

import re

from a2c_spec.core.plan import Plan
from a2c_spec.core.reasons import counted
from a2c_spec.views import inert
from a2c_spec.views.plan_words import ChangeFacts, facts_of

MARKER = "<!-- a2c-spec plan -->"
"""Stands first in every markdown plan, so that a bot finds its own comment again."""

_PLAIN = re.compile(r"(?!.*(//|www\.))([^\W_]|[ \-.,;:/()'\"=+%>])*", re.DOTALL)
"""Text that means nothing to markdown, and names nobody there."""


def markdown_of(plan: Plan, most: int) -> str:
    """A table for a pull request comment, cut at ``most`` bytes between rows."""
    facts = facts_of(plan)
    told = [row for row in facts.rows if row.change.action != "no-op" or row.noted]
    head = [MARKER, f"### {facts.head.removesuffix('.')}", *([""] if told else [])]
    tail = ["", facts.totals, *(line for one in (*facts.notes, facts.limits) if one for line in ("", _safe(one)))]
    rows = ["| | address | action | why |", "|---|---|---|---|", *map(_row, told)] if told else []
    room = most - sum(len(line.encode()) + 1 for line in (*head, *tail)) - 80
    kept: list[str] = []
    for line in rows:
        room -= len(line.encode()) + 1
        if room < 0:
            kept.append(f"\n… cut; the other {counted(len(rows) - len(kept), 'row')} can be read in the plan file.")
            break
        kept.append(line)
    return "\n".join([*head, *kept, *tail])


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
