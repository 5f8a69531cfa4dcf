"""Turns: how many jobs are at work at once; one that only waits for the service lets others go on."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class JobSlots:
    """At most ``most`` jobs at work. Whoever comes back from waiting goes before whoever begins: work ends first."""

    most: int
    busy: int = 0
    back: deque[asyncio.Future[None]] = field(default_factory=deque)
    new: deque[asyncio.Future[None]] = field(default_factory=deque)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One job at work, from its first call to its last result."""
        await self._enter(self.new)
        try:
            yield
        finally:
            self._leave()

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """The job that has a turn waits for the service meanwhile."""
        self._leave()
        try:
            yield
        except asyncio.CancelledError:
            self.busy += 1  # nothing more is done; the turn itself gives it back
            raise
        except BaseException:
            await self._enter(self.back)
            raise
        await self._enter(self.back)

    async def _enter(self, line: deque[asyncio.Future[None]]) -> None:
        if self.busy < self.most:
            self.busy += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        """Hands the turn on, or gives it back."""
        for line in (self.back, self.new):
            while line:
                place = line.popleft()
                if not place.done():
                    place.set_result(None)
                    return
        self.busy -= 1
