"""Many creates at once, or one search for a lost one: never both, lest the search take a job that is being made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class CreateGate:
    """A search waits for creates under way, and makes further ones wait; nobody starves."""

    under_way: int = 0
    door: asyncio.Lock = field(default_factory=asyncio.Lock)
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def creating(self) -> AsyncIterator[None]:
        """From the intent being written down until the answer is."""
        async with self.door:
            self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
            self.idle.set()

    @asynccontextmanager
    async def searching(self) -> AsyncIterator[None]:
        """While this lasts, every job of the service is owned, or nobody's."""
        async with self.door:
            while self.under_way:
                self.idle.clear()
                await self.idle.wait()
            yield
