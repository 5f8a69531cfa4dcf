"""Keeps idle worker processes, gives one to each task, and replaces workers that were killed or crashed."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionError
from a2c_spec.local_api.convert.sandbox.task import Task

AT_ONCE = max(2, os.cpu_count() or 1)
BOOT = """
import sys
sys.path[:] = sys.argv[1:]
from a2c_spec.local_api.convert.sandbox.host import main
main()
"""
REUSABLE = os.name == "posix"  # elsewhere a worker cannot fork, so it serves one task


class Worker:
    """One worker process and the pipes to it. It runs one task at a time."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
            [sys.executable, "-I", "-S", "-c", BOOT, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
            umask=0o077 if REUSABLE else -1,
        )

    def ask(self, task: Task) -> dict[str, Any]:
        """The worker's answer to a task; ``{"timeout": True}`` after the time limit, ``{}`` when the worker died."""
        expired = threading.Event()
        timer = threading.Timer(task.limits.seconds, self._expire, [expired])
        timer.daemon = True
        timer.start()
        try:
            line = self._exchange(json.dumps(task.to_json()).encode() + b"\n")
        finally:
            timer.cancel()
        if expired.is_set():
            return {"timeout": True}
        return dict(json.loads(line)) if line.endswith(b"\n") else {}

    def _expire(self, expired: threading.Event) -> None:
        expired.set()
        self.kill()

    def _exchange(self, line: bytes) -> bytes:
        if self.process.stdin is None or self.process.stdout is None:
            return b""
        with contextlib.suppress(OSError, ValueError):
            self.process.stdin.write(line)
            self.process.stdin.flush()
            return self.process.stdout.readline()
        return b""

    def kill(self) -> None:
        """Kill the worker and every process it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()

    def close(self) -> None:
        """Kill the worker and close its pipes."""
        self.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


CONVERSIONS = threading.BoundedSemaphore(AT_ONCE)
PROBES = threading.BoundedSemaphore(AT_ONCE)  # their own slots: long conversions must not delay uploads
_idle: list[Worker] = []
_lock = threading.Lock()


def run(task: Task, slots: threading.Semaphore = CONVERSIONS) -> Any:
    """Run a task in a worker process; returns its value, or raises ConversionError when it is refused or dies."""
    with slots:
        worker = _borrow()
        answer: dict[str, Any] = {}
        try:
            answer = worker.ask(task)
        finally:
            _give_back(worker, healthy=REUSABLE and ("value" in answer or "refused" in answer))
    return _value(answer, task)


def _borrow() -> Worker:
    with _lock:
        while _idle:
            worker = _idle.pop()
            if worker.process.poll() is None:
                return worker
            worker.close()
    return Worker()


def _give_back(worker: Worker, *, healthy: bool) -> None:
    if healthy:
        with _lock:
            _idle.append(worker)
    else:
        worker.close()


@atexit.register
def close() -> None:
    """End all idle workers. They also end by themselves when this process ends."""
    with _lock:
        while _idle:
            _idle.pop().close()


def _value(answer: dict[str, Any], task: Task) -> Any:
    if "value" in answer:
        return answer["value"]
    if "refused" in answer:
        raise ConversionError(**answer["refused"])
    if "timeout" in answer:
        raise ConversionError(f"The conversion took longer than {task.limits.seconds:g} seconds and was stopped.")
    raise ConversionError(_reason_of_death(answer.get("died")))


def _reason_of_death(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        if name in ("SIGXCPU", "SIGXFSZ"):
            return {"SIGXCPU": "The conversion used too much processor time.", "SIGXFSZ": "The output is too large."}[
                name
            ]
        return f"The converter crashed on this input ({name})."
    return "The converter process ended without an answer."


def _environment() -> dict[str, str]:
    """The environment of a worker: only what programs need to start, so that it holds no secrets of the caller."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
