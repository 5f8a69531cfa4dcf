"""Times for people, in words."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Seconds for people: 90 s, 10 min, 24 h; never rounded."""
    for length, unit in ((3600, "h"), (60, "min")):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"


def roughly(seconds: float) -> str:
    """Seconds for people, however many: 400 s, about 12 min, about 73 years."""
    for least, length, unit in ((2, 31_557_600, "years"), (2, 86_400, "days"), (2, 3600, "h"), (10, 60, "min")):
        if seconds >= least * length:
            return f"{'about ' if seconds % length else ''}{seconds / length:,.0f} {unit}"
    return f"{seconds:.0f} s"
