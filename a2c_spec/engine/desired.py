"""From a job as its manifest says it to a job that can be planned: every step, in order, in one list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from a2c_spec.core.caching import cacheable
from a2c_spec.core.desired import Conversion, Input, Job
from a2c_spec.core.graph import needs, split_reference
from a2c_spec.core.prepare import DesiredJob, keep_ignored, only, prepare
from a2c_spec.core.recipe import digest, made_from, preset_content
from a2c_spec.core.result_paths import placed, predicted
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.run_records import made
from a2c_spec.core.state import PRESET
from a2c_spec.manifests.digests import fill
from a2c_spec.manifests.expressions.template import render_late

if TYPE_CHECKING:
    from pathlib import Path

    from a2c_spec.core.plan import Change
    from a2c_spec.core.state import JobRecord, SavedFile
    from a2c_spec.engine.session import Session


SETTLED = frozenset({"no-op", "rename", "forget", "delete"})
"""Actions after which the results are those that there were."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the steps need besides the job: the session, the record of its address, the jobs it depends on."""

    session: Session
    record: JobRecord | None
    dependencies: Dependencies


def with_policy(job: Job, policy: str) -> Job:
    """The job with one on_conflict policy for all its outputs; an empty one leaves them as they are."""
    return replace(job, outputs=tuple(replace(output, on_conflict=policy) for output in job.outputs)) if policy else job


def conflict_policy(job: Job, context: Context) -> Job:
    """--on-conflict, where it is given, stands in place of what the manifest says."""
    return with_policy(job, context.session.project.flags.on_conflict)


def dependencies_resolved(job: Job, context: Context) -> Job:
    """What it takes from other jobs and presets gets the fingerprint of what that is made of, and a file if one is
    here."""
    resolve = context.dependencies
    if not (needs(job) or any(item.preset_from for item in job.conversions)):
        return job
    inputs = tuple(resolve.input(item, context.session) if item.type == "from" else item for item in job.inputs)
    conversions = tuple(resolve.conversion(item) if item.preset_from else item for item in job.conversions)
    return replace(job, inputs=inputs, conversions=conversions)


def files_measured(job: Job, context: Context) -> Job:
    """Size and digests of every file that is uploaded."""
    return fill(job, context.session.project.root, context.session.digests)


def ignored_kept(job: Job, context: Context) -> Job:
    """What ``lifecycle.ignore`` names stays as it was last applied."""
    return keep_ignored(job, context.record)


STEPS: tuple[Callable[[Job, Context], Job], ...] = (
    conflict_policy,
    dependencies_resolved,
    files_measured,
    ignored_kept,
)
"""In this order. Before them the loader makes every path relative to the project root; after them ``prepare`` sets the
names and passwords of results before the run."""


def make_ready(job: Job, record: JobRecord | None, session: Session, dependencies: Dependencies) -> DesiredJob:
    """The job, ready to be planned; raises InvalidError when a file cannot be read."""
    context = Context(session, record, dependencies)
    for step in STEPS:
        job = step(job, context)
    return prepare(job, session.fingerprint_secret, session.options)


