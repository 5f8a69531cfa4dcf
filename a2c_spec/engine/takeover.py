"""What is recorded under an address that no manifest asks for any more, taken over by the job that it is now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from a2c_spec.core.prepare import keep_ignored, only
from a2c_spec.core.recipe import fingerprint
from a2c_spec.core.run_division import ALIVE, Division, divide, restricted, same_recipe, whole
from a2c_spec.core.run_keys import address_of, free_key
from a2c_spec.core.run_records import merged
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.plan_one import plan_run
from a2c_spec.engine.planned import Pending, PlannedChange
from a2c_spec.engine.session import Session

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.prepare import DesiredJob


def by_recipe(records: Iterable[JobRecord]) -> dict[str, set[str]]:
    """The addresses under which something is recorded that may be taken over, by the recipe of each conversion."""
    found: dict[str, set[str]] = {}
    for record in records:
        if record.phase in ("building", *ALIVE) and not record.intent and "conversions" in record.basis:
            for name in record.basis["conversions"]:
                recipe = {**record.basis, "conversions": {name: record.basis["conversions"][name]}}
                found.setdefault(fingerprint(recipe), set()).add(address_of(record.address))
    return found


def recipes_of(desired: DesiredJob) -> set[str]:
    """The recipe of each conversion of a job."""
    return {only(desired, item.id).fingerprint for item in desired.job.conversions}


@dataclass(slots=True)
class Takeover:
    """The runs of addresses that no manifest asks for, key -> record; those that are taken over are taken out."""

    session: Session
    gone: dict[str, JobRecord]
    addresses: dict[str, list[str]] = field(init=False)
    recipes: dict[str, set[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.addresses = {}
        for key in self.gone:
            self.addresses.setdefault(address_of(key), []).append(key)
        self.recipes = by_recipe(self.gone.values())

    async def of(self, steps: list[PlannedChange], client: Client | None) -> list[PlannedChange]:
        """The changes of one job; where it would be created, those of the runs that it is under another address."""
        new = [step.desired for step in steps if step.change.action in ("create", "cached") and not step.record]
        parts = [desired for desired in new if desired is not None]
        if not parts or len(parts) < len(steps):
            return steps
        taken = []
        others, own = self._as_own(whole(parts))
        for old, pending in own:
            again = await plan_run(self.session, pending, client, others=others)
            moved_from = parts[0].job.moved_from
            before = address_of(old) if old else moved_from
            told = f"taken over from {before}, which is in no manifest any more"
            why = [f"it was {before}" if before == moved_from else told] if before else []
            action = "adopt" if again.change.action in ("no-op", "forget") else again.change.action
            change = replace(again.change, action=action, reasons=(*why, *again.change.reasons))
            taken.append(replace(again, change=change, taken_over=old, whole=steps[0].whole))
        return taken or steps

    def _as_own(self, desired: DesiredJob) -> tuple[list[JobRecord], list[tuple[str, Pending]]]:
        """The runs of another address, and these as runs of this one; what stands on the disk for them stands there
        for it.

        Those of the address that it had before, if the manifest names one; else those that make all it asks for, or of
        which it asks for all.
        """
        moved_from = desired.job.moved_from
        alike = {address for one in recipes_of(desired) for address in self.recipes.get(one, ())}
        for address in (moved_from, *sorted(alike)):
            keys: dict[str, str] = {}
            for key in self.addresses.get(address, ()):
                if key in self.gone and not self.gone[key].intent:
                    keys[free_key(desired.job.address, keys)] = key
            runs = [replace(self.gone[old], address=key) for key, old in keys.items()]
            kept = replace(desired, job=keep_ignored(desired.job, merged(runs)))
            division = divide(kept, runs)
            if keys and (address == moved_from or _makes_all(division, kept) or _wants_all(division, kept, runs)):
                return runs, [*self._taken(kept, division, keys)]
        return [], []

    def _taken(self, desired: DesiredJob, division: Division, keys: Mapping[str, str]) -> Iterator[tuple[str, Pending]]:
        """Each part with the key under which it is recorded until now, if it is."""
        self.session.files.followed.update({address_of(old): desired.job.address for old in keys.values()})
        for part in division.parts:
            old = keys.get(part.key, "")
            self.gone.pop(old, None)
            mine = restricted(desired, part)
            yield old, Pending(mine, part.record, self.session.observe(mine, part.record, None, earlier=part.earlier))


def _makes_all(division: Division, desired: DesiredJob) -> bool:
    """Whether the runs make, or are held to make, just what is desired."""
    drafts = [part.record for part in division.parts if part.record and part.record.phase == "building"]
    return division.complete or any(run.fingerprint == desired.fingerprint for run in drafts)


def _wants_all(division: Division, desired: DesiredJob, runs: Iterable[JobRecord]) -> bool:
    """Whether all that the runs made is what is desired, so that nothing of it is left to anybody else."""
    made = {(run.address, file.output_id) for run in runs if run.phase in ALIVE for file in run.files}
    kept = [(part, part.record) for part in division.parts if part.record]
    kept = [(part, run) for part, run in kept if same_recipe(restricted(desired, part), run)]
    files = ((part, file) for part, run in kept for file in run.files)
    wanted = {(part.key, file.output_id) for part, file in files if file.conversion in part.conversions}
    return bool(made) and made <= wanted
