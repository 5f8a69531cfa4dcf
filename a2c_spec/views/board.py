"""How many jobs of a run are in which stage (queued, uploading, ... done, failed), how fast, how much time is left."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from a2c_spec.core.events import Event
from a2c_spec.core.reasons import counted

STAGES = ("uploading", "converting", "downloading")
WINDOW = 30.0
"""Seconds over which the rate is measured."""


@dataclass(slots=True)
class Board:
    """``total`` jobs have something to do; ``not_done`` counts how those ended that are not as desired. ``clock`` is
    monotonic seconds. Only jobs under way are remembered."""

    total: int
    clock: Callable[[], float]
    done: int = 0
    not_done: Counter[str] = field(default_factory=Counter)
    credits: int = 0
    under_way: dict[str, str] = field(default_factory=dict)
    ends: deque[tuple[float, int]] = field(default_factory=deque)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def over(self) -> int:
        """How many jobs have ended, or are not waited for any more."""
        return self.done + self.not_done.total()

    def hear(self, event: Event) -> None:
        """Takes one event in."""
        if event.kind in ("done", "failed"):
            self.under_way.pop(event.address, None)
            self.done += event.kind == "done"
            if event.kind == "failed":
                self.not_done[event.subject or "failed"] += 1
            self.credits += event.spent
            self.ends.append((self.clock(), self.over))
        elif stage := _stage(event):
            self.under_way[event.address] = stage

    def counts(self) -> dict[str, int]:
        """Stage -> jobs, in the order in which a job passes through them."""
        now = Counter(self.under_way.values())
        queued = max(0, self.total - self.over - len(self.under_way))
        stages = {name: now[name] for name in STAGES}
        return {"queued": queued, **stages, "done": self.done, "failed": 0, **self.not_done}

    def rate(self) -> float:
        """Jobs that ended per second, lately."""
        now = self.clock()
        while len(self.ends) > 1 and self.ends[0][0] < now - WINDOW:
            self.ends.popleft()
        since, before = (self.began, 0) if not self.ends or self.ends[0][0] - self.began < WINDOW else self.ends[0]
        return (self.over - before) / (now - since) if now > since else 0.0

    def left(self) -> float | None:
        """Seconds until all is done, at this rate; None while unknown."""
        rate = self.rate()
        return (self.total - self.over) / rate if rate else None

    def line(self) -> str:
        """All of it in one line."""
        parts = [f"{count} {name}" for name, count in self.counts().items() if count or name == "done"]
        left = self.left()
        ahead = f", about {duration(left)} left" if left else ""
        spent = f", {counted(self.credits, 'credit')}" if self.credits else ""
        return f"{', '.join(parts)} of {self.total}; {self.rate():.1f}/s{ahead}{spent}"


def _stage(event: Event) -> str:
    if event.kind == "status":
        return "downloading" if event.text == "completed" else "converting"
    if event.kind == "download":
        return "downloading"
    return "uploading" if event.kind in ("upload", "call") else ""


def duration(seconds: float) -> str:
    """``40s``, ``3m 20s``, ``2h 5m``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m {rest}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60}m"
