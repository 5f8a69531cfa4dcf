"""From manifests, state, disk and service to planned changes, for a project of any size; sends nothing but GETs.

Manifests stream by: of most changes only a summary is kept, so that memory does not grow with the project.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.graph import in_dependency_order, needs
from a2c_spec.core.path_claims import Claims
from a2c_spec.core.plan import Plan, outline
from a2c_spec.core.planner import plan_forget
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import without_files
from a2c_spec.engine.desired import Dependencies
from a2c_spec.engine.live_presets import named, plan_one_preset, read_presets, refused
from a2c_spec.engine.owners import Owners
from a2c_spec.engine.plan_one import (
    plan_address,
    plan_from_record,
    plan_from_records,
    plan_run_again,
    prepared,
    run_replaced,
)
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project, Reading, reading, real_path
from a2c_spec.engine.selection import EVERYTHING, Selection
from a2c_spec.engine.session import Session, open_session, open_state
from a2c_spec.engine.spender import with_budget
from a2c_spec.engine.takeover import Takeover, by_recipe, recipes_of
from a2c_spec.errors import InvalidError, StalePlan, about
from a2c_spec.manifests.expressions.template import render_late
from a2c_spec.manifests.references import check_references

if TYPE_CHECKING:
    from a2c_spec.api.client import Client

KEPT_WHOLE = 256
"""At most so many changes that do something are kept whole; of further ones the summary, until it is their turn."""


def as_plan(steps: Sequence[PlannedChange], *, partial: bool = False) -> Plan:
    """The plan as a value to show, without what carrying it out needs."""
    return Plan(tuple(step.change for step in steps), partial)


async def plan_project(
    session: Session, manifests: Reading, chosen: Selection, client: Client | None, *, whole: bool = False
) -> list[PlannedChange]:
    """The planned changes of all manifests, in their order, then those of presets' and jobs' records that no manifest
    asks for. Nothing is asked before all manifests are known to be valid; raises InvalidError with every problem.

    ``client`` None: no API calls, the plan uses manifests and state only. ``whole``: keep all of each change.
    """
    builder = PlanBuilder(session, chosen, offline=client is None, whole=whole or bool(chosen.target))
    known: dict[str, None] = {}
    claims = Claims(render_late, real_path(session.project.root))
    if chosen.target:  # what targets need may stand anywhere, so all manifests are held together
        items = list(_claiming(manifests.items(), claims))
        manifests.checked([*check_references(items), *claims.checked(manifests.files())])
        known = {item.address: None for item in items}
        for item in chosen.items(items):
            builder.take(item)
    else:
        items_taken = _taken(builder, manifests, claims, known)
        manifests.checked([*check_references(items_taken), *claims.checked(manifests.files())])
        if chosen.replace:
            chosen.check(list(known))
    return await builder.finish(client, known.keys(), manifests.notes.empty)


async def plan_only(project: Project, chosen: Selection = EVERYTHING) -> Plan:
    """The plan of a project, made with a session of its own; raises InvalidError with every problem."""
    manifests = reading(project)
    if project.flags.offline:
        with open_state(project) as session:
            steps = await plan_project(session, manifests, chosen, None, whole=True)
    else:
        async with open_session(project) as session:
            steps = await plan_project(session, manifests, chosen, session.service.client, whole=True)
    return with_budget(project, as_plan(steps, partial=chosen.partial), steps)


def _claiming(items: Iterable[Job | Preset], claims: Claims) -> Iterator[Job | Preset]:
    """The items, each job noted with the paths that it reads and writes."""
    for item in items:
        if isinstance(item, Job):
            claims.add(item)
        yield item


def _taken(builder: PlanBuilder, manifests: Reading, claims: Claims, known: dict[str, None]) -> Iterator[Job | Preset]:
    """Every item of the manifests, each handed to the builder on its way if it is selected."""
    for item in _claiming(manifests.items(), claims):
        known[item.address] = None
        if builder.chosen.takes(item.address, item.labels):
            try:
                builder.take(item)
            except InvalidError as error:
                manifests.found.extend(error.diagnostics)
        yield item


@dataclass(slots=True)
class PlanBuilder:
    """Planned changes, made as jobs come by."""

    session: Session
    chosen: Selection
    offline: bool
    whole: bool = False
    dependencies: Dependencies = field(init=False)
    made: dict[str, list[PlannedChange]] = field(default_factory=dict)
    unused: list[JobRecord] = field(default_factory=list)
    asked: dict[str, list[str]] = field(default_factory=dict)
    presets: list[Preset] = field(default_factory=list)
    waiting: list[Job] = field(default_factory=list)
    kept: int = 0
    shared: dict[Call, Call] = field(default_factory=dict)
    recipes: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self.dependencies = Dependencies(self.session)

    def take(self, item: Job | Preset) -> None:
        """Plans one item if neither the service nor another item is needed for it; ``finish`` plans the others."""
        if isinstance(item, Preset):
            self.presets.append(item)
            return
        self.made[item.address] = []
        steps: list[PlannedChange] | None = None
        unused: tuple[JobRecord, ...] = ()
        if not _takes_from_others(item):
            pending, unused = prepared(self.session, item, self.dependencies, self.chosen)
            steps = plan_from_records(self.session, pending, offline=self.offline)
        if steps is None:
            self.waiting.append(item)
        else:
            self._put(steps, unused)

    def _put(self, steps: Sequence[PlannedChange], unused: Sequence[JobRecord]) -> None:
        self.unused += [run for run in unused if not run.gone_since]
        if unused:
            address = address_of(unused[0].address)
            self.asked[address] = [item.id for step in steps if step.desired for item in step.desired.job.conversions]
        several = len(steps) + len(unused) > 1
        for step in steps:
            told = several or step.filed_anew or step.change.action == "download"
            self.dependencies.note(step.change, step.desired, step.record if told else None)
            self._put_one(step, several=several)

    def _put_one(self, step: PlannedChange, *, several: bool) -> None:
        """Keeps a change whole, or a summary of it where it can be planned again when its turn comes."""
        idle = step.change.action == "no-op"
        needed = step.desired is not None and _takes_from_others(step.desired.job)
        needed = needed or several or step.filed_anew or (step.record is not None and _has_loose_ends(step.record))
        needed = needed or (step.record is None and self._may_be_taken_over(step))
        drop = not self.whole and step.live is None and (idle or self.kept >= KEPT_WHOLE) and not needed
        self.kept += not (idle or drop)
        self.made[address_of(step.change.address)].append(summarised(step, self.shared) if drop else step)

    def _may_be_taken_over(self, step: PlannedChange) -> bool:
        """Whether something of the same recipe is recorded, which a new job may take over."""
        if self.recipes is None:
            self.recipes = frozenset(by_recipe(self.session.store.scan()))
        return bool(self.recipes) and step.desired is not None and not self.recipes.isdisjoint(recipes_of(step.desired))

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
            for planned in await asyncio.gather(*(self._ask(job, client) for job in free[start : start + width])):
                self._put(*planned)
        for job in in_dependency_order(job for job in self.waiting if needs(job)):
            self._put(*await self._ask(job, client))
        all_of_it = not (self.chosen.partial or self.session.project.flags.paths)
        gone = _gone(self.session, known, whole=all_of_it)
        takeover = Takeover(self.session, gone)
        steps = [step for made in self.made.values() for step in await takeover.of(made, client)]
        if client is not None:
            presets, steps = await self._with_live_presets(presets, steps, client)
        taken = {step.taken_over for step in (*presets, *steps)}
        gone |= {record.address: record for record in self.unused}
        forgotten = [record for record in gone.values() if not record.gone_since and record.address not in taken]
        owners = Owners(self.session, steps, {record.address for record in gone.values()} | taken)
        steps = owners.all_checked()
        forgotten = [without_files(record, owners.given_up) for record in forgotten]
        return [*presets, *steps, *(self._forgotten(record, known, empty) for record in forgotten)]

    def _forgotten(self, record: JobRecord, known: Collection[str], empty: Collection[str]) -> PlannedChange:
        """A run that is let go: of an address in no manifest, or one whose conversions another run makes now.

        A batch without a row, of which it was, is named.
        """
        if address_of(record.address) not in known:
            change = plan_forget(self.session.still_here(record))
            address = address_of(record.address)
            if batch := next((name for name in empty if address == name or address.startswith(f"{name}[")), ""):
                told = f"the source of {batch} is empty now"
                change = replace(change, emptied=batch, reasons=(told, *change.reasons))
            return PlannedChange(change, None, record)
        return run_replaced(self.session, record, self.asked.get(address_of(record.address), ()))

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

    async def _ask(self, job: Job, client: Client | None) -> tuple[list[PlannedChange], tuple[JobRecord, ...]]:
        with about(job.address):
            return await plan_address(self.session, job, self.dependencies, self.chosen, client)


def _has_loose_ends(record: JobRecord) -> bool:
    """Whether an apply has something to write down even if nothing is to be done."""
    return bool(record.intent or record.gone)


def _takes_from_others(job: Job) -> bool:
    """Whether it takes results of other jobs, or a preset that is managed here."""
    return bool(needs(job)) or any(item.preset_from for item in job.conversions)


def summarised(step: PlannedChange, shared: dict[Call, Call]) -> PlannedChange:
    """The summary of a planned change: what a plan shows of it, and what its cost is estimated from."""
    spent = step.record.spent if step.record else 0
    record = JobRecord(step.record.address, step.record.realm, spent=spent) if step.record and spent else None
    return PlannedChange(outline(step.change, shared), None, record, summary_only=True)


def _gone(session: Session, known: Collection[str], *, whole: bool) -> dict[str, JobRecord]:
    """What is recorded and not asked for. Only a plan of the whole project can say so of what was asked for before."""
    addresses = [address for address in session.store.addresses() if address_of(address) not in known]
    records = [record for address in addresses if (record := session.store.get(address))]
    return {record.address: record for record in records if whole or record.gone_since}


def replan_summarised(
    session: Session, items: Iterable[Job | Preset], shown: Sequence[PlannedChange], chosen: Selection
) -> Iterator[PlannedChange]:
    """The changes of which only a summary was kept, whole, one at a time.

    Raises StalePlan when one is no longer in its manifest; one that differs from what was shown has a problem.
    """
    left = {step.change.address: step for step in shown if step.summary_only and step.change.action != "no-op"}
    waiting = {address_of(key) for key in left}
    dependencies = Dependencies(session)
    for item in items if left else ():
        if item.address in waiting and isinstance(item, Job):
            for pending in prepared(session, item, dependencies, chosen)[0]:
                before = left.pop(pending.desired.job.address, None)
                if before is not None:
                    yield _as_shown(before, plan_from_record(session, pending, offline=False))
    if left:
        raise StalePlan(f"{next(iter(left))} is no longer in its manifest", hint="apply again to make a new plan")


def _as_shown(shown: PlannedChange, now: PlannedChange | None) -> PlannedChange:
    """What is carried out is what was shown, or nothing."""
    if now and (now.change.action, now.change.fingerprint) == (shown.change.action, shown.change.fingerprint):
        return now
    stale = "changed since the plan was shown; apply again to make a new plan"
    return replace(shown, change=replace(shown.change, problem=stale), summary_only=False)
