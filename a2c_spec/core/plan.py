"""A plan as a value: the ordered changes, why each is needed, and the calls that carry them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from a2c_spec.core.allowance import Allowance
from a2c_spec.core.calls import Call
from a2c_spec.core.moves import Move
from a2c_spec.core.results import PARTIAL
from a2c_spec.core.run_keys import address_of

LET_GO = "let go"
"""What totals call an earlier run that is forgotten, beside what becomes of its address."""

Action = Literal[
    "create",
    "update",
    "wait",
    "replace",
    "re-run",
    "no-op",
    "download",
    "rename",
    "forget",
    "adopt",
    "delete",
    "cached",
]

SIGNS: Mapping[Action, str] = {
    "create": "+",
    "update": "~",
    "wait": ">",
    "replace": "!",
    "re-run": "!",
    "no-op": " ",
    "download": "<",
    "rename": "~",
    "forget": "-",
    "adopt": "=",
    "delete": "-",
    "cached": "=",
}


@dataclass(frozen=True, slots=True)
class Detail:
    """One attribute that differs: canonical before and after, ``sensitive`` when neither may be shown.

    ``foreign``: somebody else changed it on the service, where it is ``before``.
    """

    path: str
    before: Any
    after: Any
    sensitive: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one address. ``bindings`` pairs element names with API ids that exist already. ``forced``:
    nothing changed, the user wants it run again. ``paid_again``: something already paid for is run again, cancelled or
    deleted; of a run that is let go, that something of it is lost: ``running`` are its jobs that run, ``only_there`` is
    how many of its results are on the service alone. ``first_runs``: how many of the conversions that it starts never
    ran before. ``leaves`` are files that stay, although no manifest saves them
    any more, ``removes`` those that are removed once all else is done, if they are still as we wrote them and nobody
    else's. ``stays`` says what else stays, here or on the service, and why. ``fetch``: results are downloaded
    afterwards. ``lower_bound``: why fewer calls are impossible. ``lost`` are conversions that are run again only
    because their results can be had nowhere. ``emptied``: the batch that lets the address go as its source is empty.
    ``verified``, ``skipped``: how many results are as they were written, and left out because something stands in their
    places. ``work`` says what is sent and made, ``awaits`` is how many inputs other jobs make first, ``credits`` is
    about what it costs. ``writes`` are the paths of results that are known before the run, ``replaces`` paths at which
    a file stands that goes, ``unforeseen`` says where results go whose names or number the run tells.
    ``replaces_paid``: those of the replaced, or of what may be, that others were paid for, and whose results they are.
    ``alike`` is the address of an earlier change that makes the same: its result is taken from the results cache, and
    ``calls`` are only for when it fails. ``instead``: what is sent then, where its result is cached.
    """

    address: str
    action: Action
    reasons: tuple[str, ...]
    calls: tuple[Call, ...] = ()
    bindings: Mapping[str, str] = field(default_factory=dict)
    details: tuple[Detail, ...] = ()
    moves: tuple[Move, ...] = ()
    leaves: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    downloads: tuple[str, ...] = ()
    fetch: bool = False
    paid_again: bool = False
    first_runs: int = 0
    forced: bool = False
    fingerprint: str = ""
    basis: Mapping[str, Any] = field(default_factory=dict)
    verified: int = 0
    skipped: int = 0
    lower_bound: str = ""
    problem: str = ""
    lost: tuple[str, ...] = ()
    emptied: str = ""
    running: tuple[str, ...] = ()
    only_there: int = 0
    work: str = ""
    awaits: int = 0
    credits: int = 0
    writes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    unforeseen: tuple[str, ...] = ()
    replaces_paid: Mapping[str, str] = field(default_factory=dict)
    alike: str = ""
    instead: tuple[Call, ...] = ()

    @property
    def counts_as(self) -> str:
        """Its action, or that it is refused, or that all of it is left out."""
        if self.problem:
            return "refused"
        return "skipped" if self.action == "no-op" and self.skipped and not self.verified else self.action

    @property
    def sent(self) -> tuple[Call, ...]:
        """The calls that carry it out, unless an earlier change that makes the same fails."""
        return (*self.instead, *(call for call in self.calls if call.afterwards)) if self.alike else self.calls

    @property
    def size(self) -> int:
        """Payload bytes sent."""
        return sum(call.size for call in self.sent)

    @property
    def uploads(self) -> bool:
        """Whether files are sent, be they empty."""
        return any(call.uploads for call in self.sent)

    @property
    def makes(self) -> bool:
        """Whether results are made, or taken from the results cache, in the place of those that there are."""
        return self.action == "cached" or any(call.kind == "create_job" for call in self.calls)

    @property
    def starts(self) -> bool:
        """Whether a job is started, which is what costs credits."""
        return any(call.starts for call in self.calls)

    @property
    def paid_before(self) -> int:
        """How much of the credits was paid before, for the same conversions."""
        return max(self.credits - self.first_runs, 0) if self.paid_again else 0

    @property
    def asks(self) -> bool:
        """Whether something that was paid for is run again, cancelled or deleted; not where it is only let go."""
        return self.paid_again and self.action != "forget" and not self.problem

    @property
    def pays_again(self) -> bool:
        """Whether it asks, and its results do not come from the results cache."""
        return self.asks and not self.alike and self.action != "cached"

    @property
    def deletes(self) -> tuple[Call, ...]:
        """The calls that delete or cancel something on the service."""
        return tuple(call for call in self.sent if call.method == "DELETE")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a plan: actions, calls by method, payload bytes up, jobs started, credits and how many of them were
    paid before, files written, inputs that are made first. What is refused counts as that, and nowhere else."""

    actions: Mapping[str, int]
    calls: Mapping[str, int]
    size: int
    jobs: int
    credits: int = 0
    paid_before: int = 0
    files: int = 0
    awaited: int = 0

    @property
    def requests(self) -> int:
        return sum(self.calls.values())


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, in the order in which they are carried out. ``partial`` when a selection left addresses out.

    ``left_out`` is how many other changes there are, which a command leaves to ``apply``. ``allowance`` is what they
    cost about, beside the limits and the budget of the project, where there are any. ``balance`` is what the account
    has left, where the service says it. ``orphans`` are recorded addresses that no manifest asks for and that this plan
    leaves as they are; ``unsure``: some manifests could not be read, which may ask for them. ``unread`` are references
    of secrets that cannot be used, each with why, so that it is not known whether they have changed. ``uncached`` says
    why nothing of what is made can be kept in the results cache.
    """

    changes: tuple[Change, ...]
    partial: bool = False
    left_out: int = 0
    allowance: Allowance | None = None
    balance: int | None = None
    orphans: tuple[str, ...] = ()
    unsure: bool = False
    unread: tuple[str, ...] = ()
    uncached: str = ""

    @property
    def empty(self) -> bool:
        return all(change.action == "no-op" for change in self.changes)

    def rows(self) -> tuple[Change, ...]:
        """The changes that are told. Of an address of several runs, those that are only taken over are told once, and
        unchanged ones once, or beside others that do something not at all, but for what is partial in them."""
        busy = {address_of(one.address) for one in self.changes if one.action not in ("no-op", "forget")}
        hidden: dict[str, list[str]] = {}
        places: dict[tuple[str, str], int] = {}
        shown: list[Change] = []
        for change in self.changes:
            address = address_of(change.address)
            alike = change.action == "no-op" or (change.action == "adopt" and not (change.fetch or change.calls))
            if change.action == "no-op" and address in busy and not change.stays:
                hidden.setdefault(address, []).extend(why for why in change.reasons if why.startswith(PARTIAL))
                continue
            if alike and (address, change.action) in places:
                place = places[address, change.action]
                shown[place] = _together(shown[place], change)
                continue
            if alike:
                places[address, change.action] = len(shown)
                change = change if address == change.address else replace(change, address=address)
            shown.append(change)
        first = {address_of(change.address): place for place, change in reversed([*enumerate(shown)])}
        for address, kept in hidden.items():
            change = shown[first[address]]
            shown[first[address]] = replace(change, reasons=(*change.reasons, *dict.fromkeys(kept)))
        return tuple(shown)

    def emptied(self) -> tuple[str, ...]:
        """What is let go because a source that had rows is empty now, a sentence for each batch."""
        counts = Counter(change.emptied for change in self.changes if change.emptied)
        return tuple(
            f"{count} address{'' if count == 1 else 'es'} of batch {name} would be let go; its source is empty now"
            for name, count in counts.items()
        )

    def totals(self) -> Totals:
        done = [change for change in self.changes if not change.problem]
        stays = {address_of(change.address) for change in self.changes if change.action != "forget"}
        kinds = [(one.counts_as, address_of(one.address)) for one in self.rows()]
        return Totals(
            actions=Counter(LET_GO if kind == "forget" and name in stays else kind for kind, name in kinds),
            calls=Counter(call.method for change in done for call in change.sent),
            size=sum(change.size for change in done),
            jobs=sum(change.starts and not change.alike for change in done),
            credits=sum(change.credits for change in done),
            paid_before=sum(change.paid_before for change in done),
            files=sum(len(change.writes) for change in done),
            awaited=sum(change.awaits for change in done),
        )


def _together(one: Change, other: Change) -> Change:
    """Two runs of one address, unchanged or taken over, as one."""
    files = one.verified + other.verified
    told = (f"unchanged, {files} file{'' if files == 1 else 's'} verified",) if files else ()
    rest = tuple(dict.fromkeys(why for why in (*one.reasons, *other.reasons) if not why.startswith("unchanged, ")))
    reasons = (*rest, *told) if one.action == "adopt" else (*told, *rest)
    stays = tuple(dict.fromkeys((*one.stays, *other.stays)))
    one = replace(one, verified=files, skipped=one.skipped + other.skipped, stays=stays)
    return replace(one, reasons=reasons or one.reasons)
