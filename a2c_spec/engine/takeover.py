"""Runs of which nothing is wanted where they are recorded, taken over by the jobs that they are now."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from a2c_spec.core.prepare import keep_ignored, only
from a2c_spec.core.recipe import fingerprint
from a2c_spec.core.run_division import Division, divide, restricted, whole
from a2c_spec.core.run_keys import address_of, free_key
from a2c_spec.core.run_records import ENDED_WELL, beside, merged, split_off
from a2c_spec.core.same_recipe import same_recipe
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.engine.desired import Dependencies
from a2c_spec.engine.plan_one import plan_address
from a2c_spec.engine.planned import PlannedChange, Traded
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.session import Session

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.prepare import DesiredJob

PAYING = frozenset({"create", "re-run", "replace", "cached"})
"""What is done of a job where nothing that is recorded is the result that it asks for."""


def recipes_in(record: JobRecord) -> Iterator[tuple[str, str]]:
    """Of a run that may be taken over, or was paid for in vain: each conversion, and its recipe."""
    if (record.phase == "building" or record.paid_for) and not record.intent and "conversions" in record.basis:
        for name, one in record.basis["conversions"].items():
            yield name, fingerprint({**record.basis, "conversions": {name: one}})


def recipes_meant(record: JobRecord) -> set[str]:
    """The recipes of what is about to be started for a run, or was, by calls of which no answer came."""
    basis = record.intent.basis if record.intent is not None else {}
    return {fingerprint({**basis, "conversions": {name: one}}) for name, one in basis.get("conversions", {}).items()}


def recipes_of(desired: DesiredJob) -> set[str]:
    """The recipe of each conversion of a job."""
    return {only(desired, item.id).fingerprint for item in desired.job.conversions}


def pays(step: PlannedChange) -> bool:
    """Whether the change makes what another run may have made already; what is asked for by --replace is made anew."""
    edited = step.change.action == "update" and step.change.starts
    return step.desired is not None and not step.change.forced and (edited or step.change.action in PAYING)


@dataclass(slots=True)
class Takeover:
    """``gone``: runs of addresses that no manifest asks for, by key.

    ``free``: these, and those of which nothing is wanted at an address that stays; what is taken is taken out.
    ``replaced``: those of them that another run is about to replace, so that they are left only to who wants all of
    one. ``recipes``: by the recipe of a conversion, the free runs that make it. ``parts``: by recipe, results that can
    be had, of conversions that nobody asks for any more where they are recorded: the run, its conversion.
    ``traded``: by address, what it has from others and what others have from it. ``again``: addresses that have to be
    planned again: others have something of theirs by now, or what they take is the result of another run.
    """

    session: Session
    dependencies: Dependencies
    chosen: Selection
    client: Client | None
    gone: Mapping[str, JobRecord]
    moved: Container[str] = frozenset()
    free: dict[str, JobRecord] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    recipes: dict[str, set[str]] = field(default_factory=dict)
    parts: dict[str, list[tuple[JobRecord, str]]] = field(default_factory=dict)
    traded: dict[str, Traded] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._free(self.gone.values())

    def _free(self, runs: Iterable[JobRecord]) -> None:
        for run in runs:
            if run.address not in self._traded(run.address).gained:
                self.free[run.address] = run
                for _, recipe in recipes_in(run):
                    self.recipes.setdefault(recipe, set()).add(run.address)

    def _traded(self, key: str) -> Traded:
        return self.traded.get(address_of(key), Traded())

    def offer(self, steps: Sequence[PlannedChange], unused: Sequence[JobRecord]) -> None:
        """What an address leaves to others: runs of which it wants nothing, and those that it is about to replace."""
        leaving = (step for step in steps if pays(step) and not (step.change.lost or step.change.problem))
        replaced = [step.record for step in leaving if step.record]
        self.replaced |= {run.address for run in replaced}
        self._free((*unused, *(run for run in replaced if run.paid_for)))

    def offer_parts(self, steps: Iterable[PlannedChange]) -> None:
        """What is left once runs have been taken as a whole: single results that can be had and that nobody wants."""
        self.parts.clear()
        offers = [(run, set[str]()) for run in self.free.values() if not self._kept_for_another(run.address)]
        lost = set[tuple[str, str]]()
        for step in steps:
            lost |= {(address_of(step.change.address), name) for name in step.change.lost}
            if step.record and step.desired and step.record.address not in self.free:
                asked = {*step.conversions}
                if not asked.issuperset(step.record.basis.get("conversions", ())):
                    offers.append((step.record, asked))
        for run, asked in offers:
            for name, recipe in recipes_in(run):
                if name not in asked and (address_of(run.address), name) not in lost and self._can_be_had(run, name):
                    self.parts.setdefault(recipe, []).append((run, name))

    def _kept_for_another(self, key: str) -> bool:
        """Whether a manifest says that it is what this run was: it has it first."""
        return key in self.gone and address_of(key) in self.moved

    def _can_be_had(self, run: JobRecord, conversion: str) -> bool:
        """Whether a job makes this at the moment; or every result is here, and not another address's by now, or may
        still be on the service."""
        if run.phase == "started":
            return bool(run.job_id)
        files = split_off(run, conversion, run.address).files if run.phase in ("completed", "done") else ()
        return bool(files) and all(self._may_be_read(run, file) for file in files)

    def _may_be_read(self, run: JobRecord, file: SavedFile) -> bool:
        stands = self.session.files.status(file.path, run.address) if file.path else "absent"
        return stands == "intact" or (stands == "absent" and bool(run.job_id) and file.output_id not in run.gone)

    async def of(self, steps: Sequence[PlannedChange]) -> tuple[list[PlannedChange], list[JobRecord]] | None:
        """The changes of an address and the runs of which it wants nothing, once it has from others what they have of
        it, and without what others have from it; None where that changes nothing."""
        if not (self.free or self.parts or self.again):
            return None  # nothing is offered
        parts = [step.desired for step in steps if step.desired is not None]
        if not parts or any(step.summary_only for step in steps):
            return None
        desired = whole(parts)
        address = desired.job.address
        needed = {recipe for step in steps if step.desired and pays(step) for recipe in recipes_of(step.desired)}
        before = self._traded(address)
        traded = self._gained(desired, before, needed) if needed else before
        if traded == before and address not in self.again:
            return None
        self.again.discard(address)
        self._follow(address, traded)
        job = steps[0].whole or desired.job
        again, unused = await plan_address(self.session, job, self.dependencies, self.chosen, self.client, traded)
        used = {step.change.address for step in again}
        self.traded[address] = replace(traded, gained={key: run for key, run in traded.gained.items() if key in used})
        for key, old in traded.origin.items():
            if key not in used:  # its results turned out to be lost
                self.free.pop(old, None)
            elif key not in traded.split:
                self._give(old)
        told = [self._told(step, traded, job.moved_from) for step in again]
        return told, [run for run in unused if run.address not in traded.gained]

    def _follow(self, address: str, traded: Traded) -> None:
        """What stands on the disk for a run that this address has stands there for this address."""
        for run in traded.gained.values():
            known = (*run.files, *run.leftover, *run.landing)
            self.session.files.followed.update({file.path: address for file in known if file.path})

    def _give(self, key: str) -> None:
        """Notes that a run is another address's from now on; where it was, is planned again without it."""
        giver, before = address_of(key), self._traded(key)
        if self.free.pop(key, None) is not None:
            self.traded[giver] = replace(before, given=before.given | {key})
            self.again |= {giver} if key not in self.gone else set()

    def _gained(self, desired: DesiredJob, traded: Traded, needed: set[str]) -> Traded:
        """What the address has from others, with what makes more of what it needs.

        First the runs of the address that it had before, if the manifest names one, then others; then single results.
        """
        address, moved_from = desired.job.address, desired.job.moved_from
        moved = [key for key in self.gone if moved_from and address_of(key) == moved_from]
        alike = {key for recipe in needed for key in self.recipes.get(recipe, ()) if not self._kept_for_another(key)}
        for keys in (moved, sorted(alike.difference(moved))):
            runs = [self.free[key] for key in keys if key in self.free and address_of(key) != address]
            runs = [run for run in runs if not run.intent]
            mine = [run for run in runs if not _of_another_value(desired, run)]
            offered = {run.address: self._as_recorded(run.address) for run in mine}
            traded = self._with_wanted(desired, traded, offered)
            copies = [beside(run) for run in runs if run not in mine and run.phase in ENDED_WELL and run.job_id]
            offered = {run.address: run for run in copies}
            traded = self._with_wanted(desired, traded, offered, split=True)
        for recipe in sorted(needed):
            offers = [one for one in self.parts.get(recipe, ()) if address_of(one[0].address) != address]
            offers = [one for one in offers if not _of_another_value(desired, one[0])]
            for run, name in offers:
                self.parts.pop(recipe, None)
                alone = run.phase == "started" and run.address in self.free  # else it would be cancelled
                part = self._as_recorded(run.address) if alone else split_off(run, name, run.address)
                traded = self._with_wanted(desired, traded, {run.address: part}, single=True, split=not alone)
        return traded

    def _as_recorded(self, key: str) -> JobRecord:
        return next(run for run in self.session.runs(address_of(key)) if run.address == key)

    def _with_wanted(
        self,
        desired: DesiredJob,
        traded: Traded,
        offered: Mapping[str, JobRecord],
        *,
        single: bool = False,
        split: bool = False,
    ) -> Traded:
        """With those of the offered runs that make, or are held to make, something of what is desired. ``single``: even
        where they make more, of which others may want something; ``split``: their job is another address's, too.

        A run of the address that it had before goes with it also where it has to be run again.
        """
        if not offered:
            return traded
        address, origin = desired.job.address, dict(traded.origin)
        own = self.session.runs(address)
        gained = dict(traded.gained)
        for old, run in offered.items():
            key = free_key(address, {*origin, *(one.address for one in own)})
            gained[key], origin[key] = replace(run, address=key, gone_since=0.0), old
        every = replace(traded, gained=gained).runs(own)
        kept = replace(desired, job=keep_ignored(desired.job, merged(every)))
        division = divide(kept, every)
        used = {part.key for part in division.parts}
        wanted = {
            key: run
            for key, run in gained.items()
            if key in traded.gained
            or (key in used and address_of(origin[key]) == desired.job.moved_from)
            or _makes(division, kept, run, all_of_it=origin[key] in self.replaced and not single)
        }
        origin = {key: origin[key] for key in (*traded.origin, *wanted)}
        parts = traded.split.union(set(wanted) - set(traded.gained) if split else ())
        return replace(traded, gained=wanted, origin=origin, split=parts)

    def _told(self, step: PlannedChange, traded: Traded, moved_from: str) -> PlannedChange:
        """The change, which says from where its run was taken over."""
        if step.change.address not in traded.gained:
            return step
        old = traded.origin[step.change.address]
        before = address_of(old)
        why = "which is in no manifest any more" if old in self.gone else "which no longer asks for it"
        told = f"it was {before}" if before == moved_from else f"taken over from {before}, {why}"
        if step.desired and _of_another_value(step.desired, replace(step.record or JobRecord(old, ""), address=old)):
            told = f"{before}, of the same manifest, has made it already, and keeps it"
        action = "adopt" if step.change.action in ("no-op", "forget") else step.change.action
        change = replace(step.change, action=action, reasons=(told, *step.change.reasons))
        return replace(step, change=change, taken_over=old, split_off=step.change.address in traded.split)


def _of_another_value(desired: DesiredJob, run: JobRecord) -> bool:
    """Whether a manifest whose name is computed gave the address of a run, for another value of what it takes: that is
    no rename, and the run keeps its files."""
    named, before = desired.job.named, address_of(run.address)
    return bool(named) and before != desired.job.moved_from and bool(re.fullmatch(named, before, re.DOTALL))


def _makes(division: Division, desired: DesiredJob, run: JobRecord, *, all_of_it: bool) -> bool:
    """Whether a run makes something of what is desired; ``all_of_it``: and nothing else."""
    part = next((part for part in division.parts if part.key == run.address), None)
    if part is None or part.record is None:
        return False
    if run.phase == "building":
        return run.fingerprint == desired.fingerprint
    if not same_recipe(restricted(desired, part), part.record):
        return False
    return len(run.basis["conversions"]) == len(part.conversions) or not all_of_it
