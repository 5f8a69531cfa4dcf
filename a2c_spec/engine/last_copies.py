"""Results of which the service has the last copy, so that they go with their job: one judgement for all that delete."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from a2c_spec.core.planner import results_there, spared
from a2c_spec.core.result_paths import predicted
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.run_records import out_of_time
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.session import Session
from a2c_spec.manifests.expressions.template import render_late

if TYPE_CHECKING:
    from a2c_spec.core.live import LiveJob


def last_copies(
    session: Session, run: JobRecord, live: LiveJob | None = None, coming: Mapping[str, str] = MappingProxyType({})
) -> int:
    """How many results of a run are lost once its job is deleted, as far as the service need keep them.

    A result counts that was never here, or is here no more, or not as it came, or only where another one takes its
    place by the same plan; not one that was here until a newer run of its address made it anew. ``live`` is the job,
    where it was read. ``coming``: (path -> run) where an earlier run gets its results back.
    """
    if run.is_preset or out_of_time(run, session.project.runtime.clock()):
        return 0
    every = session.store.runs(address_of(run.address))
    anew = {file.conversion for other in every if other.age > run.age for file in other.files if file.conversion}
    own = session.files.own(run)
    files = (*own.files, *(file for file in own.leftover if file.aside and not (file.path or file.sha256)))
    written = ((one, file) for one in (*every, run) for file in (*one.files, *one.leftover) if file.path)
    written = ((one, file) for one, file in written if file.path not in session.files.given)
    written = ((one, file) for one, file in written if coming.get(file.path, one.address) == one.address)
    here = {file.sha256 for one, file in written if session.files.came_back(file, file.path, one.address)}

    def counts(file: SavedFile) -> bool:
        before = file.sha256 and not file.path and file.conversion in anew
        return not (file.from_cache or before or file.sha256 in here)

    left = tuple(replace(file, path="") for file in files if counts(file))
    return results_there(replace(run, files=left), live)


def by_job(session: Session, address: str, steps: Collection[PlannedChange]) -> dict[str, int]:
    """The same of all runs of an address, by job; ``steps`` know of some runs more than is stored."""
    seen = {step.record.address: (step.record, step.live) for step in steps if step.record}
    runs = {run.address: (run, None) for run in session.store.runs(address)} | seen
    back = ("download", "cached")
    coming = {path: step.change.address for step in steps if step.change.action in back for path in _written(step)}
    found: dict[str, int] = {}
    for run, live in runs.values():
        found[run.job_id] = found.get(run.job_id, 0) + last_copies(session, run, live, coming)
    return found


def _written(step: PlannedChange) -> Iterator[str]:
    """The paths at which a change that starts nothing writes results, as far as they are known."""
    yield from step.change.downloads
    if step.desired and step.change.action == "cached":
        yield from (one.path for one in predicted(step.desired.job, render_late) if one.path)


def without_shared(session: Session, steps: list[PlannedChange]) -> list[PlannedChange]:
    """The changes; no job is deleted of which another address takes over a result in the same plan."""
    shared = {step.record.job_id for step in steps if step.taken_over and step.record}
    if not shared:
        return steps
    found = []
    for step in steps:
        doomed = shared.intersection(str(call.subject) for call in step.change.calls if call.afterwards)
        address = address_of(step.change.address)
        mine = [one for one in steps if address_of(one.change.address) == address]
        there = by_job(session, address, mine) if doomed and step.change.only_there else {}
        found.append(replace(step, change=spared(step.change, shared, there)) if doomed else step)
    return found
