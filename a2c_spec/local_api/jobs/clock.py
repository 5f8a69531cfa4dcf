"""The service's time: the given clock, plus what tests have moved it by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from a2c_spec.local_api.jobs.store import Store

OFFSET = "clock offset"


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads the time; the offset is kept in the store, so that every process on it agrees."""

    source: Callable[[], float]
    store: Store

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.source() + self.store.value(OFFSET)

    def advance(self, seconds: float) -> float:
        """Move on; the new time."""
        with self.store.transaction():
            self.store.set_value(OFFSET, self.store.value(OFFSET) + seconds)
        return self.now()
