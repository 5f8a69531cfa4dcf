"""Writes records so that no crash leaves a job, or a file, unknown: what belongs together is written together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from a2c_spec.api.http.concurrency import Clock
from a2c_spec.core.calls import Call
from a2c_spec.core.events import Probe, unobserved
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.run_records import beside_new_run
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.core.state_store import StateStore
from a2c_spec.core.transitions import handed_over, without_files, without_job


@dataclass(frozen=True, slots=True)
class Recorder:
    """``clock`` is epoch seconds. A record is durable when the method that writes it returns."""

    store: StateStore
    clock: Clock
    probe: Probe = unobserved

    async def save(self, record: JobRecord, *others: JobRecord, without: Collection[str] = ()) -> JobRecord:
        """Writes a record, and with it those of other runs, or that they are gone."""
        stamped = replace(self._without_lost(record, others), updated_at=self.clock())
        what = "intent" if record.intent else record.phase
        self.probe(f"record {what}")
        await self.store.put(stamped, *others, without=without)
        self.probe(f"recorded {what}")
        return stamped

    def _without_lost(self, record: JobRecord, others: Collection[JobRecord]) -> JobRecord:
        """The record without files in whose place another run has written since it was read; ``others`` are written
        with it."""
        paths = {file.path for file in (*record.files, *record.leftover) if file.path}
        if not paths or (now := self.store.get(record.address)) is None:
            return record
        new = paths.difference(file.path for file in (*now.files, *now.leftover, *now.landing))
        owners = {path: {one.address for one in self.store.files_at(path) if not one.elsewhere} for path in new}
        known = {record.address, *(one.address for one in others)}
        lost = {path for path, names in owners.items() if names and names.isdisjoint(known)}
        return without_files(record, lost) if lost else record

    async def save_run(
        self, record: JobRecord, conversions: Collection[str], before: JobRecord | None = None, now: float = 0.0
    ) -> JobRecord:
        """Writes a new run, and that what other runs of its address made of these conversions counts no more.

        ``before`` is the run in whose place it stands: what the service still has of it may be wanted again. ``now`` is
        the service's clock.
        """
        runs = self.store.runs(address_of(record.address))
        changed, expired = beside_new_run(record, runs, conversions, before, now)
        return await self.save(*changed, without=expired)

    async def save_created(self, record: JobRecord, before: JobRecord, now: float) -> JobRecord:
        """Writes the run that a create made, its conversions being those of the intent ``before``."""
        recipe = before.intent.basis if before.intent else {}
        return await self.save_run(record, [*recipe.get("conversions", ())], before, now)

    async def save_landing(self, address: str, file: SavedFile) -> None:
        """Writes what is about to get its name, so that after a crash the file is known to be ours.

        What another run has there is this one's from now on: it is of the same address, or asked for no more.
        """
        record = self.store.get(address) or JobRecord(address, "")
        record = replace(record, landing=(*(one for one in record.landing if one.path != file.path), file))
        givers = []
        for owned in self.store.files_at(file.path):
            giver = self.store.get(owned.address) if not owned.elsewhere and owned.address != address else None
            if giver is not None:
                giver, record = handed_over(giver, record, file.path)
                givers.append(giver)
        await self.save(record, *givers)


def others_deleted(store: StateStore, address: str, call: Call) -> list[JobRecord]:
    """Other runs of the address of a run, once it is known that this call deleted their job."""
    runs = store.runs(address_of(address)) if call.kind == "delete_job" else ()
    mine = [run for run in runs if run.address != address and run.job_id == call.subject]
    return [without_job(run, run.job_id) for run in mine]
