"""Changes of one plan that make the same: the first is paid for, the others take its result from the cache."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import replace

from a2c_spec.core.reasons import FREE
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.order import dependent, independent
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.reuse import Results
from a2c_spec.errors import NotStarted, SpecError

AGAIN = "apply again once that is done"


class Later(SpecError):
    """A change is left to the next apply, which is no failure: a job makes what it takes, and is not waited for."""


def with_alike(steps: Sequence[PlannedChange], taken_from: Container[str]) -> list[PlannedChange]:
    """The changes, each of which says which others make all that it would make.

    That is the first one that makes it, in the order in which they are carried out, so that the others can wait for
    it. Before all one that runs already; then one that makes nothing twice, and then one that makes more; then one that
    has no name of its own, whose results can get any; then one that takes fewer calls, and then one whose results are
    taken by others (``taken_from``). What is asked for anew is made anew once.
    """
    making = [step for step in steps if step.keys and not step.change.problem]
    if len({key for step in making for key in step.keys}) == sum(len(step.keys) for step in making):
        return [*steps]
    makers: dict[str, str] = {}
    for step in _first(making, taken_from):
        for key in step.keys:
            makers.setdefault(key, step.change.address)
    return [_alike(step, makers) for step in steps]


def made_once(steps: Sequence[PlannedChange], results: Results) -> list[PlannedChange]:
    """The same for the changes of one job that was planned again, once what it takes is there: each after the one that
    makes the same."""
    return sorted(with_alike([_with_keys(step, results) for step in steps], ()), key=lambda step: bool(step.makers))


def _with_keys(step: PlannedChange, results: Results) -> PlannedChange:
    if step.desired is None or not step.change.starts:
        return step
    return replace(step, keys=tuple(results.keys(step.desired).values()))


def _first(steps: Sequence[PlannedChange], taken_from: Container[str]) -> list[PlannedChange]:
    """The changes in the order in which they are carried out; those that wait for none can be begun in any."""
    whole = [step for step in steps if not step.summary_only]

    def rank(step: PlannedChange) -> tuple[bool, int, int, bool, int, bool]:
        kinds, untaken = len({*step.keys}), address_of(step.change.address) not in taken_from
        made = max(len(step.conversions), len(step.keys))  # also what no cache may keep
        return step.change.starts, len(step.keys) - kinds, -made, _named(step), len(step.change.calls), untaken

    return [
        *sorted(independent(whole), key=rank),
        *(step for step in steps if step.summary_only),
        *dependent(whole),
    ]


def _named(step: PlannedChange) -> bool:
    return step.desired is not None and any("output_filename" in one.options for one in step.desired.job.conversions)


def _alike(step: PlannedChange, makers: Mapping[str, str]) -> PlannedChange:
    change = step.change
    others = [makers[key] for key in step.keys if makers.get(key, change.address) != change.address]
    every = len(others) == len(step.keys) >= len(step.conversions)
    if not (others and change.starts and every) or change.problem:
        return step
    name = address_of(others[0])
    told = f"{FREE}{_called(name, change.address)} makes the same, and its result is taken from the results cache"
    change = replace(change, alike=name, reasons=(*change.reasons, told), credits=0, work="")
    return replace(step, change=change, makers=tuple(dict.fromkeys(others)))


def _called(maker: str, run: str) -> str:
    """How a run is called in what is said of another one."""
    name = address_of(maker)
    return name if name != address_of(run) else "another conversion of it"


class Alike:
    """Who waits for whom among the changes that make the same, while these are carried out.

    ``ended``: the runs that others wait for; one that is not carried out, as where only some changes are, is not waited
    for, and has made nothing. ``before`` and ``made``, by address: for what is planned again once its inputs are there,
    the runs that make the same, and which of its conversions they make. ``well`` are the runs whose changes went well,
    ``later`` those that go on after this apply, ``running`` those that ran before, and whose change has not ended.
    ``begun``: of what runs already, or was started by this apply, key -> run; some of it is known only once its inputs
    are there.
    """

    def __init__(self, steps: Sequence[PlannedChange]) -> None:
        makers = {key for step in steps for key in step.makers}
        self.ended = {key: asyncio.Event() for step in steps if (key := step.change.address) in makers}
        self.before: dict[str, set[str]] = {}
        self.made: dict[str, set[str]] = {}
        self.well, self.later = set[str](), set[str]()
        self.begun = {key: step.change.address for step in steps if not step.change.starts for key in step.keys}
        self.running = {*self.begun.values()}
        for step in steps:
            if step.makers and step.whole is not None:  # its job waits for others, not for itself
                address = address_of(step.change.address)
                others = {key for key in step.makers if address_of(key) != address}
                self.before.setdefault(address, set()).update(others)
                if len(others) == len(step.makers):
                    self.made.setdefault(address, set()).update(step.conversions)

    def end(self, key: str) -> None:
        """Lets those go on that wait for a run, however its change went."""
        self.running.discard(key)
        if ended := self.ended.get(key):
            ended.set()

    async def wait_for_makers(self, step: PlannedChange) -> None:
        """Returns when all runs have ended that make the same first."""
        for key in self.before.get(address_of(step.change.address), step.makers):
            if ended := self.ended.get(key):
                await ended.wait()

    def check(self, step: PlannedChange, cached: JobRecord | None, keys: Collection[str] = ()) -> None:
        """Raises NotStarted, or Later, where another change was to make the same, and has not: no more is paid than was
        planned. ``cached`` is the job as the results cache would leave it, ``keys`` those of all that it makes."""
        missing = [key for key in step.makers if key not in self.well]
        if step.makers and (cached is None or (missing and step.change.forced)):
            self._missed(step.change.address, missing or step.makers)
        if cached is None and (step.change.starts or step.change.action == "cached"):
            self._begin(step, keys)

    def _begin(self, step: PlannedChange, keys: Collection[str]) -> None:
        """Notes that a run is about to be started. The same error where another one is making some of that, or was to;
        what could not be kept of one that went well is made as planned, and what is asked for anew is not compared."""
        run = step.change.address
        begun = {self.begun[key] for key in keys if key in self.begun} - {run}
        if (others := begun - self.well) and not step.change.forced:
            self._missed(run, sorted(others))
        others_make = sum(self.begun.get(key, run) != run for key in keys)
        if begun and not step.change.forced and others_make < len(step.conversions):
            raise Later(f"{', '.join(sorted(map(address_of, begun)))} made some of it meanwhile")
        for key in keys:
            self.begun.setdefault(key, run)

    def check_no_more(self, address: str, steps: Iterable[PlannedChange]) -> None:
        """The same where a job was planned again: it starts nothing that others were to make for it."""
        starts = {name for step in steps if step.change.starts for name in step.conversions}
        if starts & self.made.get(address, set()):
            self._missed(address, sorted(self.before[address]))

    def _missed(self, run: str, keys: Sequence[str]) -> None:
        names = ", ".join(dict.fromkeys(_called(key, run) for key in keys))
        missing = [key for key in keys if key not in self.well]
        if missing and (self.later | self.running).issuperset(missing):
            raise Later(f"{names} makes the same, and is not waited for")
        why = "was to make the same and did not" if missing else "made the same, and its result could not be kept"
        raise NotStarted(f"not started: {names} {why}", hint=AGAIN)
