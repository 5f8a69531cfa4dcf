"""From a started job to files in their places: waits, explains failures, downloads, moves, records."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from a2c_spec.api.client import Client
from a2c_spec.api.download import Downloads, Fetched, ResultGone
from a2c_spec.api.execute import Executor, Task
from a2c_spec.api.files import OutputFiles, untangled
from a2c_spec.api.http.concurrency import JobSlots
from a2c_spec.api.poll import Poller
from a2c_spec.core.desired import Job, Secret
from a2c_spec.core.events import Event, Listener
from a2c_spec.core.live import LiveJob, LiveOutput, Problem
from a2c_spec.core.plan import Change, Move
from a2c_spec.core.planner import link_ids, output_calls
from a2c_spec.core.results import Placement, RenderLate, place
from a2c_spec.core.state import ENDED, JobRecord, SavedFile, StateStore
from a2c_spec.errors import AuthError, Conflict, ConversionFailed, SpecError

STUCK_STARTS = 3


@dataclass(slots=True)
class Delivery:
    """Brings jobs home. ``late`` renders names that depend on a result."""

    client: Client
    store: StateStore
    poller: Poller
    downloads: Downloads
    landing: OutputFiles
    executor: Executor
    late: RenderLate
    tell: Listener
    slots: JobSlots

    async def carry_out(self, task: Task, change: Change, record: JobRecord, *, detach: bool = False) -> JobRecord:
        """All of one change: its calls, then waiting and downloading where it asks for that."""
        if change.problem:
            raise Conflict(change.problem, address=change.address)
        record = await self.executor.carry_out(task, change, record)
        record = await self._arrange(task.desired.job, change, record)
        if not change.fetch or detach:
            return record
        record, live = await self._ended(task, record)
        record = await self._dressed(task, record, live)
        return await self._fetch_all(task.desired.job, record, live)

    async def _dressed(self, task: Task, record: JobRecord, live: LiveJob) -> JobRecord:
        """Gives results the names and passwords that could not be given before the run."""
        calls = output_calls(task.desired, record, place(task.desired.job, live, record.names(), self.late))
        if not calls:
            return record
        change = Change(record.address, "rename", ("names and passwords of results",), calls)
        return await self.executor.carry_out(task, change, record)

    async def _ended(self, task: Task, record: JobRecord) -> tuple[JobRecord, LiveJob]:
        """Waits; a job that never started although everything was sent is started, then waited for again."""
        for _ in range(STUCK_STARTS):
            async with self.slots.released():
                live = await self.poller.wait(record.job_id, lambda job: self._status(task.desired.job.address, job))
            if live.terminal:
                return await self._outcome(task.desired.job, link_ids(record, task.desired, live), live), live
            change, record = await self.executor.replan(task, record, waited=True)
            self.tell(Event("note", record.address, text=f"not started by itself: {'; '.join(change.reasons)}"))
            record = await self.executor.carry_out(task, change, record)
        raise SpecError(
            f"job {record.job_id} stays {live.status}: {live.info or 'the service does not say why'}",
            hint="nothing was paid; `a2c-spec status` shows the job",
            address=record.address,
        )

    def _status(self, address: str, live: LiveJob) -> None:
        self.tell(Event("status", address, live.id, text=live.status))

    async def _outcome(self, job: Job, record: JobRecord, live: LiveJob) -> JobRecord:
        self._warn(job, record, live)
        if live.status == "completed":
            return await self.executor.save(replace(record, phase="completed", spent=live.spent, problem=""))
        problem = explained(record, live)
        phase = ENDED[live.status]
        await self.executor.save(replace(record, phase=phase, problem=problem, spent=live.spent))
        raise ConversionFailed(
            f"job {live.id} {'failed' if phase == 'failed' else 'was canceled'}: {problem}",
            hint="mend the manifest or the input and apply again",
            address=job.address,
        )

    def _warn(self, job: Job, record: JobRecord, live: LiveJob) -> None:
        names = record.names()
        for warning in live.warnings:
            self.tell(Event("note", job.address, text=f"warning: {_said(warning, names)}"))

    async def _fetch_all(self, job: Job, record: JobRecord, live: LiveJob) -> JobRecord:
        """Downloads every result that is not in its place yet; what was fetched stays recorded if another fails."""
        placements = place(job, live, record.names(), self.late)
        results = await asyncio.gather(*(self._deliver(job, record, one) for one in placements), return_exceptions=True)
        files = tuple(file for file in results if isinstance(file, SavedFile))
        errors = [error for error in results if isinstance(error, BaseException)]
        record = await self._settle(record, files, complete=not errors)
        for error in errors:
            raise error
        self.tell(Event("done", job.address, text=f"{len([f for f in files if f.path])} files", spent=record.spent))
        return record

    async def _settle(self, record: JobRecord, files: Sequence[SavedFile], *, complete: bool) -> JobRecord:
        """Files of an earlier run that this one no longer makes go, if they are still as we wrote them."""
        kept = {file.path for file in files}
        old = tuple(file for file in record.files if file.path and file.path not in kept)
        if not complete:
            return await self.executor.save(replace(record, files=(*files, *old)))
        for file in old:
            self.landing.remove(file.path)
        return await self.executor.save(replace(record, phase="done", files=tuple(files)))

    async def _deliver(self, job: Job, record: JobRecord, one: Placement) -> SavedFile:
        known = next((file for file in record.files if file.output_id == one.output.id), None)
        if known and known.path and known.wanted == one.path and self.landing.stands(known.path) == "intact":
            return known
        base = SavedFile(
            path="",
            size=one.output.size,
            sha256="",
            output_id=one.output.id,
            conversion=one.conversion,
            inputs=one.inputs,
            index=one.index,
            service_name=one.output.filename,
            name=one.name,
            wanted=one.path,
        )
        if not one.path:
            return base
        path = self.landing.settle(one.path, one.spec.on_conflict if one.spec else "error")
        return await self._download(job, one, base, path) if path else base

    async def _download(self, job: Job, one: Placement, base: SavedFile, path: str) -> SavedFile:
        target = self.landing.target(path)

        def progress(done: int) -> None:
            self.tell(Event("download", job.address, path, done=done, total=one.output.size))

        async def arriving(fetched: Fetched) -> None:
            await self._note(job.address, replace(base, path=path, size=fetched.size, sha256=fetched.sha256))

        async def fetch(output: LiveOutput) -> Fetched:
            *others, last = self._passwords(job, one)
            for password in others:
                with contextlib.suppress(AuthError):
                    return await self.downloads.fetch(output, target, password, progress, arriving)
            return await self.downloads.fetch(output, target, last, progress, arriving)

        try:
            fetched = await fetch(one.output)
        except ResultGone:
            fetched = await fetch(await self._refreshed(job, one.output))
        self.tell(Event("saved", job.address, path, total=fetched.size))
        return replace(base, path=path, size=fetched.size, sha256=fetched.sha256)

    async def _note(self, address: str, file: SavedFile) -> None:
        """Writes down what is about to stand at a path, so that a crash in the middle leaves no file of nobody's."""
        record = self.store.get(address)
        if record is not None:
            others = tuple(one for one in record.landing if one.path != file.path)
            await self.executor.save(replace(record, landing=(*others, file)))

    async def _refreshed(self, job: Job, output: LiveOutput) -> LiveOutput:
        """The result as the service links it now; once, for a link may have moved while the result still exists."""
        record = self.store.get(job.address)
        live = await self.client.job(record.job_id) if record else None
        fresh = next((one for one in live.outputs if one.id == output.id), None) if live else None
        if fresh is None or fresh.uri == output.uri:
            raise ResultGone(
                f"{output.filename} is no longer on the service",
                hint="apply again: the plan will say what has to be run again",
                address=job.address,
            )
        return fresh

    def _passwords(self, job: Job, one: Placement) -> Sequence[str]:
        """Those that may open a result, the likeliest first, one at least: any one that was set does on the service."""
        conversion = next((item for item in job.conversions if item.id == one.conversion), None)
        choices = [
            one.spec.download_password if one.spec else None,
            conversion.options.get("download_password") if conversion else None,
            *job.download_passwords,
        ]
        given = [self.client.reveal(one) if isinstance(one, Secret) else str(one) for one in choices if one]
        return [*dict.fromkeys(given)] or [""]

    async def _arrange(self, job: Job, change: Change, record: JobRecord) -> JobRecord:
        """Moves and removes files of ours; recorded one by one, so that a crash leaves nothing unknown."""
        policies = {spec.conversion: spec.on_conflict for spec in job.outputs}
        for move in untangled(change.moves):
            record = await self._moved(record, move, policies)
        for path in change.removes:
            self.landing.remove(path)
            files = tuple(replace(f, path="", wanted="") if f.path == path else f for f in record.files)
            record = await self.executor.save(replace(record, files=files))
        return record

    async def _moved(self, record: JobRecord, move: Move, policies: Mapping[str, str]) -> JobRecord:
        file = next(file for file in record.files if file.path == move.source)
        now = self.landing.destination(move, policies.get(file.conversion, "error"))
        moved = replace(file, path=now, wanted=move.target)
        if now != move.source:
            await self._note(record.address, moved)
            self.landing.move(move.source, now)
        files = tuple(moved if f is file else f for f in record.files)
        self.tell(Event("saved", record.address, now, total=file.size))
        return await self.executor.save(replace(record, files=files))


def explained(record: JobRecord, live: LiveJob) -> str:
    """The job's errors, each with the manifest's own id of the part it is about."""
    names = record.names()
    return "; ".join(_said(problem, names) for problem in live.errors) or live.info or "the service does not say why"


def _said(problem: Problem, names: Mapping[str, str]) -> str:
    part, _, key = names.get(problem.id_source, "").partition(".")
    where = f"{part.removesuffix('s')} {key}: " if key else f"{problem.source}: " if problem.source else ""
    code = f" (code {problem.code})" if problem.code and problem.code != "0" else ""
    return f"{where}{problem.message}{code}"
