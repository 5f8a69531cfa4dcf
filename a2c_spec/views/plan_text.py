"""A plan as text: one line per change with its reason, then the totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Action, Change, Detail, Plan
from a2c_spec.core.reasons import shown
from a2c_spec.views import inert
from a2c_spec.views.plan_cut import LIGHT, summed, weight
from a2c_spec.views.plan_words import ChangeFacts, facts_of, path_of
from a2c_spec.views.redact import redacted
from a2c_spec.views.style import Style

COLOURS: dict[Action, str] = {
    "create": "green",
    "update": "yellow",
    "wait": "cyan",
    "replace": "red",
    "re-run": "red",
    "download": "cyan",
    "rename": "yellow",
    "forget": "yellow",
    "adopt": "cyan",
    "delete": "red",
    "cached": "cyan",
}
UNCHANGED_SHOWN = 3
"""At most so many unchanged addresses get a line of their own; the rest are counted."""

ALIKE_SHOWN = 40
"""So many changes of a harmless kind get a line of their own, unless more is asked for; the rest are counted."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """How much to show: ``verbose`` unfolds attributes, ``explain`` the calls and why fewer are impossible."""

    style: Style
    verbose: bool = False
    explain: bool = False

    def text(self, plan: Plan) -> str:
        """The whole plan; ends without a line break."""
        facts = facts_of(plan)
        listed = self._listed(facts.rows)
        width = max((len(row.address) for row in listed), default=0)
        lines = [line for row in listed for line in self._change(row, width)]
        seen = set(map(id, listed))
        lines += (
            f"  ... and {told}; -v shows all" for told in summed(row for row in facts.rows if id(row) not in seen)
        )
        lines += [self.style(note, "yellow") for note in facts.notes]
        lines += [f"{self.style(facts.head, 'bold')} {facts.totals}", *filter(None, [facts.limits])]
        return self.style.lines(lines)

    def _listed(self, rows: Sequence[ChangeFacts]) -> list[ChangeFacts]:
        """All changes that must be seen, and the first few of each other kind."""
        if self.verbose or self.explain:
            return list(rows)
        room: dict[str, int] = {"no-op": UNCHANGED_SHOWN}
        shown = []
        for row in rows:
            kind = "noted" if row.noted else row.change.action
            light = weight(row.change) == LIGHT
            left = room.get(kind, ALIKE_SHOWN)
            if left or not light:
                shown.append(row)
            if light and left:
                room[kind] = left - 1
        return shown

    def _change(self, row: ChangeFacts, width: int) -> Iterator[str]:
        change = row.change
        label = self.style(f"{row.sign} {change.action:<9}", COLOURS.get(change.action, "dim"))
        yield f"  {row.address:<{width}}   {label} {row.why}"
        yield from (f"      {self._line(line)}" for line in row.lines)
        if self.verbose:
            yield from (f"      {_detail(detail)}" for detail in change.details)
        if self.explain:
            yield from (f"      {line}" for line in self._calls(change))

    def _line(self, line: str) -> str:
        refused = line.removeprefix("refused:")
        return line if refused == line else f"{self.style('refused:', 'red', 'bold')}{refused}"

    def _calls(self, change: Change) -> Iterator[str]:
        for number, call in enumerate(change.sent, start=1):
            yield f"{number}. {call.method} {path_of(call)}{self._marks(call)}"
            if call.body is not None:
                yield f"   {inert.dumps(redacted(call.body))}"
        if change.sent and change.lower_bound and not change.alike:
            plural = "call is" if len(change.sent) == 1 else "calls are"
            yield self.style(f"{len(change.sent)} {plural} the fewest possible: {change.lower_bound}", "dim")

    def _marks(self, call: Call) -> str:
        marks = [f"step {call.step + 1}"] + (["starts the job"] if call.starts else [])
        return "  " + self.style(f"({', '.join(marks)})", "dim")


def _detail(detail: Detail) -> str:
    if detail.sensitive:
        return f"{detail.path}: (sensitive: changed)"
    where = " (on the service)" if detail.foreign else ""
    return f"{detail.path}: {shown(detail.before)}{where} -> {shown(detail.after)}"
