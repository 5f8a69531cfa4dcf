"""What a plan says, as sentences: every form of a plan is made of these, so that none can leave one out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from a2c_spec.core.calls import ENDPOINTS, Call, Ref
from a2c_spec.core.plan import LET_GO, SIGNS, Change, Plan, Totals
from a2c_spec.core.reasons import counted, credits_told, not_saved, removed, size, stays
from a2c_spec.core.run_keys import address_of
from a2c_spec.views.sent_places import sent_places

WORDS: dict[str, str] = {
    "wait": "to wait for",
    "no-op": "unchanged",
    "skipped": "skipped",
    "refused": "refused",
    "forget": "no longer in a manifest",
    LET_GO: "let go",
    "cached": "from the results cache",
}
"""How the totals name an action whose own word does not follow "to"."""

ORPHANS_SHOWN = 20
"""So many addresses that no manifest asks for are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """One change in words: ``why`` is one sentence with its price, ``lines`` are what it does to files and jobs."""

    change: Change
    why: str
    lines: tuple[str, ...]

    @property
    def address(self) -> str:
        return address_of(self.change.address)

    @property
    def sign(self) -> str:
        return SIGNS[self.change.action]

    @property
    def noted(self) -> bool:
        """Whether nothing is to be done, and there is something to say all the same."""
        change = self.change
        more = [why for why in change.reasons if why != "completed" and not why.startswith("unchanged")]
        return change.action == "no-op" and bool(more or change.problem or change.stays)


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """A plan in words: its changes; ``head``, ``totals``, ``notes`` and ``limits`` are about all of them."""

    rows: tuple[ChangeFacts, ...]
    head: str
    totals: str
    notes: tuple[str, ...]
    limits: str


def facts_of(plan: Plan) -> PlanFacts:
    """Everything that a plan says."""
    totals = plan.totals()
    price = f": {credits_told(totals.credits, plan.balance, totals.paid_before)}" if totals.credits else ""
    return PlanFacts(
        tuple(ChangeFacts(change, _why(change), tuple(_lines(change))) for change in plan.rows()),
        f"Plan: {sums(totals.actions)}{price}.",
        _sent(totals),
        tuple(_notes(plan)),
        plan.allowance.told if plan.allowance else "",
    )


def _why(change: Change) -> str:
    """The reasons, what is sent and made, and what that costs about."""
    price = credits_told(change.credits, None, change.paid_before) if change.credits and not change.problem else ""
    done = ", ".join(filter(None, [change.work or (f"sends {size(change.size)}" if change.uploads else ""), price]))
    reasons = "; ".join(change.reasons)
    return (": " if change.action == "create" else "; ").join(filter(None, [reasons, done]))


def _lines(change: Change) -> Iterator[str]:
    """What happens to files here and to things on the service, each with its path or id."""
    if change.problem:
        yield f"refused: {change.problem}"
        return
    gone = {*change.replaces}
    yield from (f"{'replaces' if path in gone else 'writes'} {shown_path(path)}" for path in change.writes)
    yield from (f"replaces {shown_path(path)}" for path in change.replaces if path not in change.writes)
    yield from (f"writes {place}" for place in change.unforeseen)
    yield from sent_places(change)
    for move in change.moves:
        if not any(f"{move.source} -> {move.target}" in reason for reason in change.reasons):
            yield f"moves {shown_path(move.source)} to {shown_path(move.target)}"
    told = " ".join(change.reasons)
    yield from (f"removes {shown_path(path)}" for path in change.removes if removed(path) not in told)
    said = {*change.reasons, *(one.partition(": ")[0] for one in change.stays)}
    unsaid = (path for path in change.leaves if said.isdisjoint((stays(path), not_saved(path))))
    yield from (f"leaves {shown_path(path)} here" for path in unsaid)
    yield from change.stays
    yield from map(_deleted, change.deletes)


def _deleted(call: Call) -> str:
    kind = call.kind.removeprefix("delete_")
    name = call.subject.name if isinstance(call.subject, Ref) else call.subject
    when = ", once the results are here" if call.afterwards else ""
    return f"deletes {kind} {name} on the service{when}{f' ({call.reason})' if call.reason else ''}"


def _notes(plan: Plan) -> Iterator[str]:
    if plan.partial:
        yield "PARTIAL: a selection leaves other addresses out of this plan"
    if plan.left_out:
        yield f"PARTIAL: {counted(plan.left_out, 'other change')} left to `a2c-spec apply`"
    yield from plan.emptied()
    if plan.unread:
        named = "; ".join(plan.unread)
        yield f"Secrets that cannot be used here: {named}. Whether they changed is not known; calls that send them fail"
    if plan.uncached:
        yield f"Nothing of this can be kept in the results cache: {plan.uncached}"
    if plan.orphans:
        named = ", ".join(plan.orphans[:ORPHANS_SHOWN])
        more = f" and {len(plan.orphans) - ORPHANS_SHOWN} more" if len(plan.orphans) > ORPHANS_SHOWN else ""
        doubt = " that could be read (`a2c-spec validate` shows what is wrong with others)" if plan.unsure else ""
        yield f"In no manifest{doubt}, and left alone by this plan: {named}{more}"


def _sent(totals: Totals) -> str:
    if not totals.requests:
        return "Nothing to send."
    methods = ", ".join(
        f"{name} {totals.calls[name]}" for name in ("POST", "PATCH", "DELETE") if totals.calls.get(name)
    )
    up = f", {size(totals.size)} up" if totals.size else ""
    started = f", starts {counted(totals.jobs, 'job')}" if totals.jobs else ""
    calls, more = f"{counted(totals.requests, 'call')} ({methods}){up}{started}", totals.awaited
    if not more:
        return f"{calls}."
    results = "a result that is" if more == 1 else f"{more} results that are"
    return f"{calls}; {results} made first may take {'a call' if more == 1 else 'calls'} more."


def sums(actions: Mapping[str, int]) -> str:
    """``1 to create, 4 unchanged``."""
    order = (*SIGNS, LET_GO, "skipped", "refused")
    named = [(actions[action], WORDS.get(action, f"to {action}")) for action in order if action in actions]
    return ", ".join(f"{number} {word}" for number, word in named) or "nothing to do"


def shown_path(path: str) -> str:
    """A path as it is; in quotes where it could be taken for more than one, or for another line."""
    return path if path.isprintable() and path.strip() == path else json.dumps(path, ensure_ascii=False)


def path_of(call: Call) -> str:
    """The path of a call with what is known of it filled in."""
    subject = f"<{call.subject.name}>" if isinstance(call.subject, Ref) else call.subject
    return ENDPOINTS[call.kind].path.replace("{id}", subject)
