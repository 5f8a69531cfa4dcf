"""What is recorded under an address that no manifest asks for any more, taken over by the job that it is now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from a2c_spec.core.prepare import only
from a2c_spec.core.recipe import fingerprint
from a2c_spec.core.run_keys import address_of, free_key
from a2c_spec.core.runs import ALIVE, Division, divide, restricted, whole
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.plan_one import plan_from_live, plan_from_record
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


def first_recipe(desired: DesiredJob) -> str:
    """The recipe of the first conversion; every address that makes all of a job makes this."""
    return only(desired, desired.job.conversions[0].id).fingerprint if desired.job.conversions else ""


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
        for old, pending in self._as_own(whole(parts)):
            again = plan_from_record(self.session, pending, offline=client is None)
            again = again or await plan_from_live(self.session, pending, client)
            moved_from = parts[0].job.moved_from
            before = address_of(old) if old else moved_from
            moved = before == moved_from
            reason = f"it was {before}" if moved else f"taken over from {before}, which is in no manifest any more"
            action = "adopt" if again.change.action in ("no-op", "forget") else again.change.action
            change = replace(again.change, action=action, reasons=(reason, *again.change.reasons))
            taken.append(replace(again, change=change, taken_over=old, whole=steps[0].whole))
        return taken or steps

    def _as_own(self, desired: DesiredJob) -> Iterator[tuple[str, Pending]]:
        """The runs of another address as runs of this one; what stands on the disk for them stands there for it.

        Those of the address that it had before, if the manifest names one; else those that make all it asks for.
        """
        moved_from = desired.job.moved_from
        for address in (moved_from, *sorted(self.recipes.get(first_recipe(desired), ()))):
            keys: dict[str, str] = {}
            for key in self.addresses.get(address, ()):
                if key in self.gone and not self.gone[key].intent:
                    keys[free_key(desired.job.address, keys)] = key
            division = divide(desired, [replace(self.gone[old], address=key) for key, old in keys.items()])
            if keys and (address == moved_from or _makes_all(division, desired)):
                yield from self._taken(desired, division, keys)
                return

    def _taken(self, desired: DesiredJob, division: Division, keys: Mapping[str, str]) -> Iterator[tuple[str, Pending]]:
        """Each part with the key under which it is recorded until now, if it is."""
        for part in division.parts:
            old = keys.get(part.key, "")
            self.gone.pop(old, None)
            mine = restricted(desired, part)
            observed = self.session.observe(mine, part.record, None, earlier=part.earlier)
            disk = {
                path: "intact" if status == "another's" and self._belonged(path, keys) else status
                for path, status in observed.disk.items()
            }
            yield old, Pending(mine, part.record, replace(observed, disk=disk))

    def _belonged(self, path: str, keys: Mapping[str, str]) -> bool:
        return self.session.files.owner(path) in keys.values()


def _makes_all(division: Division, desired: DesiredJob) -> bool:
    """Whether the runs make, or are held to make, just what is desired."""
    drafts = [part.record for part in division.parts if part.record and part.record.phase == "building"]
    return division.complete or any(run.fingerprint == desired.fingerprint for run in drafts)
