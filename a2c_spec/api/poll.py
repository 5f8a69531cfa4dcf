"""Waits for jobs to end: one poller for the whole run, by list pages when many are waited for."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from a2c_spec.api.client import PAGE, Client
from a2c_spec.core.live import LiveJob, parse_job, text
from a2c_spec.errors import SpecError, WaitTimeout

Sleep = Callable[[float], Awaitable[None]]

FEW = 3
"""Up to so many jobs are read one by one; beyond, a list page answers for 50 at once."""

STUCK = 4
"""After so many looks at a job that should run and is still editable, waiting longer will not help."""

FRUITLESS = 3
"""After so many listings in a row that showed almost nobody, the list is not asked any more."""


class Vanished(SpecError):
    """The service no longer knows a job that was waited for."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: the first pause, the growth per look, and the longest pause."""

    first: float = 0.5
    growth: float = 1.5
    longest: float = 5.0


@dataclass(slots=True)
class _Waiter:
    future: asyncio.Future[LiveJob]
    told: Callable[[LiveJob], None]
    pause: float
    due: float
    until: float
    idle: int = 0
    status: str = ""


@dataclass(slots=True)
class Poller:
    """``clock`` is monotonic seconds, ``jitter`` returns 0..1; ``patience`` (seconds) is how long one job is waited
    for, 0 for ever."""

    client: Client
    clock: Callable[[], float]
    sleep: Sleep
    jitter: Callable[[], float]
    pace: Pace = field(default_factory=Pace)
    patience: float = 0.0
    waiters: dict[str, _Waiter] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    looked_at: float = float("-inf")
    fruitless: int = 0

    async def wait(self, job_id: str, told: Callable[[LiveJob], None]) -> LiveJob:
        """The job once it has ended, or is stuck without having started; ``told`` hears of every new status.

        Raises Vanished when the service no longer knows it, WaitTimeout when patience ends.
        """
        future: asyncio.Future[LiveJob] = asyncio.get_running_loop().create_future()
        now = self.clock()
        until = now + (self.patience or math.inf)
        self.waiters[job_id] = _Waiter(future, told, self.pace.first, min(now + self.pace.first, until), until)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._run())
        try:
            return await future
        finally:
            self.waiters.pop(job_id, None)

    async def _run(self) -> None:
        while self.waiters:
            if (pause := self._next_look() - self.clock()) > 0:
                await self.sleep(pause)
            due = [job_id for job_id, waiter in self.waiters.items() if waiter.due <= self.clock() + 0.05]
            if not due:
                continue
            self.looked_at = self.clock()
            try:
                await self._look(due)
            except Exception as error:
                self._fail(due, error)

    def _next_look(self) -> float:
        """When somebody is due; looks at many are at least one pause apart, so that each page answers for many."""
        due = min(waiter.due for waiter in self.waiters.values())
        return max(due, self.looked_at + self.pace.first) if self._many() else due

    def _many(self) -> bool:
        return len(self.waiters) > FEW and self.fruitless < FRUITLESS

    def _fail(self, due: list[str], error: Exception) -> None:
        for job_id in due:
            waiter = self.waiters.pop(job_id, None)
            if waiter and not waiter.future.done():
                waiter.future.set_exception(error)

    async def _look(self, due: list[str]) -> None:
        shown = await self._listed(due) if self._many() else {}
        unclear = [job_id for job_id, row in shown.items() if row.terminal and not tells_all(row)]
        for job_id, row in shown.items():
            if job_id not in unclear:
                self._heard(job_id, row)
        singles = dict.fromkeys([*unclear, *(job_id for job_id in due if job_id not in shown)])
        await asyncio.gather(*(self._single(job_id) for job_id in singles))

    async def _listed(self, due: Iterable[str]) -> Mapping[str, LiveJob]:
        """Everybody waited for whom the list shows, newest first; enough pages for all, were there nobody else's."""
        missing, found = set(due), dict[str, LiveJob]()
        for page in range(1, len(self.waiters) // PAGE + 3):
            rows = await self.client.job_rows(page)
            found |= {row_id: parse_job(row) for row in rows if (row_id := text(row.get("id"))) in self.waiters}
            missing -= found.keys()
            if len(rows) < PAGE or not missing:
                break
        self.fruitless = 0 if len(found) > len(missing) // 4 else self.fruitless + 1
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
        due = waiter.due <= self.clock() + 0.05
        if live.status != waiter.status:
            waiter.status, waiter.pause = live.status, self.pace.first
            waiter.told(live)
        waiter.idle = waiter.idle + due if live.editable else 0
        if live.terminal or waiter.idle >= STUCK:
            waiter.future.set_result(live)
            self.waiters.pop(job_id, None)
        elif self.clock() >= waiter.until:
            self._fail([job_id], still_running(live, self.patience))
        elif due:
            waiter.pause = min(waiter.pause * self.pace.growth, self.pace.longest)
            waiter.due = min(waiter.until, self.clock() + waiter.pause * (1 + self.jitter() / 10))


def still_running(live: LiveJob, patience: float) -> WaitTimeout:
    return WaitTimeout(
        f"job {live.id} is still {live.status} after {patience:g} s",
        hint="it runs on and nothing is lost: `a2c-spec wait` reattaches and brings its results home",
    )


def tells_all(row: LiveJob) -> bool:
    """Whether the row of an ended job leaves nothing to ask: services may list jobs without some of their parts."""
    if row.status == "failed":
        return bool(row.errors)
    whole = row.inputs and row.conversions and row.outputs
    return row.status == "completed" and bool(whole) and all(one.id and one.uri for one in row.outputs)
