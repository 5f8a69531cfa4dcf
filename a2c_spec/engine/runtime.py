"""What a command takes from the world around it, so that a test can hand it another: time, chance, environment."""

from __future__ import annotations

import asyncio
import os
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from a2c_spec.core.events import Probe, unobserved


@dataclass(frozen=True, slots=True)
class Runtime:
    """``clock`` gives epoch seconds; ``monotonic`` gives seconds that never go back; ``sleep`` takes seconds;
    ``jitter`` gives 0 to 1; ``new_key`` makes ids; ``environ`` holds the environment variables; ``probe`` is told every
    moment at which a crash would matter."""

    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    new_key: Callable[[], str] = lambda: str(uuid.uuid4())
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    probe: Probe = unobserved


def user_home(environ: Mapping[str, str]) -> Path | None:
    """The user's home; None where there is none, as in a container that runs under a number that no user has."""
    if home := absolute_folder(environ, "HOME"):
        return home
    try:
        return None if environ.get("HOME") else Path.home()
    except RuntimeError:
        return None


def absolute_folder(environ: Mapping[str, str], name: str) -> Path | None:
    """The folder that a variable of the user's names. A relative path counts as none: it would be another folder from
    each place, and perhaps one of the project."""
    folder = Path(environ.get(name, ""))
    return folder if folder.is_absolute() else None


DEFAULT_RUNTIME = Runtime()
