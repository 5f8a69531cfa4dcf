"""A transport with a clock of its own, over answers that a test writes down: no network, no waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from a2c_spec.api.http.concurrency import Limiter
from a2c_spec.api.http.transport import Wire

BASE = "https://service.example/v2"
KEY = "the-account-key"
Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class Clock:
    """Seconds that pass only when somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


def wire_over(answer: Answer, clock: Clock, *, most: int = 8, base: str = BASE) -> Wire:
    """A wire whose service is a function."""
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Wire(lambda: http, base, KEY, Limiter(most, clock, clock.sleep), clock.sleep, lambda: 0.0, clock=clock)


def in_turn(*answers: httpx.Response | Exception) -> Answer:
    """A service that gives these answers one after another; an exception is raised instead."""
    rest = iter(answers)

    def answer(_request: httpx.Request) -> httpx.Response:
        one = next(rest)
        if isinstance(one, Exception):
            raise one
        return one

    return answer
