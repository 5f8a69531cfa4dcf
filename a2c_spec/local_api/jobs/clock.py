"""The service's clock: the clock of the settings, plus the seconds by which tests have advanced it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from a2c_spec.local_api.jobs.store import Store

OFFSET = "clock offset"


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time. The offset is in the store, so that all processes on it have the same time."""

    source: Callable[[], float]
    store: Store

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.source() + self.store.value(OFFSET)

    def advance(self, seconds: float) -> float:
        """Move the clock forward; returns the new time."""
        with self.store.transaction():
            self.store.set_value(OFFSET, self.store.value(OFFSET) + seconds)
        return self.now()
