"""``--prune``: what is recorded and no manifest asks for, as changes that take it away."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from a2c_spec.core import reasons
from a2c_spec.core.file_names import path_key
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import UNLESS, plan_forget
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.files_that_stay import why_kept
from a2c_spec.engine.last_copies import last_copies
from a2c_spec.engine.plan_facts import perhaps_written
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project
from a2c_spec.engine.removals import plan_removal
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.session import Session
from a2c_spec.errors import UsageError
from a2c_spec.manifests.discover import unreadable

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.live import LiveJob


def check_whole(project: Project, chosen: Selection) -> None:
    """Raises UsageError for --prune unless every manifest of the project is read: one that is not may ask for it."""
    if not project.flags.prune:
        return
    if not project.everything or chosen.partial:
        raise UsageError(
            "what no manifest asks for is known only where every manifest is read",
            hint="prune the whole project: name no manifest, and leave out --target, --exclude and -l",
        )
    if missed := next(unreadable(project.file), ""):
        hint = "nothing was sent; fix it, or remove it if it is not a manifest"
        raise UsageError(f"{missed} cannot be read as a manifest, so that it is not known what it asks for", hint=hint)


async def with_orphans(
    session: Session,
    steps: list[PlannedChange],
    known: Collection[str],
    empty: Collection[str],
    client: Client | None,
) -> list[PlannedChange]:
    """The changes of a plan; under --prune with those that take away what no manifest asks for."""
    if not session.project.flags.prune:
        return steps
    return await Orphans(session, steps, known, empty).planned(client)


@dataclass(slots=True)
class Orphans:
    """``steps`` are the planned changes, ``known`` the addresses of all manifests, ``empty`` the batches without a row.

    ``used``: keys of runs that the plan goes on with. ``live``: what is asked for is at these paths, by their keys;
    ``perhaps``: or may be, which the runs tell. ``removed``: another change removes what is at these paths.
    ``jobs``: ids that are somebody's, or get their DELETE from another change. ``unready``: addresses whose results are
    not all there, and will not be. ``read``: by run, what the service says of its job now. ``doomed``: jobs that go.
    """

    session: Session
    steps: Sequence[PlannedChange]
    known: Collection[str]
    empty: Collection[str]
    used: set[str] = field(default_factory=set)
    live: dict[str, str] = field(default_factory=dict)
    perhaps: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    unready: set[str] = field(default_factory=set)
    read: dict[str, LiveJob | None] = field(default_factory=dict)
    doomed: set[str] = field(default_factory=set)

    async def planned(self, client: Client | None) -> list[PlannedChange]:
        """The changes of the plan, and in the place of what it would only let go, those that take it away."""
        self._look()
        orphans = [run for run in self.session.store.scan() if not self._is_used(run)]
        why = await asyncio.gather(*(self._why_not(run, client) for run in orphans))
        left = {run.address: told for run, told in zip(orphans, why, strict=True) if told}
        self.jobs |= {job for run in orphans if run.address in left for job in run.jobs}
        planned = {step.change.address: step for step in self.steps}
        changes = {run.address: self._change(run, left.get(run.address, "")) for run in orphans}
        found = {address: change or planned.get(address) for address, change in changes.items()}
        kept = [step for step in self.steps if step.change.address not in found]
        return [*kept, *(step for step in found.values() if step is not None)]

    def _look(self) -> None:
        """What is asked for, by what is planned and by the records that the plan goes on with."""
        for step in self.steps:
            change, record = step.change, step.record
            if not (step.desired or step.preset or step.summary_only):
                continue
            self.used |= {change.address} if step.split_off else {change.address, step.taken_over}
            paths = [*change.writes, *change.downloads, *(move.target for move in change.moves)]
            paths += [path for path, _ in step.takes]
            self.perhaps.update(perhaps_written(self.session, step))
            self.removed.update(change.removes)
            self.jobs |= {str(call.subject) for call in change.calls if call.kind == "delete_job"}
            if record is not None:
                paths += [file.path for file in record.files if file.path]
                self.jobs |= {record.job_id}
            self.live |= {path_key(path): path for path in paths}
            if change.problem or not (change.fetch or change.action == "cached" or _all_there(change, record)):
                self.unready.add(address_of(change.address))
        self.jobs |= {job for run in self.session.others.records() for job in run.jobs}

    def _is_used(self, run: JobRecord) -> bool:
        """Whether the plan goes on with a run. What such runs have is looked at on the way."""
        if run.address not in self.used:
            unready = address_of(run.address) in self.unready
            self.jobs.update(run.jobs if unready else ())
            return unready
        self.jobs |= {run.job_id}
        self.live |= {path_key(file.path): file.path for file in run.files if file.path}
        return True

    async def _why_not(self, run: JobRecord, client: Client | None) -> str:
        """Why a run is not taken away, although no manifest asks for it; empty if it is."""
        address = address_of(run.address)
        if batch := next((name for name in self.empty if address == name or address.startswith(f"{name}[")), ""):
            return f"the source of {batch} is empty now, so it is not pruned; `a2c-spec destroy` deletes it"
        if run.lost_start:
            return "not pruned: whether its create made a job is not known; apply its manifest, or destroy it"
        if not run.running_or_held or run.is_preset:
            return ""
        if client is None:
            return f"not pruned: whether job {run.job_id} runs is not known (offline)"
        live = await client.job(run.job_id)
        held = live is not None and live.editable and run.phase == "building"
        if live is None or live.terminal or held:
            self.read[run.address] = live
            return ""
        return f"not pruned: job {run.job_id} runs, which is paid for; `a2c-spec destroy {address}` cancels it"

    def _change(self, run: JobRecord, left: str) -> PlannedChange | None:
        """The change of a run that no manifest asks for; None where nothing of it is left to be taken away,
        so that it is only let go."""
        if left:
            change = plan_forget(self.session.still_here(run))
            told = next((step.change for step in self.steps if step.change.address == run.address), None)
            change = Change(run.address, "no-op", change.reasons[:1]) if run.gone_since else told or change
            return PlannedChange(replace(change, reasons=change.reasons[:1], stays=(left,)), None, run)
        run = self.session.files.own(self.session.files.recover_files(run))
        files, words = self._files(run)
        jobs = [job for job in dict.fromkeys(run.jobs) if job not in self.jobs and job not in run.undeletable]
        self.jobs.update(jobs)
        self.doomed.update(jobs)
        gone = address_of(run.address) not in self.known
        if not (files or jobs or gone):
            return None
        there = self._only_there(run)
        why = "no longer in a manifest" if gone else "an earlier run"
        why += f"; {reasons.lost_there(there)}" if there else ""
        change = plan_removal(run, jobs, files, why, words)
        unsure = [f"{reasons.removed(path)}{UNLESS}" for path in files if path in self.perhaps]
        change = replace(change, reasons=(*change.reasons, *unsure), only_there=there, paid_again=there > 0)
        return PlannedChange(change, None, run)

    def _only_there(self, run: JobRecord) -> int:
        """How many results of a run are lost with the jobs that are deleted."""
        live = self.read.get(run.address)
        forgotten = run.address in self.read and live is None
        return last_copies(self.session, run, live) if run.job_id in self.doomed and not forgotten else 0

    def _files(self, run: JobRecord) -> tuple[list[str], list[str]]:
        """The files of a run that can be removed, and what is said of those that stay."""
        files, said = [], []
        for path in dict.fromkeys(file.path for file in (*run.files, *run.leftover) if file.path):
            if self.session.files.owner(path) != run.address or path in self.removed:
                continue  # it is another run's, or goes with another change
            if why := why_kept(self.session, path, run.address):
                said.append(reasons.stays(path, why))
            elif self.session.files.status(path, run.address) == "intact" and not self._is_asked_for(path):
                files.append(path)
        return files, said

    def _is_asked_for(self, path: str) -> bool:
        """Whether a present result is in this very file, perhaps under a name with other letters."""
        there = self.live.get(path_key(path))
        return there is not None and (there == path or self.session.files.same(there, path))


def _all_there(change: Change, record: JobRecord | None) -> bool:
    """Whether all results of a run are where they belong, as far as it is not to be made anew."""
    anew = any(call.kind == "create_job" for call in change.calls)
    return not anew and (record is None or record.phase == "done" or record.is_preset)
