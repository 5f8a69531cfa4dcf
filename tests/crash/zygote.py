"""A process that has everything imported and forks a fresh one per command, so that real processes die cheaply.

Reads one JSON object per line: ``args``, ``cwd``, ``env``, ``output`` (a file), ``stop`` (moment, number, delay in
seconds, and the signals sent from then on, one per moment; or null), ``trace`` (a file, or empty), ``largest`` (bytes
that a file may grow to; 0: no limit). Answers each with the wait status of the
process.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import re
import resource
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NoReturn

import a2c_spec
from a2c_spec.cli import run
from a2c_spec.core.events import Probe
from a2c_spec.engine.runtime import Runtime

SPEED = 25.0
"""How much faster the processes wait: a grace of five seconds takes a fifth of one. Their clock is the service's: if it
ran fast, a job would seem older than the create that made it, as no clock does that both keep."""

LONGEST = 30
"""Seconds after which a process is given up, saying where it hangs."""

IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}(/[^/ ]+)?$|[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass
class Stopper:
    """Counts the moments of a run, writes them to ``trace``, and from one of them on sends its own process signals."""

    moment: str
    nth: int
    delay: float
    signals: list[int]
    trace: str
    due: bool = False
    seen: Counter[str] = field(default_factory=Counter)

    def __call__(self, moment: str) -> None:
        name = IDENTIFIER.sub("*", moment)
        self.seen[name] += 1
        if self.trace:
            with open(self.trace, "a", encoding="utf-8") as file:  # noqa: PTH123 - hot
                file.write(f"{name}#{self.seen[name]}\n")
        self.due = self.due or (name == self.moment and self.seen[name] == self.nth)
        if self.due and self.signals:
            self._signal(self.signals.pop(0))

    def _signal(self, number: int) -> None:
        if self.delay:
            threading.Timer(self.delay, os.kill, (os.getpid(), number)).start()
        else:
            os.kill(os.getpid(), number)


def hurried(probe: Probe) -> Runtime:
    """The usual surroundings, in which waiting takes less; what time it is they are told as the service is."""
    return Runtime(
        monotonic=lambda: time.monotonic() * SPEED,
        sleep=lambda seconds: asyncio.sleep(seconds / SPEED),
        jitter=lambda: 0.5,
        probe=probe,
    )


def become(order: dict[str, Any]) -> NoReturn:
    """The forked process: runs the command, then ends without any cleaning up of what it was forked from."""
    code = 70
    try:
        output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        faulthandler.dump_traceback_later(LONGEST, exit=True)
        if order["largest"]:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest"], order["largest"]))
        os.environ.clear()
        os.environ.update(order["env"])
        os.chdir(order["cwd"])
        moment, nth, delay, signals = order["stop"] or ("", 0, 0.0, [])
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        stopper = Stopper(moment, nth, delay, signals, order["trace"])
        code = run(order["args"], hurried(stopper))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def serve() -> None:
    """Forks for every line."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            become(order)
        print(os.waitpid(child, 0)[1], flush=True)  # noqa: T201 - the answer


def warm_up() -> None:
    """Imports what a command would, and checks a manifest, since each process would otherwise do it anew."""
    for package in ("core", "manifests", "api", "state", "views", "engine", "commands"):
        path = [f"{next(iter(a2c_spec.__path__))}/{package}"]
        for module in pkgutil.walk_packages(path, f"a2c_spec.{package}."):
            importlib.import_module(module.name)
    for name in ("httpx_aiohttp", "aiohttp", "jsonschema"):
        importlib.import_module(name)
    assert not a2c_spec.validate("examples/report.yaml")


if __name__ == "__main__":
    warm_up()
    gc.collect()
    gc.freeze()  # so that a fork need not copy what it only looks at
    serve()
