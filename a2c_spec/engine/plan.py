"""From manifests, state, disk and service to a plan; sends nothing but GETs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from a2c_spec.api.client import Client
from a2c_spec.api.execute import Task
from a2c_spec.api.files import OutputFiles
from a2c_spec.api.recovery import resolve
from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Job, Preset
from a2c_spec.core.graph import split_reference
from a2c_spec.core.ignored import ignoring
from a2c_spec.core.live import LiveJob
from a2c_spec.core.observed import Disk, Observed
from a2c_spec.core.plan import Change, Plan
from a2c_spec.core.planner.decide import needs_live, plan_job
from a2c_spec.core.planner.preset import plan_preset, sent_preset
from a2c_spec.core.prepare import DesiredJob, prepare
from a2c_spec.core.recipe import FingerprintSecret, digest
from a2c_spec.core.results import place, predicted, recorded, recorded_names
from a2c_spec.core.state import JobRecord, StateStore
from a2c_spec.core.transitions import tied
from a2c_spec.engine.project import Loaded, Marks, Workspace, marks
from a2c_spec.engine.reuse import Restored, Results, cache_of
from a2c_spec.engine.selection import Selection
from a2c_spec.manifests.catalog import catalog_rows, unnamed_targets
from a2c_spec.manifests.digests import DigestCache, fill
from a2c_spec.manifests.expressions.template import render_late
from a2c_spec.state.group_commit import GroupedStore
from a2c_spec.state.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class Session:
    """What planning works with: state, what stands on the disk, digests of files, marks of secrets."""

    space: Workspace
    store: GroupedStore
    landing: OutputFiles
    cache: DigestCache
    fingerprint_secret: FingerprintSecret
    options: PlannerOptions
    results: Results

    def record(self, address: str) -> JobRecord | None:
        """What is known of an address, files counted that landed in the very moment of a crash."""
        found = self.store.get(address)
        return self.landing.caught_up(found) if found else None

    def catch_up(self) -> None:
        """Writes down what an interrupted apply could not; for who holds the lock."""
        for record in self.store.unsettled():
            self.store.put(self.landing.caught_up(record))

    def wanted(self, job: Job, record: JobRecord | None, upstream: Upstream) -> DesiredJob:
        """A desired job with its files measured and what it takes from other jobs resolved."""
        measured = fill(upstream.resolved(job, self), self.space.root, self.cache)
        return prepare(ignoring(measured, record), self.fingerprint_secret, self.options)

    def look(self, desired: DesiredJob, record: JobRecord | None, live: LiveJob | None) -> Observed:
        """What stands at every path that the job has written or is going to write."""
        paths, placed = {path for path, _ in predicted(desired.job)}, None
        if record is not None:
            source, names = (recorded(record), recorded_names(record)) if live is None else (live, record.names())
            placed = place(desired.job, source, names, render_late)
            paths |= {file.path for file in record.files if file.path} | {one.path for one in placed if one.path}
        disk: Mapping[str, Disk] = {path: self.landing.stands(path) for path in paths}
        return Observed(render_late, live, disk=disk, placed=placed if live is None else None)

    def task(self, desired: DesiredJob, *, paid_again_allowed: bool, replaces: str = "") -> Task:
        return Task(desired, lambda record, live: self.look(desired, record, live), paid_again_allowed, replaces)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the plan, with what carrying it out needs.

    ``light``: only the outline is kept; the step is made again from its manifest when its turn comes.
    """

    change: Change
    desired: DesiredJob | None
    record: JobRecord | None
    preset: Preset | None = None
    live: LiveJob | None = None
    light: bool = False


@contextmanager
def open_desk(space: Workspace, realm: str) -> Iterator[Session]:
    """Opens state and digest cache of the project."""
    store = GroupedStore(SqliteStore(space.home / "state.db", realm))
    try:
        with DigestCache(space.home / "digests.db", time.time_ns) as cache:
            fingerprint_secret: Marks = marks(space)

            options = PlannerOptions(unnamed_targets=unnamed_targets(catalog_rows(space.root) or ()))

            def sha256(path: Path) -> str:
                return cache.measure(path).sha256

            landing = OutputFiles(space.root, store, sha256, space.runtime.probe)
            yield Session(space, store, landing, cache, fingerprint_secret, options, Results(cache_of(space), realm))
    finally:
        store.close()


@dataclass(slots=True)
class Upstream:
    """What jobs take from one another: fingerprints of what is made, and results that lie here already."""

    store: StateStore
    made: dict[str, str] = field(default_factory=dict)
    idle: set[str] = field(default_factory=set)
    restored: dict[str, Restored] = field(default_factory=dict)

    def resolved(self, job: Job, session: Session) -> Job:
        """The job, each ``from`` input with the fingerprint of what it is made of.

        A result of a job that does not run now is uploaded from here where it is intact, because the service keeps
        results for a day only; so is one that comes from the results cache, which the service does not know.
        """
        inputs = tuple(self._input(item, session) if item.type == "from" else item for item in job.inputs)
        conversions = tuple(self._conversion(item) if item.preset_from else item for item in job.conversions)
        return replace(job, inputs=inputs, conversions=conversions)

    def _conversion(self, item: Conversion) -> Conversion:
        record = self.store.get(item.preset_from)
        return replace(item, upstream=self.made.get(item.preset_from) or (record.fingerprint if record else ""))

    def _input(self, item: Input, session: Session) -> Input:
        address, conversion = split_reference(item.source)
        record = self.store.get(address)
        made = self.made.get(address) or (record.fingerprint if record else "")
        item = replace(item, upstream=digest([made, conversion]))
        files = [file for file in record.files if file.conversion == conversion and file.path] if record else []
        if address in self.idle and len(files) == 1 and session.landing.stands(files[0].path) == "intact":
            path = session.space.root / files[0].path
            return replace(item, path=files[0].path, content=session.cache.measure(path))
        restored = self.restored.get(address)
        found = restored.source(conversion, session.results) if restored else None
        return replace(item, path=found[0], content=session.cache.measure(found[1])) if found else item

    def planned(self, step: Step) -> None:
        """Notes what a job will have made once its step is done."""
        self.made[step.change.address] = step.change.fingerprint
        if step.change.action in ("no-op", "rename"):
            self.idle.add(step.change.address)
        elif step.change.action == "cached" and step.desired is not None:
            self.restored[step.change.address] = Restored.of(step.desired, step.change)


