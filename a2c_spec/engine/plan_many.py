"""Plans a project of any size as its manifests stream by; of most changes only the outline is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from a2c_spec.api.client import Client
from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.graph import in_dependency_order, needs
from a2c_spec.core.plan import outline
from a2c_spec.core.planner import plan_forget
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.plan import Session, Step, Upstream, draft, make_step, make_steps, preset_step, settled
from a2c_spec.engine.project import Loaded, Reading
from a2c_spec.engine.selection import Selection
from a2c_spec.errors import InvalidError, StalePlan
from a2c_spec.manifests.references import check_references

KEPT = 256
"""So many steps that do something are kept whole; of further ones the outline, until it is their turn."""


@dataclass(slots=True)
class PlanBuilder:
    """Steps, made as jobs come by. ``whole``: keep all of each, because somebody is going to look at it."""

    session: Session
    chosen: Selection
    offline: bool
    whole: bool = False
    upstream: Upstream = field(init=False)
    made: dict[str, Step | None] = field(default_factory=dict)
    presets: list[Preset] = field(default_factory=list)
    waiting: list[Job] = field(default_factory=list)
    kept: int = 0
    shared: dict[Call, Call] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.upstream = Upstream(self.session.store)

    def take(self, item: Job | Preset) -> None:
        """Plans one item if that takes nobody else; what it must wait for is done by ``steps``."""
        if isinstance(item, Preset):
            self.presets.append(item)
            return
        self.made[item.address] = None
        step = None if _leans_on_others(item) else self._settled(item)
        if step is None:
            self.waiting.append(item)
        else:
            self._put(step)

    def _settled(self, job: Job) -> Step | None:
        again = self.chosen.replaces(job.address)
        return settled(self.session, draft(self.session, job, self.upstream, again=again), offline=self.offline)

    def _put(self, step: Step) -> None:
        self.upstream.planned(step)
        idle = step.change.action == "no-op"
        light = not self.whole and step.live is None and (idle or self.kept >= KEPT) and not self._needs_others(step)
        self.kept += not (idle or light)
        self.made[step.change.address] = lightened(step, self.shared) if light else step

    def _needs_others(self, step: Step) -> bool:
        return step.desired is not None and _leans_on_others(step.desired.job)

    async def steps(self, client: Client | None, known: Collection[str]) -> list[Step]:
        """Every step in the order of the manifests; ``known`` are all their addresses, chosen or not."""
        presets = [await preset_step(self.session, preset, client) for preset in self.presets]
        for step in presets:
            self.upstream.planned(step)
        free = [job for job in self.waiting if not needs(job)]
        width = self.session.space.flags.parallelism
        for start in range(0, len(free), width):
            for step in await asyncio.gather(*(self._asked(job, client) for job in free[start : start + width])):
                self._put(step)
        for job in in_dependency_order(job for job in self.waiting if needs(job)):
            self._put(await self._asked(job, client))
        forgotten = [] if self.chosen.partial or self.session.space.flags.paths else _forgotten(self.session, known)
        return [*presets, *(step for step in self.made.values() if step), *forgotten]

    async def _asked(self, job: Job, client: Client | None) -> Step:
        return await make_step(self.session, job, client, self.upstream, again=self.chosen.replaces(job.address))


def _leans_on_others(job: Job) -> bool:
    """Whether it takes results of other jobs, or a preset that is managed here."""
    return bool(needs(job)) or any(item.preset_from for item in job.conversions)


def lightened(step: Step, shared: dict[Call, Call]) -> Step:
    """The outline of a step: what a plan shows of it, and what its estimate rests on."""
    spent = step.record.spent if step.record else 0
    record = JobRecord(step.record.address, step.record.realm, spent=spent) if step.record and spent else None
    return Step(outline(step.change, shared), None, record, light=True)


def _forgotten(session: Session, known: Collection[str]) -> list[Step]:
    """What is recorded and no longer asked for. Only a plan of the whole project may say so."""
    gone = [address for address in session.store.addresses() if address not in known]
    records = [record for address in gone if (record := session.store.get(address))]
    return [Step(plan_forget(record), None, record) for record in records]


async def surveyed(
    session: Session, manifests: Reading, chosen: Selection, client: Client | None, *, whole: bool = False
) -> list[Step]:
    """The steps of all manifests, nothing asked before all of them are known to be right; raises InvalidError."""
    if chosen.target:
        return await _targeted(session, manifests, chosen, client)
    survey = PlanBuilder(session, chosen, offline=client is None, whole=whole)
    known: dict[str, None] = {}
    manifests.checked(check_references(_taken(survey, manifests, known)))
    if chosen.replace:
        chosen.check(list(known))
    return await survey.steps(client, known.keys())


async def _targeted(session: Session, manifests: Reading, chosen: Selection, client: Client | None) -> list[Step]:
    """What targets need stands anywhere in the manifests, so all of them are held together."""
    items = list(manifests.items())
    manifests.checked(check_references(items))
    jobs = tuple(item for item in items if isinstance(item, Job))
    presets = tuple(item for item in items if isinstance(item, Preset))
    return await make_steps(session, Loaded(jobs, presets, ()), chosen, client)


def _taken(survey: PlanBuilder, manifests: Reading, known: dict[str, None]) -> Iterator[Job | Preset]:
    """Every item, on its way past the survey."""
    for item in manifests.items():
        known[item.address] = None
        if survey.chosen.takes(item.address, item.labels):
            try:
                survey.take(item)
            except InvalidError as error:
                manifests.found.extend(error.diagnostics)
        yield item


def made_again(
    session: Session, items: Iterable[Job | Preset], shown: Sequence[Step], chosen: Selection
) -> Iterator[Step]:
    """The light ones of the steps, whole, one at a time; raises StalePlan when one is not what was shown."""
    light = {step.change.address: step for step in shown if step.light and step.change.action != "no-op"}
    upstream = Upstream(session.store)
    for item in items if light else ():
        before = light.pop(item.address, None)
        if before is not None and isinstance(item, Job):
            one = draft(session, item, upstream, again=chosen.replaces(item.address))
            yield _same(before, settled(session, one, offline=False))
    if light:
        raise StalePlan(f"{next(iter(light))} is no longer in its manifest", hint="apply again to plan anew")


def _same(shown: Step, now: Step | None) -> Step:
    """What is carried out is what was shown, or nothing."""
    if now and (now.change.action, now.change.fingerprint) == (shown.change.action, shown.change.fingerprint):
        return now
    stale = "changed since the plan was shown; apply again to plan anew"
    return replace(shown, change=replace(shown.change, problem=stale), light=False)
