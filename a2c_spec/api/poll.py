"""Waits for jobs to end: one poller for the whole run, by list pages when many are waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from a2c_spec.api.client import PAGE, Client
from a2c_spec.core.live import LiveJob
from a2c_spec.errors import SpecError

Sleep = Callable[[float], Awaitable[None]]

FEW = 3
"""Up to so many jobs are read one by one; beyond, a list page answers for 50 at once."""

STUCK = 4
"""After so many looks at a job that should run and is still editable, waiting longer will not help."""


class Vanished(SpecError):
    """The service no longer knows a job that was waited for."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: the first pause, the growth per look, and the longest pause."""

    first: float = 1.0
    growth: float = 1.5
    longest: float = 5.0


@dataclass(slots=True)
class _Waiter:
    future: asyncio.Future[LiveJob]
    told: Callable[[LiveJob], None]
    pause: float
    due: float
    idle: int = 0
    status: str = ""


@dataclass(slots=True)
class Poller:
    """``clock`` is monotonic seconds, ``jitter`` returns 0..1."""

    client: Client
    clock: Callable[[], float]
    sleep: Sleep
    jitter: Callable[[], float]
    pace: Pace = field(default_factory=Pace)
    waiters: dict[str, _Waiter] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None

    async def wait(self, job_id: str, told: Callable[[LiveJob], None]) -> LiveJob:
        """The job once it has ended, or is stuck without having started; ``told`` hears of every new status.

        Raises Vanished when the service no longer knows it.
        """
        future: asyncio.Future[LiveJob] = asyncio.get_running_loop().create_future()
        self.waiters[job_id] = _Waiter(future, told, self.pace.first, self.clock() + self.pace.first)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._run())
        try:
            return await future
        finally:
            self.waiters.pop(job_id, None)

    async def _run(self) -> None:
        while self.waiters:
            pause = min(waiter.due for waiter in self.waiters.values()) - self.clock()
            if pause > 0:
                await self.sleep(pause)
            due = [job_id for job_id, waiter in self.waiters.items() if waiter.due <= self.clock() + 0.05]
            try:
                await self._look(due)
            except Exception as error:
                self._fail(due, error)

    def _fail(self, due: list[str], error: Exception) -> None:
        for job_id in due:
            waiter = self.waiters.pop(job_id, None)
            if waiter and not waiter.future.done():
                waiter.future.set_exception(error)

    async def _look(self, due: list[str]) -> None:
        rows: Mapping[str, LiveJob] = await self._listed(due) if len(due) > FEW else {}
        singles = [job_id for job_id in due if job_id not in rows or rows[job_id].terminal]
        for job_id in due:
            if job_id not in singles:
                self._heard(job_id, rows[job_id])
        await asyncio.gather(*(self._single(job_id) for job_id in singles))

    async def _listed(self, due: list[str]) -> Mapping[str, LiveJob]:
        """Statuses from list pages; a job that the first pages do not show is read by itself."""
        found: dict[str, LiveJob] = {}
        for page in range(1, len(self.waiters) // PAGE + 3):
            rows = await self.client.jobs(page)
            found |= {row.id: row for row in rows if row.id in due}
            if len(rows) < PAGE or len(found) == len(due):
                break
        return found

    async def _single(self, job_id: str) -> None:
        live = await self.client.job(job_id)
        if live is None:
            self._fail([job_id], Vanished("the service no longer knows the job", address=job_id))
        else:
            self._heard(job_id, live)

    def _heard(self, job_id: str, live: LiveJob) -> None:
        waiter = self.waiters.get(job_id)
        if waiter is None or waiter.future.done():
            return
        if live.status != waiter.status:
            waiter.status, waiter.pause = live.status, self.pace.first
            waiter.told(live)
        waiter.idle = waiter.idle + 1 if live.editable else 0
        if live.terminal or waiter.idle >= STUCK:
            waiter.future.set_result(live)
            self.waiters.pop(job_id, None)
            return
        waiter.pause = min(waiter.pause * self.pace.growth, self.pace.longest)
        waiter.due = self.clock() + waiter.pause * (1 + self.jitter() / 10)
