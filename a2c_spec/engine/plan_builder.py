"""The planned changes of a project, made as its jobs come by."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.graph import in_dependency_order, needs
from a2c_spec.core.planner import plan_forget
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import without_files
from a2c_spec.engine.alike import with_alike
from a2c_spec.engine.desired import Dependencies
from a2c_spec.engine.last_copies import without_shared
from a2c_spec.engine.left_out import having_what_is_paid, jobs_of
from a2c_spec.engine.live_presets import named, plan_one_preset, read_presets, refused
from a2c_spec.engine.lost_beside import look_beside, unless_undecided
from a2c_spec.engine.lost_calls import look_at_ends
from a2c_spec.engine.made_before import partly_made
from a2c_spec.engine.owners import Owners, applied_elsewhere
from a2c_spec.engine.plan_facts import with_facts
from a2c_spec.engine.plan_one import plan_address, plan_from_records, plan_run_again, prepared, run_replaced
from a2c_spec.engine.planned import PlannedChange, Traded, unread, with_secrets
from a2c_spec.engine.refresh import as_there
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.session import Session
from a2c_spec.engine.summaries import KEPT_WHOLE, summarised
from a2c_spec.engine.taken_results import behind_held, with_results_there
from a2c_spec.engine.takeover import Takeover, pays, recipes_in, recipes_meant, recipes_of
from a2c_spec.errors import ReadFailed, about

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.live import LiveJob


@dataclass(slots=True)
class PlanBuilder:
    """Planned changes, made as jobs come by."""

    session: Session
    chosen: Selection
    offline: bool
    whole: bool = False
    dependencies: Dependencies = field(init=False)
    made: dict[str, list[PlannedChange]] = field(default_factory=dict)
    unused: dict[str, Sequence[JobRecord]] = field(default_factory=dict)
    presets: list[Preset] = field(default_factory=list)
    waiting: list[Job] = field(default_factory=list)
    followers: dict[str, list[str]] = field(default_factory=dict)
    beside: list[PlannedChange] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)
    kept: int = 0
    shared: dict[Call, Call] = field(default_factory=dict)
    recipes: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self.dependencies = Dependencies(self.session)

    @property
    def partial(self) -> bool:
        """Whether addresses may be left out of the plan."""
        return self.chosen.partial or not self.session.project.everything

    def take(self, item: Job | Preset) -> None:
        """Plans one item if neither the service nor another item is needed for it; ``finish`` plans the others."""
        if isinstance(item, Preset):
            self.presets.append(item)
            return
        self.made[item.address] = []
        self.moved |= {item.moved_from} - {""}
        steps: list[PlannedChange] | None = None
        unused: tuple[JobRecord, ...] = ()
        if not _takes_from_others(item):
            pending, unused = prepared(self.session, item, self.dependencies, self.chosen)
            steps = plan_from_records(self.session, item, pending, unused, offline=self.offline)
        if steps is None:
            self.waiting.append(item)
        else:
            self._put(item.address, steps, unused)

    def _put(self, address: str, steps: Sequence[PlannedChange], unused: Sequence[JobRecord]) -> None:
        self.made[address] = []
        if unused:
            self.unused[address] = unused
        else:
            self.unused.pop(address, None)
        steps = [applied_elsewhere(self.session, step) for step in steps]
        several = len(steps) + len(unused) > 1
        for step in steps:
            told = several or step.filed_anew or bool(step.taken_over) or step.change.action in ("download", "wait")
            keys = self.dependencies.note(step.change, step.desired, step.record if told else None)
            step = replace(step, keys=tuple(keys.values())) if keys and step.desired else step
            self.made[address].append(self._kept(step, several=several))

    def _kept(self, step: PlannedChange, *, several: bool) -> PlannedChange:
        """A change whole, or a summary of it where it can be planned again when its turn comes."""
        idle = step.change.action == "no-op"
        needed = step.desired is not None and _takes_from_others(step.desired.job)
        needed = needed or several or step.filed_anew or (step.record is not None and _has_loose_ends(step.record))
        needed = needed or bool(step.taken_over) or self.whole or step.live is not None
        needed = needed or (self.session.project.flags.prune and step.record is not None and bool(step.record.leftover))
        drop = not needed and (
            (idle and not step.change.skipped) or (self.kept >= KEPT_WHOLE and not self._may_be_taken_over(step))
        )
        self.kept += not (idle or drop)
        if not drop:
            return step
        lost = {} if self.offline else self.session.fingerprint_secret.lost
        return summarised(with_secrets(with_facts(self.session, step), lost), self.shared)

    def _may_be_taken_over(self, step: PlannedChange) -> bool:
        """Whether something of the same recipe is recorded, which a job that would run may take over."""
        if not pays(step) or step.desired is None:
            return False
        if self.recipes is None:
            runs = ((recipes_meant(run), dict(recipes_in(run))) for run in self.session.store.scan())
            self.recipes = frozenset(recipe for meant, made in runs for recipe in (*meant, *made.values()))
        return bool(self.recipes) and not self.recipes.isdisjoint(recipes_of(step.desired))

    async def finish(
        self, client: Client | None, known: Collection[str], empty: Collection[str]
    ) -> list[PlannedChange]:
        """Every planned change in the order of the manifests; ``known`` are all their addresses, selected or not,
        ``empty`` the batches without a row."""
        presets = [await plan_one_preset(self.session, preset, client) for preset in self.presets]
        for step in presets:
            self.dependencies.note(step.change, None)
        free = [job for job in self.waiting if not needs(job)]
        width = self.session.project.flags.parallelism
        for start in range(0, len(free), width):
            some = free[start : start + width]
            for job, planned in zip(some, await asyncio.gather(*(self._ask(job, client) for job in some)), strict=True):
                self._put(job.address, *planned)
        if client is not None and not self.partial:
            await look_at_ends(self.session, self.made, client, width)
        for address, job in partly_made(self.made, self.dependencies):
            self._put(address, *await self._ask(job, client))
        if client is not None:
            await look_beside(self.session, self.made, self.waiting, client, let_go=not self.partial)
        gone = await self._with_others(client, known)
        steps = [unless_undecided(self.session, step) for made in self.made.values() for step in made]
        if client is not None:
            presets, steps = await self._with_live_presets(presets, steps, client)
        steps = await with_results_there(self.session, behind_held(steps), self.dependencies.makers, client)
        taken = {step.taken_over for step in (*presets, *steps) if not step.split_off}
        if self.partial:  # what is left out of the plan stays as it is
            gone = {key: record for key, record in gone.items() if record.gone_since or key in taken}
        gone |= {run.address: run for unused in self.unused.values() for run in unused if not run.gone_since}
        forgotten = [record for record in gone.values() if not record.gone_since and record.address not in taken]
        owners = Owners(self.session, steps, {record.address for record in gone.values()} | taken)
        steps = without_shared(self.session, owners.all_checked())
        refused = {address_of(step.change.address) for step in steps if step.change.problem}  # keeps what it had
        leaving = owners.given_up.union(path for step in steps for path in step.change.removes)
        forgotten = [without_files(run, leaving) for run in forgotten if address_of(run.address) not in refused]
        there = [await as_there(run, client, self.session.lost) for run in forgotten]
        left = (replace(self._forgotten(record, live, known, empty), live=live) for record, live in there)
        return [*presets, *with_alike(steps, self.followers), *left]

    async def _with_others(self, client: Client | None, known: Collection[str]) -> dict[str, JobRecord]:
        """Plans the jobs that take results of others, and what any job has of runs that are nobody's any more.

        Gives the runs of addresses that no manifest asks for.
        """
        gone = _gone(self.session, known, self.moved, every=self.session.project.everything)
        takeover = Takeover(self.session, self.dependencies, self.chosen, client, gone, self.moved)
        for job in self.waiting:
            for address in needs(job):
                self.followers.setdefault(address, []).append(job.address)
        for address, steps in self.made.items():
            takeover.offer(steps, self.unused.get(address, ()))
        await self._exchanged(takeover)
        for job in in_dependency_order(job for job in self.waiting if needs(job)):
            self._put(job.address, *await self._ask(job, client, takeover.traded.get(job.address, Traded())))
            takeover.offer(self.made[job.address], self.unused.get(job.address, ()))
            await self._taken_over(takeover, [job.address])
        await self._exchanged(takeover)
        if self.partial and await self._left_out(takeover, gone, client):
            await self._exchanged(takeover)
        return gone

    async def _left_out(self, takeover: Takeover, gone: dict[str, JobRecord], client: Client | None) -> bool:
        """Whether anything of what this plan would pay for may be had of addresses that it leaves out.

        They are planned for that alone; what is planned for them is not carried out.
        """
        runs = having_what_is_paid(self.session, self.made, gone)
        for address, job in jobs_of(self.session.project, runs).items() if runs else ():
            if job is None:
                gone |= {run.address: run for run in self.session.runs(address)}
                takeover.offer((), self.session.runs(address))
            else:
                steps, unused = await self._ask(job, client)
                self.beside += steps
                takeover.offer(steps, unused)
        return bool(runs)

    async def _exchanged(self, takeover: Takeover) -> None:
        """Whole runs as long as one is wanted elsewhere, then single results, until nothing changes any more."""
        changed = True
        while changed:
            while await self._taken_over(takeover, self.made):
                pass
            takeover.offer_parts((*self.beside, *(step for steps in self.made.values() for step in steps)))
            changed = await self._taken_over(takeover, self.made)

    async def _taken_over(self, takeover: Takeover, addresses: Collection[str]) -> bool:
        """Whether any of these addresses has, or leaves, a run by now that it did not have, or leave, before."""
        changed = False
        for address in addresses:
            with about(address):
                again = await takeover.of(self.made[address])
            if again is not None:
                self._put(address, *again)
                takeover.offer(self.made[address], again[1])
                takeover.again.update(job for job in self.followers.get(address, ()) if self.made[job])
                changed = True
        return changed

    def _forgotten(
        self, record: JobRecord, live: LiveJob | None, known: Collection[str], empty: Collection[str]
    ) -> PlannedChange:
        """A run that is let go: of an address in no manifest, or one whose conversions another run makes now.

        A batch without a row, of which it was, is named.
        """
        if address_of(record.address) not in known:
            change = plan_forget(self.session.still_here(record), live=live)
            address = address_of(record.address)
            if batch := next((name for name in empty if address == name or address.startswith(f"{name}[")), ""):
                told = f"the source of {batch} is empty now"
                change = replace(change, emptied=batch, reasons=(told, *change.reasons))
            return PlannedChange(change, None, record)
        steps = self.made[address_of(record.address)]
        asked = [item.id for step in steps if step.desired for item in step.desired.job.conversions]
        return run_replaced(self.session, record, asked, live)

    async def _with_live_presets(
        self, presets: list[PlannedChange], steps: list[PlannedChange], client: Client
    ) -> tuple[list[PlannedChange], list[PlannedChange]]:
        """Presets that something is going to run with are read; a held job follows one that gets another id."""
        before = set(self.dependencies.renewed)
        presets = await read_presets(self.session, presets, steps, client)
        for step in presets:
            self.dependencies.note(step.change, None)
        renewed = self.dependencies.renewed - before
        steps = [
            await plan_run_again(self.session, step, self.dependencies, self.chosen, client)
            if step.live and named(step) & renewed
            else step
            for step in steps
        ]
        return presets, await refused(self.session, presets, steps, client)

    async def _ask(
        self,
        job: Job,
        client: Client | None,
        traded: Traded = Traded(),  # noqa: B008 - frozen
    ) -> tuple[list[PlannedChange], tuple[JobRecord, ...]]:
        with about(job.address):
            try:
                return await plan_address(self.session, job, self.dependencies, self.chosen, client, traded)
            except ReadFailed as error:  # nothing is done with the address, and others go on
                steps, unused = await plan_address(self.session, job, self.dependencies, self.chosen, None, traded)
                return [unread(step, error) for step in steps], unused


def _has_loose_ends(record: JobRecord) -> bool:
    """Whether an apply has something to write down without anything to do, or others may take something of it."""
    return bool(record.intent or record.gone) or any(file.aside for file in record.leftover)


def _takes_from_others(job: Job) -> bool:
    """Whether it takes results of other jobs, or a preset that is managed here."""
    return bool(needs(job)) or any(item.preset_from for item in job.conversions)


def _gone(session: Session, known: Collection[str], moved: Collection[str], *, every: bool) -> dict[str, JobRecord]:
    """What is recorded and not asked for. Only who reads ``every`` manifest can say so of what was asked for before;
    ``moved`` addresses have another name by now."""
    addresses = [address for address in session.store.addresses() if address_of(address) not in known]
    records = [record for address in addresses if (record := session.store.get(address))]
    sure = (record for record in records if every or record.gone_since or address_of(record.address) in moved)
    return {record.address: record for record in sure}