async def make_steps(session: Session, loaded: Loaded, chosen: Selection, client: Client | None) -> list[Step]:
    """One whole step per preset and job that is chosen, then what no manifest asks for any more.

    ``client`` None: nobody is asked, the plan rests on manifests and state alone.
    """
    from a2c_spec.engine.plan_many import PlanBuilder

    survey = PlanBuilder(session, chosen, offline=client is None, whole=True)
    chosen_items: tuple[Job | Preset, ...] = (*chosen.presets(loaded.presets), *chosen.jobs(loaded.jobs))
    for item in chosen_items:
        survey.take(item)
    known = {job.address for job in loaded.jobs} | {preset.address for preset in loaded.presets}
    return await survey.steps(client, known)


async def preset_step(session: Session, preset: Preset, client: Client | None) -> Step:
    """The step of one preset; it is read only when its manifest changed, so that nothing changed means no call."""
    record = session.store.get(preset.address)
    changed = record is not None and record.fingerprint != digest(sent_preset(preset, session.fingerprint_secret))
    live = await client.preset(record.job_id) if client and record and record.job_id and changed else None
    gone = bool(client and changed and live is None)
    return Step(plan_preset(preset, session.fingerprint_secret, record, live, gone=gone), None, record, preset)


@dataclass(frozen=True, slots=True)
class Draft:
    """A job made ready for planning: what is wanted, what is recorded, what stands on the disk."""

    desired: DesiredJob
    record: JobRecord | None
    observed: Observed


def draft(session: Session, job: Job, upstream: Upstream, *, again: bool = False) -> Draft:
    record = session.record(job.address)
    desired = session.wanted(job, record, upstream)
    return Draft(desired, record, replace(session.look(desired, record, None), replace=again))


def planned(session: Session, desired: DesiredJob, record: JobRecord | None, observed: Observed) -> Change:
    """The change of a job; before anything is paid for, the results cache is looked at."""
    change = plan_job(desired, record, observed)
    if observed.replace or change.action not in ("create", "re-run"):
        return change
    cached = session.results.known(desired, record)
    return plan_job(desired, record, replace(observed, cached=cached)) if cached else change


def settled(session: Session, one: Draft, *, offline: bool) -> Step | None:
    """The step of a job where manifest, record and disk suffice to tell; None when the service must be asked."""
    desired, record, observed = one.desired, one.record, one.observed
    if record is not None and record.unresolved:
        return None
    if record is not None and record.phase == "done":
        change = plan_job(desired, record, observed)
        if change.action == "no-op":
            return Step(change, desired, record)
    if offline or record is None or not needs_live(desired, record, observed):
        return Step(planned(session, desired, record, observed), desired, record)
    return None


async def make_step(
    session: Session,
    job: Job,
    client: Client | None,
    upstream: Upstream,
    *,
    again: bool = False,
) -> Step:
    """The step of one job: reads live only where the record alone cannot tell."""
    one = draft(session, job, upstream, again=again)
    if step := settled(session, one, offline=client is None):
        return step
    desired, record = one.desired, one.record
    assert record is not None  # noqa: S101 - what is not recorded is settled
    if record.unresolved or client is None:
        return await _unresolved(session, desired, record, client)
    live = await client.job(record.job_id)
    if live is not None and not live.editable:
        record = tied(record, desired, live)
    observed = one.observed if live is None else session.look(desired, record, live)
    change = planned(session, desired, record, replace(observed, gone=live is None, replace=again))
    return Step(change, desired, record, live=live)


async def _unresolved(session: Session, desired: DesiredJob, record: JobRecord, client: Client | None) -> Step:
    """A create whose answer never came: look for the job it may have made before planning anything that costs."""
    if client is None:
        reason = "an earlier create has no answer yet; the service is asked first (not offline)"
        return Step(Change(desired.job.address, "adopt", (reason,)), desired, record)
    found = await resolve(client, record, tuple(session.store.scan()))
    live = await client.job(found.job_id) if found and found.job_id else None
    observed = session.look(desired, found, live)
    change = plan_job(desired, found, replace(observed, gone=bool(found and found.job_id) and live is None))
    if found and found.job_id and found != record.previous:
        change = replace(
            change,
            action="adopt",
            reasons=(f"job {found.job_id} was made by a create whose answer was lost", *change.reasons),
        )
    return Step(change, desired, record)


def plan_of(steps: Sequence[Step], *, partial: bool = False) -> Plan:
    return Plan(tuple(step.change for step in steps), partial)
