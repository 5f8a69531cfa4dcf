"""From a started job to files in their places: waits, explains failures, downloads, moves, records."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from a2c_spec.api import failures, going_files
from a2c_spec.api.change_task import Keep, Task, not_kept
from a2c_spec.api.download import with_answers
from a2c_spec.api.execute import Executor
from a2c_spec.api.fetch_result import ResultFetcher
from a2c_spec.api.http.concurrency import JobSlots
from a2c_spec.api.output_files import OutputFiles
from a2c_spec.api.poll import JobGone, Poller
from a2c_spec.core.as_it_ran import as_it_ran
from a2c_spec.core.desired import Job
from a2c_spec.core.events import Event, Listener
from a2c_spec.core.failed_jobs import FAILED_HINT, failed_unseen, failure_text, split_failed, without_good_result
from a2c_spec.core.foreign import added, shown_kind
from a2c_spec.core.foreseen import apart
from a2c_spec.core.live import LiveJob
from a2c_spec.core.moves import Move, in_safe_order
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import other_bytes, output_calls, recognised, untold_results
from a2c_spec.core.prepare import with_conversions
from a2c_spec.core.reasons import counted
from a2c_spec.core.result_paths import Placement, RenderLate, placed
from a2c_spec.core.results import recorded, shows_all, with_gone, with_results, without_result
from a2c_spec.core.state import ENDED, JobRecord, SavedFile
from a2c_spec.core.state_store import StateStore, next_key
from a2c_spec.errors import Conflict, ConversionFailed, SpecError

STARTS = 3
"""How often a job that does not run is started again before we give up."""


ByPlace = Mapping[tuple[str, str], Sequence[SavedFile]]
"""(output id, wanted path) -> the files of a record that were saved for it."""


def _by_place(record: JobRecord) -> ByPlace:
    found: dict[tuple[str, str], list[SavedFile]] = {}
    for file in record.files:
        found.setdefault((file.output_id, file.wanted), []).append(file)
    return found


@dataclass(slots=True)
class Delivery:
    """Carries changes out to the end. ``render_late`` renders names that depend on a result."""

    store: StateStore
    poller: Poller
    results: ResultFetcher
    files: OutputFiles
    executor: Executor
    render_late: RenderLate
    tell: Listener
    slots: JobSlots

    async def carry_out(self, task: Task, change: Change, record: JobRecord, *, detach: bool = False) -> JobRecord:
        """All of one change: its calls, then waiting and downloading where it asks for that."""
        if change.problem:
            raise Conflict(change.problem, address=change.address)
        record = await self.executor.carry_out(task, change, record)
        record = await self._move_files(task.desired.job, change, record)
        if not change.fetch or detach:
            return record
        record, live = await self._wait(task, record)
        record = await self._rename_outputs(task, record, live)
        done = await self._download_all(task.desired.job, record, live, task.keep)
        ours = {"", *(item.id for item in task.desired.job.conversions)}
        saved = counted(len([file for file in done.files if file.path and file.conversion in ours]), "file")
        self.tell(Event("done", done.address, text=saved, spent=self.executor.costs.tell(done.address)))
        return done

    async def _rename_outputs(self, task: Task, record: JobRecord, live: LiveJob) -> JobRecord:
        """Sets on the service the names and passwords of results that could not be set before the run."""
        calls = output_calls(task.desired, record, placed(task.desired.job, record, self.render_late, live))
        if not calls:
            return record
        change = Change(record.address, "rename", ("names and passwords of results",), calls)
        return await self.executor.carry_out(task, change, record)

    async def _wait(self, task: Task, record: JobRecord) -> tuple[JobRecord, LiveJob]:
        """Waits for the end of the job; one that did not start by itself is started, then waited for again."""
        for _ in range(STARTS):
            try:
                async with self.slots.released():
                    whole = partial(shows_all, task.desired.job, record.names())
                    live = await self.poller.wait(record.job_id, partial(self._tell_status, record), whole)
            except JobGone:
                if record.phase != "completed" or not self._all_here(task.desired.job, record):
                    raise
                return with_gone(record, None), recorded(record)
            if live.terminal:
                return await self._record_result(task, recognised(record, task.desired, live), live), live
            change, record = await self.executor.replan(task, record, waited=True)
            self.tell(Event("note", record.address, text=f"not started by itself: {'; '.join(change.reasons)}"))
            record = await self.executor.carry_out(task, change, record)
        raise SpecError(
            f"job {record.job_id} stays {live.status}: {live.info or 'the service does not say why'}",
            hint="nothing was paid; `a2c-spec status` shows the job",
            address=record.address,
        )

    def _all_here(self, job: Job, record: JobRecord) -> bool:
        """Whether every result that the job gave is here, as far as it is wanted here."""
        wanted = [one for one in placed(job, record, self.render_late) if one.path]
        known = _by_place(record)
        return bool(wanted) and all(self._in_place(record, known, one) for one in wanted)

    def _tell_status(self, record: JobRecord, live: LiveJob) -> None:
        """What the service says; not that a job failed for the rest, where its kept results are fetched."""
        kept = record.phase in ("completed", "done")
        if not (kept and live.status in ("failed", "canceled")):
            self.tell(Event("status", record.address, live.id, text=live.status))

    async def _record_result(self, task: Task, record: JobRecord, live: LiveJob) -> JobRecord:
        """Records how the job ended; raises ConversionFailed unless it completed, and Conflict if it ran with other
        content than was sent."""
        names, address = record.names(), record.address
        kept = record.phase in ("completed", "done") and live.status != "completed"  # it failed for the rest
        phase = "completed" if kept else ENDED[live.status]
        warnings = record.warnings if kept else failures.warnings_of(task.desired.job, live, names)
        for text in () if kept else warnings:
            self.tell(Event("note", address, text=f"warning: {text}"))
        ended = self.executor.costs.learn(replace(record, phase=phase, problem="", warnings=warnings), live)
        wrong = other_bytes(task.desired, record, live)
        if record.phase == "building" or wrong:
            await self.executor.save(replace(ended, fingerprint="", basis={}))
            raise failures.other_content(live.id, wrong, address)
        ran = as_it_ran(record, live)
        for row in added(record, live) if ran.record != record else ():
            text = f"its job also made {shown_kind(row)}, which was added outside a2c-spec"
            self.tell(Event("note", address, text=text))
        if ran.unlike:
            await self._record_unlike(replace(ran.record, spent=ended.spent), live)
            raise failures.other_content(live.id, ran.unlike, address)
        ended = replace(ended, elements=ran.record.elements)
        if phase == "completed":
            ended = await self.executor.save(with_results(ended, live))
            if untold := untold_results(record, live):
                raise failures.untold_conversions(live.id, untold, address)
            return ended
        problem = failure_text(record, live)
        told = "failed" if phase == "failed" else "was canceled"
        made = self._made(task.desired.job, replace(ended, problem=problem), live)
        if len(made) == len(task.desired.job.conversions) < len(ended.basis.get("conversions", ())):
            self.tell(Event("note", address, text=f"its job {told} for what is not asked for any more: {problem}"))
            return await self._split_failed(replace(ended, problem=problem), made, live)
        saved = await self._salvage(task, replace(ended, problem=problem), made, live)
        why = problem.removesuffix(".") if saved else problem
        raise ConversionFailed(f"job {live.id} {told}: {why}{saved}", hint=FAILED_HINT, address=address)

    async def _record_unlike(self, ran: JobRecord, live: LiveJob) -> None:
        """Records how a job ended that did not run as it was sent, with what it ran, for the next plan."""
        ended = failed_unseen(ran, live, next_key(self.store, ran.address)) or (replace(ran, phase="completed"),)
        await self.executor.recorder.save(with_results(ended[0], live), *ended[1:])

    def _made(self, job: Job, record: JobRecord, live: LiveJob) -> list[str]:
        """The conversions of a job that failed which gave results all the same, without an error."""
        record, wrong = with_results(record, live), without_good_result(record, live)
        placements = placed(job, record, self.render_late, live)
        made = {one.conversion for one in placements if one.conversion and not one.gone} - wrong
        return [item.id for item in job.conversions if item.id in made]

    async def _split_failed(self, record: JobRecord, made: Collection[str], live: LiveJob) -> JobRecord:
        """Records how a job failed, and apart from it what it made all the same; gives the latter."""
        key = next_key(self.store, record.address)
        return await self.executor.recorder.save(*split_failed(with_results(record, live), made, key))

    async def _salvage(self, task: Task, record: JobRecord, made: Sequence[str], live: LiveJob) -> str:
        """Records how a job failed, and saves what was ``made`` all the same; says which."""
        if not made or "conversions" not in record.basis:
            await self.executor.save(with_results(record, live))
            return ""
        whole = await self._split_failed(record, made, live)
        try:
            await self._download_all(with_conversions(task.desired.job, made), whole, live, task.keep)
        except SpecError as error:
            self.tell(Event("note", record.address, text=error.message))
        return f"; the results of {', '.join(made)} are kept"

    async def _download_all(self, job: Job, record: JobRecord, live: LiveJob, keep: Keep = not_kept) -> JobRecord:
        """Downloads every result that is not in its place yet; if one fails, the others are recorded all the same."""
        ours = {item.id for item in job.conversions}
        every = placed(apart(job, self.store, self.render_late), record, self.render_late, live)
        shown, known = {one.id for one in live.outputs}, _by_place(record)
        mine = (one for one in every if one.conversion in ours or not one.conversion)
        placements = [one for one in mine if one.output.id in shown or self._in_place(record, known, one)]
        turn = asyncio.Lock()
        each = (self._deliver(job, record, one, known, turn) for one in placements)
        results = await asyncio.gather(*each, return_exceptions=True)
        files = [file for file in results if isinstance(file, SavedFile)]
        errors = [error for error in results if isinstance(error, BaseException)]
        made = [(one.conversion, one.inputs) for one in placements]
        missing = without_result(job, made, warned=bool(record.warnings))
        others = (file for file in record.files if file.conversion and file.conversion not in ours)
        record = with_answers(record, errors)
        if errors or missing:
            ends = zip(placements, results, strict=True)
            bad = {one.conversion for one, got in ends if isinstance(got, BaseException)} | {
                name for name, _ in missing
            }
            good = tuple(file for file in files if file.conversion not in bad)
            await keep(replace(record, phase="done", files=good))
        record = await self._record_files(record, (*files, *others), None if errors or missing else keep)
        for error in errors:
            raise error
        if missing:
            raise failures.partial_result(missing, record.warnings, job.address)
        return record

    async def _record_files(self, record: JobRecord, files: Sequence[SavedFile], keep: Keep | None) -> JobRecord:
        """Records the files of this run. Those of an earlier run that have no successor of their name stay here.
        ``keep``, where they are all that it made, comes first: nobody looks again at what is recorded as done."""
        now = self.store.get(record.address)
        record = replace(record, gone=now.gone if now else record.gone)  # noted while others were downloaded
        paths, ids = {file.path for file in files if file.path}, {file.output_id for file in files}
        earlier = tuple(file for file in record.files if file.path and file.path not in paths)
        leftover = tuple(file for file in (now or record).leftover if file.path not in paths)
        if keep is None:
            rest = (file for file in record.files if not file.path and file.output_id not in ids)
            return await self.executor.save(replace(record, files=(*files, *earlier, *rest), leftover=leftover))
        done = replace(record, phase="done", files=tuple(files), leftover=(*leftover, *earlier))
        self.files.note_complete(done)
        await keep(done)
        return await self.executor.save(done)

    async def _deliver(
        self, job: Job, record: JobRecord, placement: Placement, known: ByPlace, turn: asyncio.Lock
    ) -> SavedFile:
        """Brings one result to its place, unless it is there or stays on the service. Where each belongs is decided one
        by one, so that a signal is heeded between two of very many."""
        async with turn:
            await asyncio.sleep(0)
            if there := self._in_place(record, known, placement):
                return there
            file = placement.unsaved
            if not placement.path:
                return file
            policy = placement.spec.on_conflict if placement.spec else "error"
            if not (path := self.files.resolve_conflict(placement.path, policy, record.address)):
                why = self.files.why_skipped(placement.path, record.address)
                self.tell(Event("note", record.address, text=f"{why}; the result stays on the service"))
                return file
        return await self.results.fetch(job, record, placement, replace(file, path=path))

    def _in_place(self, record: JobRecord, known: ByPlace, placement: Placement) -> SavedFile | None:
        """A result that is where it belongs."""
        mine = known.get((placement.output.id, placement.path), ())
        return next((one for one in mine if one.path and self.files.status(one.path, record.address) == "intact"), None)

    async def move_all(self, moves: Sequence[tuple[Job, str, Move]]) -> None:
        """Carries out the moves of a whole plan, of however many addresses, so that none overwrites another's file."""
        by_source = {move.source: (job, address) for job, address, move in moves}
        first: dict[str, str] = {}
        for move in in_safe_order([move for _, _, move in moves]):
            job, address = by_source.get(move.source) or by_source[first[move.source]]
            if move.aside:
                first[move.target] = move.source
            if record := self.store.get(address):
                await self._move(record, move, {spec.conversion: spec.on_conflict for spec in job.outputs})

    async def _move_files(self, job: Job, change: Change, record: JobRecord) -> JobRecord:
        """Moves files of ours, and lets go of those that nothing saves any more, which stay; recorded one by one."""
        policies = {spec.conversion: spec.on_conflict for spec in job.outputs}
        for move in in_safe_order(change.moves):
            record = await self._move(record, move, policies)
        for path in change.leaves:
            left = tuple(file for file in record.files if file.path == path)
            files = tuple(replace(file, path="", wanted="") if file.path == path else file for file in record.files)
            leftover = (*record.leftover, *left)
            record = await self.executor.save(replace(record, files=files, leftover=leftover))
        return record

    async def _move(self, record: JobRecord, move: Move, policies: Mapping[str, str]) -> JobRecord:
        file = next(file for file in record.files if file.path == move.source)
        path = self.files.destination(move, policies.get(file.conversion, "error"), record.address)
        moved = replace(file, path=path, wanted=move.place)
        if path != move.source:
            self.files.check_says(path, self.files.root / move.source)
            await self.executor.recorder.save_landing(record.address, moved)
            going_files.move(self.files, move.source, path, record.address, file.output_id)
        files = tuple(moved if known is file else known for known in record.files)
        leftover = tuple(known for known in record.leftover if known.path != path)
        if not move.aside:
            self.tell(Event("saved", record.address, path, total=file.size))
        return await self.executor.save(replace(record, files=files, leftover=leftover))
