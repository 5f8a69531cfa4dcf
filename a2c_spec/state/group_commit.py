"""Group commit: changes that come while others are being written to the disk are written together, next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from a2c_spec.core.state import JobRecord

Changes = Mapping[str, JobRecord | None]
"""Address -> its new record; None removes the record."""


class GroupCommit:
    """``write`` makes changes durable, all with one fsync; it is called in a thread of its own, one call at a time."""

    def __init__(self, write: Callable[[Changes], None]) -> None:
        self._write = write
        self._thread = ThreadPoolExecutor(1)
        self._one_at_a_time = asyncio.Lock()
        self._gathering: dict[str, JobRecord | None] = {}
        self._writing: dict[str, JobRecord | None] = {}
        self._commit: asyncio.Task[None] | None = None

    @property
    def pending(self) -> Changes:
        """Changes that are not durable yet, as they are now; readers must see them already."""
        return {**self._writing, **self._gathering}

    async def change(self, changes: Changes) -> None:
        """Writes changes, all or none; they are durable when this returns. Raises what ``write`` raises.

        Readers see them at once: nothing is awaited before.
        """
        self._gathering.update(changes)
        if self._commit is None:
            self._commit = asyncio.create_task(self._write_gathered())
        await asyncio.shield(self._commit)

    async def _write_gathered(self) -> None:
        """Waits for the group before, and then writes what has gathered meanwhile."""
        async with self._one_at_a_time:
            self._writing, self._gathering, self._commit = self._gathering, {}, None
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._write, self._writing)
            finally:
                self._writing = {}

    def close(self) -> None:
        """Waits for the thread, and writes what an interrupt left in the queue."""
        self._thread.shutdown(wait=True)
        if self._commit is not None:
            self._commit.cancel()
        if self._gathering:
            self._write(self._gathering)
