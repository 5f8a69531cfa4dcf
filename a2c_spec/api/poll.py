"""Waits for jobs to end: one poller for the whole run, by pages of the job list when many are waited for."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field

from a2c_spec.api.client import PAGE, Client
from a2c_spec.api.http.backoff import Pace, backoff
from a2c_spec.api.http.concurrency import Sleep
from a2c_spec.core.durations import duration
from a2c_spec.core.live import LiveJob, parse_job, text
from a2c_spec.errors import SpecError, WaitTimeout

POLLS = Pace(first=0.5, growth=1.5, longest=5.0)
"""The pauses between looks at one job."""

FEW = 3
"""Up to so many jobs are read one by one; for more, one page of the list answers for 50 at once."""

STUCK_AFTER = 4
"""So many looks in a row at a job that should run and can still be edited: it is not going to start by itself."""

LATE_RESULTS = 3
"""So many more looks at a job that has ended and does not show all of its results: services may list them a bit later.
"""

USELESS_LISTS = 3
"""After so many lists in a row that showed hardly any job that is waited for, jobs are read one by one."""

SOON = 0.05
"""Seconds. Jobs that are due so soon are looked at together with those due now."""


class JobGone(SpecError):
    """The service no longer knows a job that was waited for."""


@dataclass(slots=True)
class _Waiter:
    """One job that is waited for. ``looks`` counts since its status last changed, ``idle`` while it can be edited,
    ``late`` since it has ended. ``whole`` says whether it shows all of its results."""

    future: asyncio.Future[LiveJob]
    on_status: Callable[[LiveJob], None]
    due: float
    until: float
    whole: Callable[[LiveJob], bool] = lambda _live: True
    looks: int = 0
    idle: int = 0
    late: int = 0
    status: str = ""


@dataclass(slots=True)
class Poller:
    """``clock`` is monotonic seconds, ``jitter`` returns 0..1; ``patience`` (seconds) is how long one job is waited
    for, 0 means without limit."""

    client: Client
    clock: Callable[[], float]
    sleep: Sleep
    jitter: Callable[[], float]
    pace: Pace = POLLS
    patience: float = 0.0
    waiters: dict[str, _Waiter] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    last_look: float = -math.inf
    useless_lists: int = 0

    async def wait(
        self,
        job_id: str,
        on_status: Callable[[LiveJob], None],
        whole: Callable[[LiveJob], bool] = lambda _live: True,
    ) -> LiveJob:
        """The job once it has ended, or does not start by itself; ``on_status`` is called for every new status.
        One that has ended and is not ``whole`` is looked at a few times more.

        Several may wait for one job. Raises JobGone when the service no longer knows it, WaitTimeout when ``patience``
        is over.
        """
        if known := self.waiters.get(job_id):
            try:
                return await asyncio.shield(known.future)
            except SpecError as error:
                raise copy(error) from None  # each its own: it is given the address it is about
        future: asyncio.Future[LiveJob] = asyncio.get_running_loop().create_future()
        now = self.clock()
        until = now + (self.patience or math.inf)
        self.waiters[job_id] = _Waiter(future, on_status, min(now + self.pace.first, until), until, whole)
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
            due = [job_id for job_id, waiter in self.waiters.items() if self._is_due(waiter)]
            if not due:
                continue
            self.last_look = self.clock()
            try:
                await self._look(due)
            except Exception as error:
                self._fail(due, error)

    def _is_due(self, waiter: _Waiter) -> bool:
        return waiter.due <= self.clock() + SOON

    def _next_look(self) -> float:
        """When the next job is due; lists are at least one pause apart, so that each answers for many jobs."""
        due = min(waiter.due for waiter in self.waiters.values())
        return max(due, self.last_look + self.pace.first) if self._use_list() else due

    def _use_list(self) -> bool:
        return len(self.waiters) > FEW and self.useless_lists < USELESS_LISTS

    def _fail(self, job_ids: Iterable[str], error: Exception) -> None:
        for job_id in job_ids:
            waiter = self.waiters.pop(job_id, None)
            if waiter and not waiter.future.done():
                own = copy(error) if isinstance(error, SpecError) else error  # it is given the address it is about
                waiter.future.set_exception(own)

    async def _look(self, due: list[str]) -> None:
        """Reads the jobs that are due, from the list where that tells enough, and one by one where not."""
        listed = await self._list(due) if self._use_list() else {}
        incomplete = [job_id for job_id, row in listed.items() if row.terminal and not is_complete(row)]
        for job_id, row in listed.items():
            if job_id not in incomplete:
                self._update(job_id, row)
        unlisted = (job_id for job_id in due if job_id not in listed)
        await asyncio.gather(*(self._read(job_id) for job_id in dict.fromkeys([*incomplete, *unlisted])))

    async def _list(self, due: Iterable[str]) -> Mapping[str, LiveJob]:
        """The jobs waited for that the list shows; as many pages as would hold them all if there were no others."""
        missing, found = set(due), dict[str, LiveJob]()
        left = min(map(self._left, missing), default=0.0)
        for page in range(1, len(self.waiters) // PAGE + 3):
            rows = await self.client.job_rows(page, left)
            found |= {row_id: parse_job(row) for row in rows if (row_id := text(row.get("id"))) in self.waiters}
            missing -= found.keys()
            if len(rows) < PAGE or not missing:
                break
        self.useless_lists = 0 if len(found) > len(missing) // 4 else self.useless_lists + 1
        return found

    async def _read(self, job_id: str) -> None:
        try:
            live = await self.client.job(job_id, self._left(job_id))
        except SpecError as error:
            self._fail([job_id], error)
            return
        if live is None:
            self._fail([job_id], JobGone(f"the service no longer knows job {job_id}"))
        else:
            self._update(job_id, live)

    def _left(self, job_id: str) -> float:
        """For how many seconds a job may still be waited for; 0 for no limit."""
        waiter = self.waiters.get(job_id)
        return max(waiter.until - self.clock(), SOON) if waiter and self.patience else 0.0

    def _update(self, job_id: str, live: LiveJob) -> None:
        """Ends the wait for a job, or says when to look again."""
        waiter = self.waiters.get(job_id)
        if waiter is None or waiter.future.done():
            return
        due = self._is_due(waiter)
        if live.status != waiter.status:
            waiter.status, waiter.looks = live.status, 0
            waiter.on_status(live)
        waiter.idle = waiter.idle + due if live.editable else 0
        more = live.terminal and waiter.late < LATE_RESULTS and self.clock() < waiter.until and not waiter.whole(live)
        waiter.late += more and due
        if (live.terminal and not more) or waiter.idle >= STUCK_AFTER:
            waiter.future.set_result(live)
            self.waiters.pop(job_id, None)
        elif self.clock() >= waiter.until:
            self._fail([job_id], still_running(live, self.patience, self.client.wire.patience_by))
        elif due:
            waiter.looks += 1
            waiter.due = min(waiter.until, self.clock() + backoff(waiter.looks, self.jitter(), self.pace))


def still_running(live: LiveJob, patience: float, given: str) -> WaitTimeout:
    return WaitTimeout(
        f"job {live.id} is still {live.status} after {duration(patience)}",
        hint=f"it keeps running; `a2c-spec wait` will fetch its results, and {given} sets how long to wait",
    )


def is_complete(row: LiveJob) -> bool:
    """Whether the list says all there is about an ended job; a service may list jobs without some of their parts."""
    if row.status == "failed":
        return bool(row.errors)
    has_parts = bool(row.inputs and row.conversions and row.outputs)
    return row.status == "completed" and has_parts and all(output.id and output.uri for output in row.outputs)
