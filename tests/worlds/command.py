"""Runs a2c-spec as a person would: in this process or in a forked one that really dies, with a clock of our own."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import math
import os
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from a2c_spec.cli import run
from a2c_spec.engine.runtime import Runtime

DOCUMENTED = frozenset({*range(15), 130})
"""Exit codes that the README names."""


@dataclass(slots=True)
class Clock:
    """The time of a world: it passes when somebody sleeps, and a little with every call."""

    now: float = field(default_factory=lambda: float(math.ceil(time.time()) + 120))

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        await asyncio.sleep(min(seconds / 200, 0.003))  # calls that are under way get their answers meanwhile
        self.now = max(self.now, until)


@dataclass(slots=True)
class Hook:
    """Does something at one moment of a run: the ``nth`` whose name begins with ``moment`` (empty: any)."""

    moment: str
    nth: int
    act: Callable[[], None]
    seen: int = 0

    def __call__(self, moment: str) -> None:
        if moment.startswith(self.moment):
            self.seen += 1
            if self.seen == self.nth:
                self.act()


def kill() -> None:
    """Ends this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def nothing(_moment: str) -> None:
    """What usually happens at a moment."""


@dataclass(frozen=True)
class Ran:
    """How a command ended; code -9: it was killed."""

    args: Sequence[str]
    code: int
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def said(self) -> str:
        return f"{self.out}\n{self.err}".strip()

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines of an apply."""
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    @property
    def plan(self) -> dict[str, Any]:
        """The plan that an apply told, or a ``plan --json`` printed."""
        told = (one for one in self.lines if one.get("event") == "plan" or "noop" in one)
        return next(told, {})

    @property
    def complaint(self) -> str:
        """What the last error said, with its causes."""
        errors = [one for one in self.lines if one.get("event") == "error"]
        causes = [cause["message"] for one in self.lines if one.get("event") == "summary" for cause in one["causes"]]
        return " | ".join([*(str(one.get("message", "")) for one in errors), *causes]) or self.err.strip()


@dataclass(slots=True)
class Person:
    """Somebody with a checkout: ``folder`` is the project, ``home`` what is theirs beside it."""

    name: str
    folder: Path
    home: Path
    clock: Clock
    environ: dict[str, str]

    def run(self, args: Sequence[str], probe: Callable[[str], None] = nothing, *, fork: bool = False) -> Ran:
        """One command in the project."""
        runtime = Runtime(
            clock=self.clock,
            monotonic=self.clock,
            sleep=self.clock.sleep,
            jitter=lambda: 0.5,
            environ={**self.environ, "XDG_DATA_HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home)},
            probe=probe,
        )
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            return _forked(args, runtime, self.home) if fork else _here(args, runtime)
        finally:
            os.chdir(before)


def _here(args: Sequence[str], runtime: Runtime) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a run that dies leaves connections open
        code = run(args, runtime)
    return Ran(tuple(args), code, out.getvalue(), err.getvalue())


def _forked(args: Sequence[str], runtime: Runtime, home: Path) -> Ran:
    """The same in a process of its own."""
    with tempfile.TemporaryFile(dir=home) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # forking beside a thread is fine here: it only waits for requests
        child = os.fork()
        if child == 0:
            _become(args, runtime, file.fileno())
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        file.seek(0)
        said = file.read().decode()
    return Ran(tuple(args), status, said, said)


def _become(args: Sequence[str], runtime: Runtime, output: int) -> NoReturn:
    code = 70
    try:
        os.dup2(output, 1)
        os.dup2(output, 2)
        with open(1, "w", closefd=False) as out:
            sys.stdout = sys.stderr = out
            signal.alarm(60)
            code = run(args, runtime)
            out.flush()
    finally:
        os._exit(code)


def environment(url: str, key: str) -> Mapping[str, str]:
    """What commands read to find the service."""
    return {"API2CONVERT_BASE_URL": url, "API2CONVERT_API_KEY": key, "PATH": os.environ.get("PATH", "")}
