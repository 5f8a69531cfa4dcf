"""Which changes of a plan are shown where there is no room for all, and what is said of the others: one rule for every
form of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from a2c_spec.core.plan import Action, Change
from a2c_spec.core.reasons import counted, credits_told, only_there
from a2c_spec.views.plan_words import WORDS, ChangeFacts
from a2c_spec.views.sent_places import sent_places

HARMLESS: tuple[Action, ...] = ("no-op", "create", "cached", "download", "wait", "forget")
"""What usually pays for nothing twice, and takes nothing away."""

MOST_PLACES = 3
"""So many places that results are sent to are named of what is not shown."""

GRAVE, PLAIN, LIGHT = range(3)


def weight(change: Change) -> int:
    """What is shown first: what is refused, paid again, removed, deleted or replaced, then what changes something that
    is there; what is harmless is left out first."""
    lost = change.paid_again or change.only_there or change.running or change.deletes or change.removes
    if change.problem or lost or change.replaces or change.replaces_paid:
        return GRAVE
    return LIGHT if change.action in HARMLESS else PLAIN


def summed(rows: Iterable[ChangeFacts]) -> Iterator[str]:
    """How many changes of each kind are not shown, what they cost, and how many files they write and take away."""
    kinds: dict[str, list[Change]] = {}
    for row in rows:
        kinds.setdefault(row.change.counts_as, []).append(row.change)
    for kind, changes in kinds.items():
        does = "" if kind == "refused" else ", ".join(_does(changes))
        yield f"{len(changes)} more {WORDS.get(kind, f'to {kind}')}{f' ({does})' if does else ''}"


def _does(changes: list[Change]) -> Iterator[str]:
    cost, before = sum(one.credits for one in changes), sum(one.paid_before for one in changes)
    if cost:
        yield credits_told(cost, None, before)
    if written := sum(len(one.writes) for one in changes):
        yield counted(written, "file")
    if removed := sum(len(one.removes) for one in changes):
        yield f"{counted(removed, 'file')} removed"
    if replaced := sum(len(one.replaces) for one in changes):
        yield f"{counted(replaced, 'file')} replaced"
    if deleted := sum(len(one.deletes) for one in changes):
        yield f"{deleted} deleted on the service"
    if there := sum(one.only_there for one in changes):
        yield only_there(there)
    yield from [*dict.fromkeys(place for one in changes for place in sent_places(one))][:MOST_PLACES]
