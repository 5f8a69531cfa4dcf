"""The bookkeeping of a world: what was ever wanted, what was started for it, and what may have cost more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.worlds.judge import Judge, needs
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
    ``gone``: results, by digest, that are no longer on the service, each with the conversion (job, id) and recipe that
    made it; ``missed``: how many of those have had to be made again, since there are fewer copies here; ``loose``:
    recipes may have run that cannot be told; ``chained``: something ever took the result of another; ``settled``: jobs
    that were counted."""

    holders: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    now: set[str] = field(default_factory=set)
    allowed: Counter[str] = field(default_factory=Counter)
    gone: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)
    missed: Counter[str] = field(default_factory=Counter)
    loose: bool = False
    chained: bool = False
    settled: set[str] = field(default_factory=set)

    def want(self, judge: Judge) -> None:
        """These recipes are wanted from now on."""
        keys = judge.keys()
        for (loose, key, address), count in keys.items():
            held = self.holders.setdefault((loose, key), Counter())
            if address not in held and (gone := next((one for one in held if (loose, key, one) not in keys), None)):
                held[address] = held.pop(gone)
            held[address] = max(held[address], count)
        self.now = {loose for loose, _, _ in keys}
        self.loose = self.loose or bool(judge.guessed)
        self.chained = self.chained or any(needs(tree) for tree in judge.trees)

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

    def miss(self, service: Jobs, copies: Callable[[], Counter[str]]) -> None:
        """What is no longer on the service may be made once more, as far as there are too few copies of it here.

        A copy here whose own job still stands is no copy of what another job made of a remote source: nobody can know
        that they are equal.
        """
        there: Counter[str] = Counter()
        for job in service.jobs.values():
            recipes = {item.id: recipe for item, recipe in zip(job.conversions, job.recipes, strict=False)}
            for one in job.outputs if job.creator == "us" and recipes else ():
                if not _going(service, one):
                    there[sha256(one.data)] += any(item.type == "remote" for item in job.inputs)
                else:
                    self.gone.setdefault(sha256(one.data), {})[job.id, one.conversion] = recipes[one.conversion].loose
        for digest, made in self.gone.items():
            lacking = len(made) - max(copies()[digest] - there[digest], 0) - self.missed[digest]
            for key in list(made.values())[:lacking] if lacking > 0 else ():
                self.missed[digest] += 1
                self.allowed[key] += 1

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
        """Recipes that nobody ever asked for. What somebody else starts may be a draft that was left half built."""
        bound = self.bound()
        mine = (
            key for start in starts if start.owner == start.actor == "us" and not start.edited for key in start.keys
        )
        return [] if self.loose else [key for key in mine if key not in bound]


def _going(service: Jobs, output: Output) -> bool:
    """Whether a result is gone from the service, or may go while one command runs."""
    lasts = min(service.switches.outputs_last, LASTING) - SLACK
    return service.gone(output) or service.now() - output.made > lasts
