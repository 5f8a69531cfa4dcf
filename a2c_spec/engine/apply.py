"""An apply under way: every step once, each after those it needs, one failure leaving the others alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import click

from a2c_spec.core.events import Event
from a2c_spec.core.graph import in_dependency_order, needs
from a2c_spec.core.planner import plan_job
from a2c_spec.core.state import JobRecord
from a2c_spec.core.tally import Tally
from a2c_spec.engine.budget import Limits, estimate
from a2c_spec.engine.project import Workspace
from a2c_spec.engine.reuse import Restorer
from a2c_spec.errors import Conflict, LimitRefused, PartialFailure, SpecError, WaitTimeout

if TYPE_CHECKING:
    from a2c_spec.core.plan import Change
    from a2c_spec.core.prepare import DesiredJob
    from a2c_spec.engine.connection import Connection
    from a2c_spec.engine.plan import Session, Step
    from a2c_spec.views.progress import Progress

UNDER_WAY = 16
"""So many times --parallelism jobs are under way at once, most of them waited for; no more are held in memory."""

STOPPING = (3, 4, 11)
"""Exit codes of errors that every further job would meet as well."""


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How to apply: without asking, without waiting, stopping at the first failure, ``only`` changes of some actions.

    ``timeout`` in seconds bounds the waiting for one job; 0 means no bound.
    """

    yes: bool = False
    detach: bool = False
    fail_fast: bool = False
    timeout: float = 0.0
    only: tuple[str, ...] = ()
    limits: Limits = Limits()  # noqa: RUF009 - frozen

    def takes(self, change: Change) -> bool:
        return not self.only or change.action in self.only


