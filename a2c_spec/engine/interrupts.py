"""Ctrl-C, SIGTERM and SIGHUP: the first stops in good order, the second ends the process at once; state stays exact."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from types import FrameType
from typing import Any, TypeVar

from a2c_spec.errors import Interrupted

T = TypeVar("T")

STOPPING = "stopping after the current calls are recorded; press Ctrl-C again to stop at once"
EXIT_CODE = 130


def interrupted(spent: int = 0) -> Interrupted:
    """What is raised when a signal ends an apply that found out that so many credits were spent."""
    error = Interrupted(
        "interrupted; the state is exact, nothing is lost",
        hint="apply again to continue; running jobs keep running, and `a2c-spec wait` fetches their results",
    )
    error.spent = spent
    return error


async def stoppable(work: Coroutine[Any, Any, T], talk: Callable[[str], None], leave: Callable[[], None]) -> T:
    """What ``work`` gives; raises Interrupted when a signal ends it. ``leave`` is called before an end at once."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        talk(STOPPING)
        task.cancel()

    with _handling(lambda: loop.call_soon_threadsafe(stop), leave):
        try:
            return await task
        except asyncio.CancelledError:
            raise interrupted() from None


def endings() -> list[signal.Signals]:
    """The signals that end a command; without those that it was told to ignore, as `nohup` does for SIGHUP."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is sent when a terminal is closed; not every system has it
    found = [signal.Signals[name] for name in names if hasattr(signal, name)]
    return [number for number in found if signal.getsignal(number) is not signal.SIG_IGN]


@contextlib.contextmanager
def _handling(first: Callable[[], object], leave: Callable[[], None]) -> Iterator[None]:
    """Handles both signals meanwhile; only the main thread may, elsewhere signals are the host's business."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        if len(caught) > 1:
            leave()
            os._exit(EXIT_CODE)
        first()

    before = {number: signal.signal(number, handle) for number in endings()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
