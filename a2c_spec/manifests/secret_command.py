"""Runs the command of a secret: for a limited time, of limited output, and ended with all that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

LONGEST = 60
"""Seconds that a command may take."""
MOST = 65_536 + 2
"""Bytes that it may say: a secret, and the end of its line."""
STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class TooLong(Exception):
    """A command took too long, or said too much; the message says which."""


def run_command(
    words: Sequence[str], environ: Mapping[str, str], *, most: int = MOST, seconds: float = LONGEST
) -> bytes:
    """The standard output of a command; it gets no input, and its error output is discarded. Raises TooLong where that
    takes more than ``seconds``, or is more than ``most`` bytes."""
    kept = subprocess.DEVNULL
    group = 0 if os.name == "posix" else -1  # one of its own, so that all of it can be ended
    process = subprocess.Popen(  # noqa: S603 - the user allowed it with --allow-cmd
        words, stdin=kept, stdout=subprocess.PIPE, stderr=kept, env=environ, bufsize=0, process_group=group
    )
    output = _Output(process, most)
    until = time.monotonic() + seconds
    ended = False
    try:
        with _stopped_too(process):
            output.thread.join(seconds)
            if output.too_much:
                raise TooLong(f"it says more than {most} bytes")
            if output.thread.is_alive():
                raise TooLong(f"it takes more than {seconds} seconds")
            code = process.wait(max(until - time.monotonic(), 0))
            ended = True
    except subprocess.TimeoutExpired:
        raise TooLong(f"it takes more than {seconds} seconds") from None
    finally:
        if not ended:
            _end(process)
    if code:
        raise subprocess.CalledProcessError(code, words[0])
    return bytes(output.data)


class _Output:
    """What a command says, read beside it: a process that it left behind may hold its output open."""

    def __init__(self, process: subprocess.Popen[bytes], most: int) -> None:
        self.data = bytearray()
        self.too_much = False
        self.thread = threading.Thread(target=self._read, args=(process, most), daemon=True)
        self.thread.start()

    def _read(self, process: subprocess.Popen[bytes], most: int) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        with suppress(OSError), process.stdout as stream:
            while chunk := stream.read(65_536):
                self.data += chunk
                if len(self.data) > most:
                    self.too_much = True
                    return


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)


@contextmanager
def _stopped_too(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Whatever stops us stops the command, which a terminal no longer tells."""
    before: dict[int, Any] = {}

    def stop(number: int, frame: FrameType | None) -> None:
        _end(process)
        handler = before[number]
        if callable(handler):
            handler(number, frame)
        else:
            signal.signal(number, handler)
            signal.raise_signal(number)

    ours = threading.current_thread() is threading.main_thread()
    for number in STOPPING if ours else ():
        handler = signal.getsignal(number)
        if handler not in (None, signal.SIG_IGN):
            before[number] = handler
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
