"""An apply under way: every step once, each after those it needs, one failure leaving the others alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from a2c_spec.commands.limits import Limits, estimate
from a2c_spec.commands.workspace import Workspace
from a2c_spec.core.events import Event
from a2c_spec.core.graph import needs
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import LimitRefused, PartialFailure, SpecError

if TYPE_CHECKING:
    from a2c_spec.commands.connection import Connection
    from a2c_spec.commands.planning import Desk, Step
    from a2c_spec.core.plan import Change
    from a2c_spec.views.progress import Progress


@dataclass(frozen=True, slots=True)
class Manner:
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
        self, space: Workspace, desk: Desk, connection: Connection, manner: Manner, progress: Progress
    ) -> None:
        self.space, self.desk, self.connection = space, desk, connection
        self.manner, self.progress = manner, progress
        self.stopped = False
        self.spent = 0
        self.gate = asyncio.Semaphore(max(4, space.flags.parallelism))
        self.ended: dict[str, asyncio.Event] = {}

    async def all(self, steps: Sequence[Step]) -> int:
        """Carries every step out; a failure of one leaves the others alone. Gives the exit code or raises."""
        busy = [step for step in steps if step.change.action != "no-op"]
        self.ended = {step.change.address: asyncio.Event() for step in busy}
        results = await asyncio.gather(*(self._ordered(step) for step in busy), return_exceptions=True)
        errors = [result for result in results if isinstance(result, BaseException)]
        for error in errors:
            if not isinstance(error, SpecError):
                raise error
        if len(errors) == 1 and len(busy) == 1:
            raise errors[0]
        self._summary(steps, [error for error in errors if isinstance(error, SpecError)])
        if errors:
            raise PartialFailure(
                f"{len(errors)} of {len(busy)} jobs failed", hint="apply again: only what is left is done"
            )
        return 0

    async def _ordered(self, step: Step) -> None:
        """One step, after those whose results it takes."""
        try:
            for address in _before(step):
                if address in self.ended:
                    await self.ended[address].wait()
            await self._guarded(step)
        finally:
            self.ended[step.change.address].set()

    async def _guarded(self, step: Step) -> None:
        async with self.gate:
            if self.stopped:
                raise SpecError("not started after an earlier failure (--fail-fast)", address=step.change.address)
            try:
                await self._one(step)
            except SpecError as error:
                error.address = error.address or step.change.address
                self.stopped = self.stopped or self.manner.fail_fast or error.exit_code in (3, 4)
                self.progress(Event("failed", error.address, text=error.message))
                raise

    async def _one(self, step: Step) -> None:
        if step.preset is not None:
            await self.connection.presets.carry_out(step.change, step.record or JobRecord(step.change.address, ""))
            return
        if step.want is None:
            self.desk.store.remove(step.change.address)
            return
        executor, delivery = self.connection.executor, self.connection.delivery
        task = self.desk.task(step.want, paid_again_allowed=self.manner.yes or step.change.paid_again)
        change, record = step.change, step.record or JobRecord(step.change.address, "")
        if record.unresolved:
            change, record = await executor.again(task, record)
        self._afford(change, record)
        after = await delivery.carry_out(task, change, record, detach=self.manner.detach)
        if change.starts:
            self.spent += after.spent

    def _afford(self, change: Change, record: JobRecord) -> None:
        """The hard stop: jobs are not started beyond --max-credits, whatever the estimate said."""
        most = self.manner.limits.credits
        if most is not None and change.starts and self.spent + estimate(change, record) > most:
            raise LimitRefused(f"not started: {self.spent} credits are spent, --max-credits allows {most}")

    def _summary(self, steps: Sequence[Step], errors: Sequence[SpecError]) -> None:
        from a2c_spec.views.summary import summary_json, summary_text

        records = {step.change.address: self.desk.store.get(step.change.address) for step in steps}
        changes = [step.change for step in steps]
        counts = self.connection.client.wire.count
        if self.space.flags.as_json:
            click.echo(json.dumps(summary_json(changes, records, errors, counts), ensure_ascii=False))
        else:
            click.echo(summary_text(changes, records, errors, counts, self.space.style))


def _before(step: Step) -> list[str]:
    """Addresses that must have ended before this step: jobs whose results it takes, presets it names."""
    if step.want is None:
        return []
    job = step.want.job
    return [*needs(job), *(item.preset_from for item in job.conversions if item.preset_from)]
