"""What happens during an apply, told as values; views decide how it looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

EventKind = Literal["call", "upload", "status", "download", "saved", "done", "failed", "note"]
"""call: one mutating request was answered. upload, download: bytes moved. status: the job's status as the service
says it. saved: a result is under its final name. done, failed: one address ended. note: worth a line."""


@dataclass(frozen=True, slots=True)
class Event:
    """One happening at ``address``. ``done`` and ``total`` are bytes, ``spent`` is in credits; ``subject`` is an input
    id, a path or a call; of what failed, how it ended: failed, still running, not started, ..."""

    kind: EventKind
    address: str
    subject: str = ""
    text: str = ""
    done: int = 0
    total: int = 0
    spent: int = 0


Listener = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """A listener that ignores every event."""


Probe = Callable[[str], None]
"""Hears ``send``/``answered`` and ``record``/``recorded`` around every request and every write of the state, and
``place``/``placed`` around every file that gets its final name, ``remove``/``removed`` around one that goes."""


def unobserved(_moment: str) -> None:
    """The probe that does nothing."""
