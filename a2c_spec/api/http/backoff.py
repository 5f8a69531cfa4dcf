"""How long to wait before the next attempt: growing pauses, or what a ``Retry-After`` header asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

LONGEST_RETRY_AFTER = 120.0
"""Seconds, as the official clients have it. Longer pauses are not waited for: the service is down, not busy."""

MOST_STEPS = 64
"""After so many attempts every pause has reached its cap; a larger exponent would overflow."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How pauses grow, in seconds: ``first``, then each time ``growth`` times as long, at most ``longest``."""

    first: float = 0.5
    growth: float = 2.0
    longest: float = 8.0


RETRIES = Pace()
"""The pauses between attempts of one request or one download."""


def backoff(attempt: int, jitter: float, pace: Pace = RETRIES) -> float:
    """Seconds to wait after attempt number ``attempt`` (0 is the first).

    ``jitter`` (0..1, chosen at random by the caller) adds up to a quarter, so that clients which failed together do
    not come back together. With the jitter, a pause is at most 1.25 times ``pace.longest``.
    """
    seconds = pace.first * pace.growth ** min(attempt, MOST_STEPS)
    return min(seconds, pace.longest) * (1 + jitter / 4)


def asks_to_wait(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer says that the service is busy, and did nothing: 429, or 503 with the time to come back."""
    return status == 429 or (status == 503 and retry_after(headers.get("retry-after", ""), 0.0) is not None)


def retry_after(value: str, now: float) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, given as seconds or as a date; None when it is neither."""
    try:
        seconds = float(value)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, when.timestamp() - now)
