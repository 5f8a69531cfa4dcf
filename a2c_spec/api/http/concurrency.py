"""One adaptive limiter for a whole run: how many requests may be under way, and when everybody waits."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]

LONGEST_WAIT = 120.0
"""A Retry-After is obeyed up to here (seconds); more is a service that is down, not busy."""


@dataclass(slots=True)
class Limiter:
    """Additive increase, multiplicative decrease. ``clock`` is monotonic seconds.

    A 429 halves the width and makes every request of the run wait; each answer that is not a 429 widens it a little.
    """

    most: int
    clock: Clock
    sleep: Sleep
    width: float = 0.0
    busy: int = 0
    resume_at: float = 0.0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.width = self.width or float(self.most)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits for a place and for the end of a pause, then counts one request as under way."""
        await self._enter()
        try:
            while (pause := self.resume_at - self.clock()) > 0:
                await self.sleep(pause)
            yield
        finally:
            self.busy -= 1
            self._wake()

    async def _enter(self) -> None:
        while self.busy >= max(1, int(self.width)):
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.waiting.append(place)
            try:
                await place
            except asyncio.CancelledError:
                self._wake()  # the place may have been given to us already
                raise
        self.busy += 1

    def _wake(self) -> None:
        while self.waiting and self.busy < max(1, int(self.width)):
            place = self.waiting.popleft()
            if not place.done():
                place.set_result(None)
                return

    def pushed_back(self, seconds: float) -> None:
        """The service said 429: fewer at once, and nobody for ``seconds``."""
        self.width = max(1.0, self.width / 2)
        self.resume_at = max(self.resume_at, self.clock() + min(seconds, LONGEST_WAIT))

    def went_well(self) -> None:
        """The service answered: allow a little more, up to the most."""
        self.width = min(float(self.most), self.width + 1 / max(1.0, self.width))
        self._wake()


def retry_after(value: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its forms; None when it says nothing sensible."""
    try:
        seconds = float(value)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - now()).total_seconds())
