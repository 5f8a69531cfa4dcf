"""A plan as text: one line per change with its reason, then the totals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from a2c_spec.core.calls import ENDPOINTS, Call, Ref
from a2c_spec.core.plan import SIGNS, Action, Change, Detail, Plan
from a2c_spec.core.reasons import counted, shown, size
from a2c_spec.core.run_keys import address_of
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
WORDS: dict[str, str] = {
    "wait": "to wait for",
    "no-op": "unchanged",
    "skipped": "skipped",
    "forget": "no longer in a manifest",
    "cached": "from the results cache",
}
"""How the totals name an action whose own word does not follow "to"."""

UNCHANGED_SHOWN = 3
"""At most so many unchanged addresses get a line of their own; the rest are counted."""

ALIKE_SHOWN = 40
"""So many changes of a harmless kind get a line of their own, unless more is asked for; the rest are counted."""

HARMLESS: tuple[Action, ...] = ("create", "cached", "download", "wait", "forget")
"""What pays for nothing twice and replaces nothing; every other change is always shown."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """How much to show: ``verbose`` unfolds attributes, ``explain`` the calls and why fewer are impossible."""

    style: Style
    verbose: bool = False
    explain: bool = False

    def text(self, plan: Plan) -> str:
        """The whole plan; ends without a line break."""
        changes = plan.rows()
        listed = self._listed(changes)
        width = max((len(address_of(change.address)) for change in listed), default=0)
        lines = [line for change in listed for line in self._change(change, width)]
        hidden = len(changes) - len(listed)
        if hidden and lines:
            lines[-1] += f"            (and {hidden} more)"
        if plan.partial:
            lines.append(self.style("PARTIAL: a selection leaves other addresses out of this plan", "yellow"))
        if plan.left_out:
            told = f"PARTIAL: {counted(plan.left_out, 'other change')} left to `a2c-spec apply`"
            lines.append(self.style(told, "yellow"))
        lines += [self.style(sentence, "yellow") for sentence in plan.emptied()]
        told = plan.allowance.told if plan.allowance else ""
        return "\n".join([*lines, self._totals(plan), *filter(None, [told])])

    def _listed(self, changes: Sequence[Change]) -> list[Change]:
        """All changes that must be seen, and the first few of each other kind."""
        if self.verbose or self.explain:
            return list(changes)
        room: dict[str, int] = {"no-op": UNCHANGED_SHOWN, "noted": ALIKE_SHOWN, **dict.fromkeys(HARMLESS, ALIKE_SHOWN)}
        shown = []
        for change in changes:
            kind = "noted" if change.action == "no-op" and len(change.reasons) > 1 else change.action
            if kind not in room or change.problem:
                shown.append(change)
            elif room[kind]:
                room[kind] -= 1
                shown.append(change)
        return shown

    def _change(self, change: Change, width: int) -> Iterator[str]:
        label = self.style(f"{SIGNS[change.action]} {change.action:<9}", COLOURS.get(change.action, "dim"))
        yield f"  {address_of(change.address):<{width}}   {label} {self._reason(change)}"
        if change.problem:
            yield f"      {self.style('refused:', 'red', 'bold')} {change.problem}"
        if self.verbose:
            yield from (f"      {line}" for line in self._details(change))
        if self.explain:
            yield from (f"      {line}" for line in self._calls(change))

    def _reason(self, change: Change) -> str:
        reason = "; ".join(change.reasons)
        if change.action == "create" and "conversions" in change.basis:
            reason += f": {summary(change)}"
        return reason

    def _details(self, change: Change) -> Iterator[str]:
        yield from (_detail(detail) for detail in change.details)
        yield from (f"{move.source} -> {move.target}" for move in change.moves)
        yield from (f"download {path}" for path in change.downloads)
        yield from (f"leave {path}" for path in change.leaves)

    def _calls(self, change: Change) -> Iterator[str]:
        for number, call in enumerate(change.calls, start=1):
            yield f"{number}. {call.method} {path_of(call)}{self._marks(call)}"
            if call.body is not None:
                yield f"   {json.dumps(redacted(call.body), ensure_ascii=False)}"
        if change.calls and change.bound:
            plural = "call is" if len(change.calls) == 1 else "calls are"
            yield self.style(f"{len(change.calls)} {plural} the fewest possible: {change.bound}", "dim")

    def _marks(self, call: Call) -> str:
        marks = [f"step {call.step + 1}"] + (["starts the job"] if call.starts else [])
        return "  " + self.style(f"({', '.join(marks)})", "dim")

    def _totals(self, plan: Plan) -> str:
        totals = plan.totals()
        head = f"Plan: {sums(totals.actions)}."
        if not totals.requests:
            return self.style(head, "bold") + " Nothing to send."
        methods = ", ".join(
            f"{name} {totals.calls[name]}" for name in ("POST", "PATCH", "DELETE") if totals.calls.get(name)
        )
        up = f", {size(totals.size)} up" if totals.size else ""
        price = f", starts {counted(totals.jobs, 'job')}" if totals.jobs else ""
        return f"{self.style(head, 'bold')} {counted(totals.requests, 'call')} ({methods}){up}{price}."


def sums(actions: Mapping[str, int]) -> str:
    """``1 to create, 4 unchanged``."""
    order = (*SIGNS, "skipped")
    named = [(actions[action], WORDS.get(action, f"to {action}")) for action in order if action in actions]
    return ", ".join(f"{number} {word}" for number, word in named) or "nothing to do"


def summary(change: Change) -> str:
    """``2 uploads (4.2 MB), 1 remote, 1 conversion to document/pdf``, read off the calls and the basis."""
    inputs = list(change.basis.get("inputs", {}).values())
    uploads = [item for item in inputs if item.get("type") == "upload"]
    others = len(inputs) - len(uploads)
    told = f"{counted(len(uploads), 'upload')} ({size(change.size)})" if change.size else "bytes that the service holds"
    parts = [told] if uploads else []
    parts += [f"{others} remote"] if others else []
    targets = [
        "/".join(filter(None, (conversion.get("category", ""), conversion["target"])))
        for conversion in change.basis["conversions"].values()
    ]
    if targets:
        parts.append(f"{counted(len(targets), 'conversion')} to {', '.join(dict.fromkeys(targets))}")
    return ", ".join(parts) or "an empty job"


def path_of(call: Call) -> str:
    """The path with what is known of it filled in."""
    subject = f"<{call.subject.name}>" if isinstance(call.subject, Ref) else call.subject
    return ENDPOINTS[call.kind].path.replace("{id}", subject)


def _detail(detail: Detail) -> str:
    if detail.sensitive:
        return f"{detail.path}: (sensitive: changed)"
    return f"{detail.path}: {shown(detail.before)} -> {shown(detail.after)}"
