"""Faults as data: what to break, when and how; the service carries them out where a request comes in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Placeholder."""

    act: str = ""
