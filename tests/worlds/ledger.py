"""The bookkeeping of a world: what was ever wanted, what was started for it, and what may have cost more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.worlds.judge import Judge
from tests.worlds.recipes import sha256
from tests.worlds.service_jobs import Jobs
from tests.worlds.service_model import TERMINAL, Output, Start

LASTING = 86400.0
"""Seconds for which results are kept, by the documentation; a client may forget what is older."""

SLACK = 3700.0
"""Seconds that one command takes at most."""


@dataclass(slots=True)
class Ledger:
    """``holders``: how often each recipe was wanted by which address; who takes the place of an address that is gone
    takes over what it had. ``now``: the recipes wanted at the moment; ``allowed``: how often each may run once more,
    because a run failed, was canceled in favour of another, or was asked for anew, or because its results are gone;
    ``gone``: conversions (job, id) whose results can be had neither here nor on the service; ``loose``: recipes may
    have run that cannot be told; ``settled``: jobs that were counted."""

    holders: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    now: set[str] = field(default_factory=set)
    allowed: Counter[str] = field(default_factory=Counter)
    gone: set[tuple[str, str]] = field(default_factory=set)
    loose: bool = False
    settled: set[str] = field(default_factory=set)

    def want(self, judge: Judge) -> None:
        """These recipes are wanted from now on."""
        here, keys = judge.addresses(), judge.keys()
        for (loose, key, address), count in keys.items():
            held = self.holders.setdefault((loose, key), Counter())
            if address not in held and (gone := next((one for one in held if one not in here), None)):
                held[address] = held.pop(gone)
            held[address] = max(held[address], count)
        self.now = {loose for loose, _, _ in keys}
        self.loose = self.loose or bool(judge.guessed)

    def bound(self) -> Counter[str]:
        """How often each recipe may be paid for, if nothing goes wrong."""
        found: Counter[str] = Counter()
        for (loose, _), held in self.holders.items():
            found[loose] += held.total()
        return found

    def ask_again(self, judge: Judge, addresses: Iterable[str]) -> None:
        """The person asks for these to run once more."""
        chosen = set(addresses)
        self.allowed.update(
            wish.recipe.loose for wish in judge.wishes.values() if wish.recipe and wish.address in chosen
        )

    def miss(self, service: Jobs, here: Callable[[], set[str]]) -> None:
        """What is neither on the service any more nor, as its digest says, here may be made once more."""
        for job in service.jobs.values():
            rows = zip(job.conversions, job.recipes, strict=True) if job.outputs and job.creator == "us" else ()
            for item, recipe in rows:
                if (job.id, item.id) in self.gone:
                    continue
                made = [one for one in job.outputs if one.conversion == item.id]
                if any(_going(service, one) and sha256(one.data) not in here() for one in made):
                    self.gone.add((job.id, item.id))
                    self.allowed[recipe.loose] += 1

    def account(self, service: Jobs, calls: int, starts: int) -> None:
        """Looks at what a command did: what ended badly may run once more, as may what was canceled for another."""
        del starts
        for entry in service.log[calls:]:
            job = service.jobs.get(entry.subject)
            if entry.call == "cancel" and entry.actor == "us" and entry.status == 204 and job is not None:
                self.allowed.update(one.loose for one in job.recipes if one.loose not in self.now)
        for job in service.jobs.values():
            if job.status in TERMINAL - {"completed"} and not job.deleted and job.id not in self.settled:
                self.settled.add(job.id)
                self.allowed.update(one.loose for one in job.recipes)

    def overpaid(self, starts: Iterable[Start]) -> dict[str, tuple[int, int]]:
        """Recipes that were started more often than they may be: how often, and how often they may be."""
        bound = self.bound()
        paid = Counter(key for start in starts if start.owner == "us" and not start.edited for key in start.keys)
        may = {key: bound[key] + self.allowed[key] for key in paid}
        return {key: (count, may[key]) for key, count in paid.items() if count > may[key]}

    def unwanted(self, starts: Iterable[Start]) -> list[str]:
        """Recipes that nobody ever asked for."""
        bound = self.bound()
        mine = (key for start in starts if start.owner == "us" and not start.edited for key in start.keys)
        return [] if self.loose else [key for key in mine if key not in bound]


def _going(service: Jobs, output: Output) -> bool:
    """Whether a result is gone from the service, or may go while one command runs."""
    lasts = min(service.switches.outputs_last, LASTING) - SLACK
    return service.gone(output) or service.now() - output.made > lasts
