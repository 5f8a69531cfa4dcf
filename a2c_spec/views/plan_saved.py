"""A plan read back from JSON: as the value it was, and as markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core.calls import Call, Ref
from a2c_spec.core.plan import SIGNS, Change, Detail, Move, Plan
from a2c_spec.core.reasons import counted
from a2c_spec.views.plan_text import sums

MARKER = "<!-- a2c-spec plan -->"
"""Stands first in every markdown plan, so that a bot finds its own comment again."""


def plan_from(tree: Mapping[str, Any]) -> Plan:
    """The plan as a value, fit to be shown; bodies are redacted already, so it cannot be carried out."""
    return Plan(tuple(_change(row) for row in tree["changes"]), bool(tree.get("partial")))


def _change(row: Mapping[str, Any]) -> Change:
    return Change(
        row.get("run", row["address"]),
        row["action"],
        tuple(row["reasons"]),
        tuple(_call(call) for call in row["calls"]),
        details=tuple(Detail(d["path"], d["before"], d["after"], d["sensitive"]) for d in row.get("details", ())),
        moves=tuple(Move(move["from"], move["to"]) for move in row.get("moves", ())),
        leaves=tuple(row.get("leaves", ())),
        downloads=tuple(row.get("downloads", ())),
        paid_again=bool(row.get("paid_again")),
        bound=row.get("lower_bound", ""),
        problem=row.get("problem", ""),
        emptied=row.get("emptied", ""),
    )


def _call(row: Mapping[str, Any]) -> Call:
    return Call(
        row["kind"],
        _subject(row["path"].rsplit("/", 1)[-1]),
        row.get("body"),
        step=row["step"] - 1,
        starts=bool(row.get("starts")),
        size=int(row.get("bytes", 0)),
        reason=row.get("reason", ""),
    )


def _subject(shown: str) -> Ref | str:
    """What the end of a path stands for: an id, or the name of one that was not known yet."""
    if shown.startswith("<") and shown.endswith(">"):
        return Ref(shown[1:-1])
    return "" if "{" in shown else shown


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
    tail = ["", f"{', '.join(numbers)}."]
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
