"""What runs at the same time in one apply: requests, jobs, creates and searches, and how calls end together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from a2c_spec.api.http.replies import UNKNOWN_RESULT

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]

INTERRUPT_GRACE = 30.0
"""Seconds that calls in progress get to be answered and recorded after an interrupt."""


@dataclass(slots=True)
class Slots:
    """A semaphore whose limit may change. Whoever does not fit waits; first come, first served."""

    limit: int
    busy: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    async def acquire(self) -> None:
        """Waits until fewer than ``limit`` are busy, and counts as busy when it returns."""
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(admitted)
        self.admit()
        try:
            await admitted
        except asyncio.CancelledError:
            if not admitted.cancelled():
                self.release()  # the slot was given to us in the same moment
            raise

    def release(self) -> None:
        """Counts one less and admits the next in line."""
        self.busy -= 1
        self.admit()

    def admit(self) -> None:
        """Gives the free slots to those who wait."""
        while self.waiting and self.busy < self.limit:
            admitted = self.waiting.popleft()
            if not admitted.done():
                self.busy += 1
                admitted.set_result(None)


@dataclass(slots=True)
class Limiter:
    """How many requests of the run are in progress: additive increase, multiplicative decrease.

    ``most`` is the upper limit, ``clock`` is monotonic seconds. A 429 halves ``width`` and makes every request of the
    run wait; every other answer widens it a little.
    """

    most: int
    clock: Clock
    sleep: Sleep
    width: float = 0.0
    resume_at: float = 0.0
    slots: Slots = field(init=False)

    def __post_init__(self) -> None:
        self.width = self.width or float(self.most)
        self.slots = Slots(max(1, int(self.width)))

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits for a free slot and for the end of a pause; then one request is in progress."""
        await self.slots.acquire()
        try:
            while (pause := self.resume_at - self.clock()) > 0:
                await self.sleep(pause)
            yield
        finally:
            self.slots.release()

    def on_throttled(self, seconds: float) -> None:
        """The service answered 429: halves the width, and no request is sent for ``seconds``."""
        self._resize(max(1.0, self.width / 2))
        self.resume_at = max(self.resume_at, self.clock() + seconds)

    def on_success(self) -> None:
        """The service answered: widens by one for about every ``width`` answers, up to ``most``."""
        self._resize(min(float(self.most), self.width + 1 / self.width))
        self.slots.admit()

    def _resize(self, width: float) -> None:
        self.width = width
        self.slots.limit = max(1, int(width))


@dataclass(slots=True)
class JobSlots:
    """How many jobs are worked on. A new job begins only while fewer than ``most`` are.

    A job that waits for the service gives its slot to others. When it comes back it goes on at once, even if all slots
    are taken, and new jobs wait: work in progress ends before more begins.
    """

    most: int
    slots: Slots = field(init=False)

    def __post_init__(self) -> None:
        self.slots = Slots(self.most)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """One job, from its first call to its last result."""
        await self.slots.acquire()
        try:
            yield
        finally:
            self.slots.release()

    @asynccontextmanager
    async def released(self) -> AsyncIterator[None]:
        """For a job that has a slot: others may use it meanwhile."""
        self.slots.release()
        try:
            yield
        finally:
            self.slots.busy += 1


@dataclass(slots=True)
class CreateGate:
    """A readers-writer lock: many creates at once, or one search for a lost one, never both.

    Otherwise a search could adopt a job that another create is just making. A search waits for the creates in progress
    and makes later ones wait, so that nobody waits for ever.
    """

    creates: int = 0
    entrance: asyncio.Lock = field(default_factory=asyncio.Lock)
    create_ended: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def creating(self) -> AsyncIterator[None]:
        """Held from before the intent is recorded until the answer is."""
        async with self.entrance:
            self.creates += 1
        try:
            yield
        finally:
            self.creates -= 1
            self.create_ended.set()

    @asynccontextmanager
    async def searching(self) -> AsyncIterator[None]:
        """Held while the service is searched: no create is in progress, so every job of ours is recorded."""
        async with self.entrance:
            while self.creates:
                self.create_ended.clear()
                await self.create_ended.wait()
            yield


async def shielded(work: Coroutine[Any, Any, None], grace: float = INTERRUPT_GRACE) -> None:
    """Runs ``work``; if the caller is cancelled, calls already sent get ``grace`` seconds to be recorded."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,), timeout=grace)
        task.cancel()
        await asyncio.wait((task,))
        raise


async def gather_all(calls: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Runs calls at once, lets every one of them end, since each may take effect, and then raises one failure.

    That is the first definite one; only if there is none, the first whose result is unknown. After an unknown result
    the caller reads the job and continues, which would hide that another call was refused.
    """
    results = await asyncio.gather(*calls, return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    definite = [failure for failure in failures if not isinstance(failure, UNKNOWN_RESULT)]
    for failure in definite or failures:
        raise failure
