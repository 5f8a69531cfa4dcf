"""What a command takes from the world around it, so that a test can hand it another: time, chance, a probe."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from a2c_spec.core.events import Probe, unobserved


@dataclass(frozen=True, slots=True)
class Runtime:
    """``clock`` is epoch seconds, ``monotonic`` too but never goes back, ``jitter`` gives 0..1, ``new_key`` makes
    idempotency keys, ``probe`` hears of every moment at which a crash would matter."""

    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    new_key: Callable[[], str] = lambda: str(uuid.uuid4())
    probe: Probe = unobserved


DEFAULT_RUNTIME = Runtime()