@dataclass(slots=True)
class Dependencies:
    """What jobs take from one another, as far as it is planned or done.

    ``running``: ``address.conversion`` -> what stands in for what comes out, as long as that is not known: the same for
    all that make the same; empty of what is there, and waits itself for what it takes. ``expected``: the recipes of
    those of which the same is expected as they gave before. ``presets``: address -> what a preset holds once the plan
    is carried out, as a digest, ``renewed``: those of them that get another id then. ``restored``:
    ``address.conversion`` -> for each result that comes from the results cache, its place in the project and in there.
    ``makers``: ``address.conversion`` -> the run whose result it is, and stays. ``moves``: where results that are here
    go before anything is sent. ``names``: ``address.conversion`` -> the file name of a result that is on its way.
    ``making``: keys of results in the results cache that are on their way -> the addresses that make them;
    ``under_way``: (key, address) of those that run, or have run. ``order``: which address was planned first.
    """

    session: Session
    running: dict[str, str] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    presets: dict[str, str] = field(default_factory=dict)
    renewed: set[str] = field(default_factory=set)
    restored: dict[str, list[tuple[str, Path]]] = field(default_factory=dict)
    makers: dict[str, JobRecord] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    making: dict[str, set[str]] = field(default_factory=dict)
    under_way: set[tuple[str, str]] = field(default_factory=set)
    order: dict[str, int] = field(default_factory=dict)

    def conversion(self, item: Conversion) -> Conversion:
        """A conversion with the fingerprint and the id of the preset that it names."""
        record = self.session.store.get(item.preset_from)
        content = self.presets.get(item.preset_from) or (preset_content(record.basis.get(PRESET, {})) if record else "")
        preset_id = record.job_id if record and item.preset_from not in self.renewed else ""
        return replace(item, upstream=content, preset_id=preset_id)

    def input(self, item: Input, session: Session) -> Input:
        """A ``from`` input with the digest of the result that it takes.

        As long as the job that makes it is going to run, the digest is not known, and one of its recipe stands in: it
        equals no digest. Where the same recipe made it before, the same bytes are expected, and what takes it is looked
        at again once they are there. A result that is here intact is uploaded, because the service keeps results
        for a day only; so is one that comes from the results cache, which the service does not know.
        """
        named = self.names.get(item.source, "")
        item = replace(item, path="", content=None, awaited=False, result_name=named)
        address, conversion = split_reference(item.source)
        restored = self.restored.get(item.source, ())
        if len(restored) == 1:
            path, kept = restored[0]
            content, name = session.digests.measure(kept), path.rpartition("/")[2]
            return replace(item, upstream=digest([content.sha256]), path=path, content=content, result_name=name)
        maker, stand_in = self.makers.get(item.source), self.running.get(item.source, "")
        runs = [maker] if maker else session.runs(address)
        files = self._expected(item.source, runs) if stand_in else made(runs, conversion)
        if stand_in and not files:
            return replace(item, upstream=digest(["runs", stand_in]), awaited=True)
        known = digest([file.digest for file in files])
        item = replace(item, upstream=known, awaited=item.source in self.running)
        if len(files) != 1:
            return item
        path = files[0].path
        if not path or session.files.status(path, address) != "intact":
            return replace(item, result_name=named or (files[0].wanted or path).rpartition("/")[2])
        content = session.digests.measure(session.project.root / path)
        name = (self.moves.get(path) or files[0].wanted or path).rpartition("/")[2]  # not the number it may have here
        return replace(item, path=self.moves.get(path, path), content=content, result_name=name)

    def _expected(self, source: str, runs: Iterable[JobRecord]) -> tuple[SavedFile, ...]:
        """The results that are expected of a conversion which is made again: those that the same recipe gave before.

        None where it is asked for anew, or may come out differently each time, or where its bytes were not known.
        """
        _, conversion = split_reference(source)
        recipe = self.expected.get(source, "")
        alike = [run for run in runs if recipe and made_from(run.basis, conversion) == recipe]
        read = [run for run in alike if all(file.sha256 for file in run.files if file.conversion == conversion)]
        files = made(read, conversion) or made(alike, conversion)
        return files if all(file.sha256 or file.checksum for file in files) else ()

    def note(self, change: Change, desired: DesiredJob | None, record: JobRecord | None = None) -> Mapping[str, str]:
        """Notes what becomes of an address once its change is carried out. Gives the keys of the results that it makes,
        by conversion, where they may be kept in the results cache."""
        self.moves |= {move.source: move.target for move in change.moves if not change.problem}
        if desired is None:
            self.presets[change.address] = preset_content(change.basis.get(PRESET, {}))
            if change.action in ("create", "replace"):
                self.renewed.add(change.address)
            return {}
        address, ids = address_of(change.address), [item.id for item in desired.job.conversions]
        for noted in (self.names, self.running, self.expected, self.restored, self.makers):
            for name in ids:
                noted.pop(f"{address}.{name}", None)
        if change.action in SETTLED or (change.action == "adopt" and not change.fetch):
            self.makers |= {f"{address}.{name}": record for name in ids if record is not None}
            self.running |= {f"{address}.{name}": "" for name in ids if desired.job.awaits}
            return {}
        self.names |= {f"{address}.{name}": path for name, path in _names(change, desired, record).items()}
        if change.action == "cached":
            for path, (name, kept) in zip(change.downloads, self.session.results.sources(desired), strict=False):
                self.restored.setdefault(f"{address}.{name}", []).append((path, kept))
            return {}
        ended = change.action == "download" or (record is not None and record.phase == "completed")
        here = record.files if record is not None and ended else ()
        known = {file.conversion for file in here if file.sha256}  # what came out, because it was here before
        self.makers |= {f"{address}.{name}": record for name in ids if record is not None and name in known}
        self._note_made(desired, [name for name in ids if name not in known], forced=change.forced)
        keys = self.session.results.keys(desired) if change.fetch else {}
        self.order.setdefault(address, len(self.order))
        for key in keys.values():
            self.making.setdefault(key, set()).add(address)
            self.under_way |= set() if change.starts else {(key, address)}
        return keys

    def _note_made(self, desired: DesiredJob, conversions: Iterable[str], *, forced: bool) -> None:
        """Notes what stands in for the results of conversions that are not known yet: another one of the same recipe is
        the same, unless it may come out differently each time."""
        for name in conversions:
            alone, source = only(desired, name), f"{address_of(desired.job.address)}.{name}"
            sure = cacheable(alone.job, awaited=True)
            self.running[source] = alone.fingerprint if sure else f"{alone.fingerprint} {source}"
            if sure and not forced:
                self.expected[source] = made_from(alone.basis, name)

    def makes_elsewhere(self, address: str, key: str) -> bool:
        """Whether another address makes what the results cache has under a key, and is not to wait for this one: it
        runs, or was planned before."""
        others, mine = self.making.get(key, set()) - {address}, self.order.get(address, len(self.order))
        return any((key, other) in self.under_way or self.order[other] < mine for other in others)


def _names(change: Change, desired: DesiredJob, record: JobRecord | None) -> dict[str, str]:
    """The file name that the result of each conversion is going to have, as far as it is known."""
    names = {one.spec.conversion: one.path.rpartition("/")[2] for one in predicted(desired.job, render_late)}
    if change.action == "download" and record is not None:  # as far as its record tells what came out
        places = placed(desired.job, record, render_late)
        names |= {one.conversion: one.path.rpartition("/")[2] for one in places if one.path}
    return names
