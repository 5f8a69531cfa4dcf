"""Carries out planned changes: every one once, each after those it needs, one failure leaving the others alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from a2c_spec.api.change_task import Task
from a2c_spec.core.events import Event
from a2c_spec.core.graph import needs
from a2c_spec.core.planner import plan_job
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.tally import LEFT, Tally
from a2c_spec.engine.alike import Later, made_once
from a2c_spec.engine.bookkeeping import keep_books
from a2c_spec.engine.budget import Spender
from a2c_spec.engine.edges import Edges
from a2c_spec.engine.endpoint import endpoint
from a2c_spec.engine.files_that_stay import tell_staying
from a2c_spec.engine.interrupts import interrupted
from a2c_spec.engine.order import dependent, independent
from a2c_spec.engine.outcome import ApplyOptions, Reporter, Result, failure_of, rows_of, stops_all
from a2c_spec.engine.outputs_file import write_outputs
from a2c_spec.engine.owners import Owners, check_asked
from a2c_spec.engine.plan_one import plan_address, run_replaced
from a2c_spec.engine.planned import PlannedChange, check_read
from a2c_spec.engine.refresh import with_end
from a2c_spec.engine.removals import Cleaner, remove_run
from a2c_spec.engine.reuse import Restorer
from a2c_spec.engine.run_limits import under_way
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.session import Session
from a2c_spec.errors import Conflict, NotCleanedUp, NotStarted, SpecError, end_of, of_the_system

if TYPE_CHECKING:
    from a2c_spec.core.prepare import DesiredJob


class Execution:
    """One apply under way."""

    def __init__(self, session: Session, options: ApplyOptions, reporter: Reporter, chosen: Selection) -> None:
        self.session, self.service = session, session.service
        self.options, self.reporter, self.chosen = options, reporter, chosen
        self.stopped = False
        self.spender = Spender(session.project, endpoint(session.project).realm, options.limits.credits)
        self.costs = self.service.executor.costs
        self.costs.listen(self.spender.learned)
        self.tally = Tally(0)
        self.errors: list[SpecError] = []
        self.under_way = asyncio.Semaphore(under_way(session.project.flags.parallelism, self.spender.bounded))
        self.edges = Edges((), (), ())
        self.plan = Owners(session, (), ())
        self.turn_of: dict[str, asyncio.Lock] = {}
        self.planned_again: set[str] = set()
        self.not_refused: set[str] = set()
        self.paid_again: set[str] = set()
        self.cleaner = Cleaner(session, reporter)

    async def run(self, steps: Sequence[PlannedChange], again: Iterable[PlannedChange]) -> Result:
        """Carries every change out; a failure of one leaves the others alone.

        ``again`` are the changes of which only a summary was kept, planned again one at a time.
        """
        self.plan = Owners(self.session, steps, ())
        busy = [step for step in steps if step.undecided or not step.idle]
        whole = [step for step in busy if not step.summary_only]
        self.tally.changes = Counter(address_of(step.change.address) for step in busy if not step.idle)
        self.reporter.expect(len(busy))
        self.not_refused = {address_of(step.change.address) for step in busy if not step.change.problem}
        self.edges = Edges(steps, busy, whole)
        self.paid_again = {address_of(step.change.address) for step in busy if step.change.asks}
        await keep_books(self.session, steps, whole)
        try:
            first, gone = [step for step in whole if not step.going], [step for step in whole if step.going]
            await self._start_all(chain(independent(first), again, dependent(first)))
            await self._take_away(gone)
            self.tally.exceeded = self.spender.exceeded()
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None  # a mistake of ours; the tasks beside it were cancelled
        except asyncio.CancelledError:
            if self.costs.total:
                raise interrupted(self.costs.total) from None
            raise
        finally:
            self.spender.close()
        self.tally.count({address_of(error.address) for error in self.errors if not isinstance(error, NotCleanedUp)})
        self.tally.spent = self.costs.total
        self.session.files.leftovers.remove(self.session.files.root)
        self.session.results.tidy(self.session.project)
        self.reporter.close()
        error = failure_of(self.tally, self.errors)
        if steps:
            problems = {address_of(error.address): error.message for error in self.errors}
            try:
                write_outputs(self.session.project, self.session.store, [step.change for step in steps], problems)
            except SpecError as unwritten:  # which takes back nothing of what was done
                error = error or unwritten
        rows = rows_of(self.session.store, steps) if self.session.project.flags.detailed else ()
        return Result(rows, self.tally, tuple(self.errors), self.service.client.wire.count, error)

    async def _start_all(self, steps: Iterator[PlannedChange]) -> None:
        """Starts one change after the other, never more than a window of them at once."""
        async with asyncio.TaskGroup() as group:
            while not self.stopped:
                await self.under_way.acquire()
                step = None if self.stopped else self._next(steps)
                if step is None:
                    self.under_way.release()
                    break
                group.create_task(self._in_order(step))
                await asyncio.sleep(0)

    async def _take_away(self, steps: Sequence[PlannedChange]) -> None:
        """Takes away what nobody asks for, once all else went well."""
        if not self.errors and not self.stopped:
            return await self._start_all(iter(steps))
        for step in steps:
            self._failed(step, NotStarted("not pruned, because not all else went well", hint="apply again"))
        return None

    def _next(self, steps: Iterator[PlannedChange]) -> PlannedChange | None:
        """The next change; a manifest that became invalid meanwhile leaves the jobs under way alone."""
        try:
            return next(steps, None)
        except SpecError as error:
            self.errors.append(error)
            return None

    async def _in_order(self, step: PlannedChange) -> None:
        """One change, after those whose results it takes."""
        try:
            await self.edges.wait_for_makers(step)
            turn = self.turn_of.setdefault(address_of(step.change.address), asyncio.Lock())
            async with turn, self.service.turns.slot():
                await self._reported(step)
        finally:
            self.under_way.release()
            self.edges.end(step.change.address)

    async def _reported(self, step: PlannedChange) -> None:
        """One change, or the parts that it has become once what it takes is there, each by itself."""
        if self.stopped and step.idle:
            return
        try:
            self._check_going_on()
            steps = await self._with_results(step) if self.edges.check(step) else [step]
        except SpecError as error:
            self._failed(step, error)
            self.tally.changes[address_of(step.change.address)] += step.idle
            return
        self.tally.changes[address_of(step.change.address)] -= not step.idle  # those of them that do something count
        for now in steps:
            try:
                await self._done(now)
            except (SpecError, OSError) as problem:
                self._failed(now, of_the_system(problem) if isinstance(problem, OSError) else problem)
                self.edges.came_good_in_part(now, self.session.store.get(now.change.address))
            else:
                (self.edges.comes_later if self._left_running(now) else self.edges.came_good)(now)

    def _left_running(self, step: PlannedChange) -> bool:
        """Whether nobody waits for its job; what has ended is downloaded."""
        return self.options.detach and step.change.fetch and step.change.action != "download"

    def _check_going_on(self) -> None:
        """Raises an error once another one has stopped everything."""
        if self.stopped:
            raise NotStarted("not started because another job failed", hint="apply again to do the rest")

    def _failed(self, step: PlannedChange, error: SpecError) -> None:
        if isinstance(error, Later):
            self.edges.comes_later(step)
            self.tally.later[address_of(step.change.address)] = error.message
            self.reporter(Event("done", step.change.address, text=LEFT))
            return
        error.address = error.address or step.change.address
        self.stopped |= (self.options.fail_fast and not step.change.problem) or stops_all(error)
        run, now = step.change.address, self.session.store.get(step.change.address)
        error.spent = self.costs.of_job[now.job_id] if now and now.job_id else 0
        self.reporter(Event("failed", error.address, end_of(error), error.message, spent=self.costs.tell(run)))
        self.errors.append(error)

    async def _done(self, step: PlannedChange) -> None:
        """One change, if something is to be done after all."""
        if not step.idle:
            self.tally.changes[address_of(step.change.address)] += 1
            self._check_going_on()
            record = await self._carry_out(step)
            try:
                await self.cleaner.ended(step.change)
            except NotCleanedUp as error:  # what was asked for is done
                self.errors.append(error)
                self.stopped = self.stopped or self.options.fail_fast
            self.tally.ended(step.change, step.record, record)
        if (not step.change.fetch and step.change.action != "cached") or self._left_running(step):
            run = step.change.address
            self.reporter(Event("done", run, spent=self.costs.tell(run)))

    async def _with_results(self, step: PlannedChange) -> list[PlannedChange]:
        """The change; where it takes results of jobs that ran meanwhile, those of its job, planned with what came out.

        All runs of the job are planned together, and once. The same results as before mean that nothing has to be done.
        """
        whole, address = step.whole, address_of(step.change.address)
        if whole is None or address not in self.not_refused or self.edges.makers.keys().isdisjoint(needs(whole)):
            return [step]
        if address in self.planned_again:
            return []
        self.planned_again.add(address)
        dependencies = self.edges.dependencies(self.session, whole)
        steps, unused = await plan_address(self.session, whole, dependencies, self.chosen, self.service.client)
        failed = {address_of(error.address) for error in self.errors}
        steps = made_once(Owners(self.session, steps, (), self.plan, failed).all_checked(), self.session.results)
        if not self.options.yes:
            check_asked(self.session, steps, again=address in self.paid_again)
        self.edges.alike.check_no_more(address, steps)
        asked = [item.id for item in whole.conversions]
        replaced = [run_replaced(self.session, run, asked) for run in unused if not run.gone_since]
        await keep_books(self.session, [*steps, *replaced], steps)
        return steps

    async def _carry_out(self, step: PlannedChange) -> JobRecord | None:
        """Carries one change out; gives the record it ends in."""
        check_read([step])
        if step.change.problem:
            raise Conflict(step.change.problem)
        if step.preset is not None:
            await self.service.presets.carry_out(step.change, step.record or JobRecord(step.change.address, ""))
            return None
        if step.going:
            await remove_run(self.session, step.change, self.reporter)
        step = await with_end(self.session, self.costs, step)
        if step.desired is None or step.change.action == "forget":
            return None  # done already, by the bookkeeping
        results, waited = self.session.results, False
        keys = results.keys(step.desired).values()  # of what it makes
        shares = step.change.starts and (bool(step.makers) or not step.change.forced)  # else it makes all of it itself
        while shares and (twin := results.twin(keys)):
            waited = True
            async with self.service.turns.released():
                await twin.wait()
        with results.claimed(keys):
            meant = waited or step.change.action == "cached"
            cached = results.known(step.desired, step.record) if meant or shares else None
            self.edges.alike.check(step, cached, keys)
            if meant or cached:
                return await self._from_cache(step, step.desired, cached)
            return await self._convert(step, step.desired)

    async def _from_cache(self, step: PlannedChange, desired: DesiredJob, cached: JobRecord | None) -> JobRecord:
        """Takes a result from the cache; where it has gone meanwhile, the job runs after all, if that is allowed."""
        results = self.session.results
        if cached is None or results.cache is None:
            change = plan_job(desired, step.record, self.session.observe(desired, step.record, step.live))
            unread = any(item.preset_from for item in desired.job.conversions)  # the plan had no need to read presets
            if unread or (change.paid_again and not self.options.yes):
                raise Conflict("its result is no longer in the results cache", hint="apply again to make a new plan")
            return await self._convert(replace(step, change=change), desired)
        restorer = Restorer(results.cache, self.session.files, self.service.executor, self.reporter)
        record = await restorer.restore(desired, cached, step.record, step.change)
        tell_staying(self.session, record, step.change, self.reporter)
        self.tally.cached += 1
        return record

    async def _convert(self, step: PlannedChange, desired: DesiredJob) -> JobRecord:
        """All calls of one job, and its results here."""
        executor, delivery = self.service.executor, self.service.delivery
        change = replace(step.change, moves=()) if step.change.moves else step.change  # carried out already
        record, now = step.record or JobRecord(step.change.address, ""), self.session.store.get(step.change.address)
        if now is not None:  # whose files they are is settled by the bookkeeping
            known = record.job_id or now.job_id  # without one, the service no longer has it
            former = tuple(job for job in now.jobs if job != known)
            record = replace(record, files=now.files, leftover=now.leftover, gone_since=0.0, former_jobs=former)
        allowed, before = self.options.yes or change.paid_again, record
        replaces = record.job_id if change.forced else ""
        keep = partial(self._keep, desired)
        task = Task(desired, partial(self.session.observe, desired), allowed, replaces, keep, self.spender.set_aside)
        if record.intent is not None:
            change, record = await executor.replan(task, record)
        if change.starts and not self.options.starts:
            raise NotStarted("not started yet", hint="`a2c-spec apply` starts it")
        if change.starts:
            self.spender.looked_for(before, record)
        async with self.spender.paying(self.session.store, change, record):
            done = await delivery.carry_out(task, change, record, detach=self._left_running(step))
        if done.phase == "done" and (done.job_id != record.job_id or record.phase != "done"):
            tell_staying(self.session, done, step.change, self.reporter)
        return done

    async def _keep(self, desired: DesiredJob, done: JobRecord) -> None:
        """Keeps the results of a job in the results cache."""
        project = self.session.project
        await asyncio.to_thread(self.session.results.keep, desired, done, project.root, project.runtime.clock())
