"""Tries random inputs one after the other, and keeps those that did what none may do."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from unittest.mock import patch

from a2c_spec.errors import SpecError
from tests.fuzz.targets import Refused, Target, Trial

GROWTH = 300 * 2**20
"""Bytes by which one input may raise what this process has ever had in memory."""

HANGS, STANDS = 20.0, 60.0
"""Seconds of processor time, and of any time, after which an input is given up."""
TIMERS = {signal.SIGPROF: (signal.ITIMER_PROF, HANGS), signal.SIGALRM: (signal.ITIMER_REAL, STANDS)}

ENOUGH = 20
"""So many findings of one target end it."""


class Hangs(BaseException):
    """An input was given up."""


@dataclass(frozen=True, slots=True)
class Found:
    """An input that did what none may do, and what that was."""

    number: int
    data: bytes
    why: str


@dataclass(slots=True)
class Outcome:
    """``slowest`` and ``seconds`` in seconds (the former of processor time), ``grown`` in bytes."""

    inputs: int = 0
    refused: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    grown: int = 0
    found: list[Found] = field(default_factory=list)


def fuzz(target: Target, inputs: int, seed: int, seconds: float = 1e9, only: bytes | None = None) -> Outcome:
    """Tries so many inputs of one target; the same seed gives the same ones. ``only``: this one alone."""
    outcome, begun, seen = Outcome(), time.monotonic(), set[str]()
    with _folder() as folder, target.prepared(folder) as (corpus, trial), _given_up():
        with contextlib.suppress(Refused, SpecError):
            trial(corpus[0])  # which imports what it needs
        for number in range(1 if only is not None else inputs):
            if time.monotonic() - begun > seconds or len(outcome.found) >= ENOUGH:
                break
            data = target.mutate(Random(f"{target.name} {seed} {number}"), corpus) if only is None else only
            why = _tried(target, trial, data, outcome)
            if why and why not in seen:
                seen.add(why)
                outcome.found.append(Found(number, data, why))
        outcome.seconds = time.monotonic() - begun
    return outcome


def _tried(target: Target, trial: Trial, data: bytes, outcome: Outcome) -> str:
    """What is wrong with one input; empty where nothing is."""
    before, begun, why = _peak(), time.process_time(), ""
    for timer, limit in TIMERS.values():
        signal.setitimer(timer, limit)
    try:
        trial(data)
    except (Refused, SpecError):
        outcome.refused += 1
    except Hangs:
        why = "does not end"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
    finally:
        for timer, _ in TIMERS.values():
            signal.setitimer(timer, 0)
    took, grown = time.process_time() - begun, _peak() - before
    outcome.inputs += 1
    outcome.slowest = max(outcome.slowest, took)
    outcome.grown += grown
    if took > target.seconds:
        why = why or f"took more than {target.seconds:g} s"
    return why or (f"took more than {GROWTH >> 20} MB" if grown > GROWTH else "")


def _peak() -> int:
    """The most memory that this process has had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """An empty folder, which is the current one, and the home of whoever works there."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        home = {"HOME": f"{name}/home", "XDG_DATA_HOME": f"{name}/home/data", "XDG_CONFIG_HOME": f"{name}/home"}
        (Path(name) / "project").mkdir()
        with patch.dict(os.environ, home), contextlib.chdir(f"{name}/project"):
            os.environ.pop("API2CONVERT_API_KEY", None)
            yield Path(name) / "project"


@contextlib.contextmanager
def _given_up() -> Iterator[None]:
    """What takes too long is ended."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Hangs

    before = {number: signal.signal(number, end) for number in TIMERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
