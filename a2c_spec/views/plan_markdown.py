"""A saved plan as markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core.allowance import Allowance
from a2c_spec.core.plan import SIGNS
from a2c_spec.core.reasons import counted
from a2c_spec.views.plan_text import sums

MARKER = "<!-- a2c-spec plan -->"
"""Stands first in every markdown plan, so that a bot finds its own comment again."""


def markdown_of(tree: Mapping[str, Any], most: int) -> str:
    """A table for a pull request comment, cut at ``most`` bytes between rows."""
    totals = tree["totals"]
    changes = [row for row in tree["changes"] if row["action"] != "no-op"]
    idle = totals["actions"].get("no-op", 0)
    head = [MARKER, f"### Plan: {sums(totals['actions'])}", ""]
    numbers = (
        counted(totals["requests"], "call"),
        f"{counted(totals['jobs_started'], 'job')} started",
        f"{idle} unchanged",
    )
    told = Allowance(**tree["budget"]).told if "budget" in tree else ""
    tail = ["", f"{', '.join(numbers)}.", *(["", told] if told else [])]
    rows = ["| | address | action | why |", "|---|---|---|---|", *(_row(row) for row in changes)] if changes else []
    room = most - sum(len(line.encode()) + 1 for line in (*head, *tail)) - 80
    kept: list[str] = []
    for line in rows:
        room -= len(line.encode()) + 1
        if room < 0:
            kept.append(f"\n… cut; the other {counted(len(rows) - len(kept), 'row')} can be read in the plan file.")
            break
        kept.append(line)
    return "\n".join([*head, *kept, *tail])


def _row(row: Mapping[str, Any]) -> str:
    why = "; ".join([*row["reasons"], *filter(None, [row.get("problem")])])
    cells = [SIGNS.get(row["action"], " "), f"`{row['address']}`", row["action"], why]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