class Run:
    """One apply under way."""

    def __init__(
        self, space: Workspace, session: Session, connection: Connection, manner: ApplyOptions, progress: Progress
    ) -> None:
        self.space, self.session, self.connection = space, session, connection
        self.manner, self.progress = manner, progress
        self.stopped = False
        self.promised = 0
        self.tally = Tally(0)
        self.errors: list[SpecError] = []
        self.under_way = asyncio.Semaphore(max(64, UNDER_WAY * space.flags.parallelism))
        self.ended: dict[str, asyncio.Event] = {}

    async def all(self, steps: Sequence[Step], light: Iterable[Step] = ()) -> int:
        """Carries every step out; a failure of one leaves the others alone. Gives the exit code or raises.

        ``light`` are the steps of which only an outline was kept, made again one at a time as their turn comes.
        """
        busy = [step for step in steps if step.change.action != "no-op"]
        whole = [step for step in busy if not step.light]
        self.tally.busy = len(busy)
        self.progress.expect(len(busy))
        awaited = {address for step in whole for address in _before(step)}
        self.ended = {step.change.address: asyncio.Event() for step in busy if step.change.address in awaited}
        try:
            begun = await self._feed(chain(_free(whole), light, _bound(whole)))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None  # a mistake of ours; the tasks beside it were cancelled
        self.tally.unstarted = len(busy) - begun
        if len(self.errors) == 1 and len(busy) == 1:
            raise self.errors[0]
        self.progress.close()
        self._outputs(steps)
        self._summary(steps)
        if self.errors and not self.tally.unstarted and all(isinstance(one, WaitTimeout) for one in self.errors):
            raise WaitTimeout(f"{len(self.errors)} of {len(busy)} jobs still run", hint="`a2c-spec wait` reattaches")
        if self.errors or self.tally.unstarted:
            failed = f"{len(self.errors)} of {len(busy)} jobs failed"
            rest = f", {self.tally.unstarted} were not begun" if self.tally.unstarted else ""
            raise PartialFailure(failed + rest, hint="apply again: only what is left is done")
        return 0

    async def _feed(self, steps: Iterator[Step]) -> int:
        """Begins one step after the other, never more than a window of them under way; gives how many it began."""
        begun = 0
        async with asyncio.TaskGroup() as group:
            while not self.stopped:
                await self.under_way.acquire()
                step = None if self.stopped else self._next(steps)
                if step is None:
                    self.under_way.release()
                    break
                begun += 1
                group.create_task(self._ordered(step))
                await asyncio.sleep(0)
        return begun

    def _next(self, steps: Iterator[Step]) -> Step | None:
        """The next step; what its manifest has become wrong in meanwhile leaves the jobs under way alone."""
        try:
            return next(steps, None)
        except SpecError as error:
            self.errors.append(error)
            return None

    async def _ordered(self, step: Step) -> None:
        """One step, after those whose results it takes."""
        try:
            for address in _before(step):
                if address in self.ended:
                    await self.ended[address].wait()
            async with self.connection.turns.turn():
                await self._guarded(step)
        finally:
            self.under_way.release()
            if ended := self.ended.get(step.change.address):
                ended.set()

    async def _guarded(self, step: Step) -> None:
        try:
            if self.stopped:
                raise SpecError("not started after an earlier failure")
            self.tally.ended(step.change, await self._one(step))
            if (not step.change.fetch and step.change.action != "cached") or self.manner.detach:
                self.progress(Event("done", step.change.address))
        except SpecError as error:
            error.address = error.address or step.change.address
            self.stopped = self.stopped or self.manner.fail_fast or error.exit_code in STOPPING
            self.progress(Event("failed", error.address, text=error.message))
            self.errors.append(error)

    async def _one(self, step: Step) -> JobRecord | None:
        """Carries one step out; gives the record as it is then."""
        if step.change.problem:
            raise Conflict(step.change.problem)
        if step.preset is not None:
            await self.connection.presets.carry_out(step.change, step.record or JobRecord(step.change.address, ""))
            return None
        if step.desired is None:
            self.session.store.remove(step.change.address)
            return None
        results, waited = self.session.results, False
        taken = step.change.address in self.ended  # by others, who need an id of the service
        while (twin := results.twin(step.desired)) and not taken:
            waited = True
            async with self.connection.turns.away():
                await twin.wait()
        with results.claimed(step.desired):
            if waited or step.change.action == "cached":
                return await self._shared(step, step.desired)
            return await self._converted(step, step.desired)

    async def _shared(self, step: Step, desired: DesiredJob) -> JobRecord:
        """Takes a result from the cache; where it has gone meanwhile, the job runs after all, if that is allowed."""
        results = self.session.results
        cached = results.known(desired, step.record)
        if cached is None or results.cache is None:
            change = plan_job(desired, step.record, self.session.look(desired, step.record, None))
            if change.paid_again and not self.manner.yes:
                raise Conflict("its result is no longer in the results cache", hint="apply again to plan anew")
            return await self._converted(replace(step, change=change), desired)
        restorer = Restorer(results.cache, self.session.landing, self.connection.executor, self.progress)
        record = await restorer.restore(desired, cached, step.record)
        self.tally.cached += 1
        return record

    async def _converted(self, step: Step, desired: DesiredJob) -> JobRecord:
        record = await self._applied(step, desired)
        now = self.space.runtime.clock()
        await asyncio.to_thread(self.session.results.keep, desired, record, self.space.root, now)
        return record

    async def _applied(self, step: Step, desired: DesiredJob) -> JobRecord:
        """All calls of one job, and its results here."""
        executor, delivery = self.connection.executor, self.connection.delivery
        change, record = step.change, step.record or JobRecord(step.change.address, "")
        allowed = self.manner.yes or change.paid_again
        task = self.session.task(desired, paid_again_allowed=allowed, replaces=record.job_id if change.forced else "")
        if record.unresolved or record.pending:
            change, record = await executor.again(task, record)
        promised = self._afford(change, record)
        try:
            return await delivery.carry_out(task, change, record, detach=self.manner.detach)
        finally:
            self._paid(change, promised)

    def _afford(self, change: Change, record: JobRecord) -> int:
        """The hard stop: jobs are not started beyond --max-credits, those under way counted as estimated."""
        most = self.manner.limits.credits
        about = estimate(change, record)
        if most is not None and about and self.promised + about > most:
            raise LimitRefused(
                f"not started: {self.promised} credits are spent or under way, --max-credits allows {most}"
            )
        self.promised += about
        return about

    def _paid(self, change: Change, promised: int) -> None:
        """Puts what a job really cost in the place of its estimate."""
        record = self.session.store.get(change.address) if promised else None
        if record is not None and record.phase in ("completed", "done", "failed", "canceled"):
            self.promised += record.spent - promised

    def _outputs(self, steps: Sequence[Step]) -> None:
        """Writes outputs.json, if something was done or it is asked for."""
        from a2c_spec.engine.outputs_file import write_outputs

        if self.tally.busy or self.space.flags.outputs:
            write_outputs(self.space, self.session.store, [step.change for step in steps])

    def _summary(self, steps: Sequence[Step]) -> None:
        from a2c_spec.views.summary import summary_json, summary_text

        counts = self.connection.client.wire.count
        if self.space.flags.as_json:
            rows = ((step.change, self.session.store.get(step.change.address)) for step in steps)
            click.echo(json.dumps(summary_json(rows, self.tally, self.errors, counts), ensure_ascii=False))
        else:
            click.echo(summary_text(self.tally, self.errors, counts, self.space.style))


def _before(step: Step) -> list[str]:
    """Addresses that must have ended before this step: jobs whose results it takes, presets it names."""
    if step.desired is None:
        return []
    job = step.desired.job
    return [*needs(job), *(item.preset_from for item in job.conversions if item.preset_from)]


def _free(steps: Sequence[Step]) -> Iterator[Step]:
    """Those that wait for nobody."""
    return (step for step in steps if not _before(step))


def _bound(steps: Sequence[Step]) -> Iterator[Step]:
    """Those that wait for others, each after those it waits for."""
    bound = {step.change.address: step for step in steps if _before(step)}
    for job in in_dependency_order(step.desired.job for step in bound.values() if step.desired):
        yield bound[job.address]
