"""Runs a converter's program in the worker process, and turns a failure into an error with the program's message."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import ConversionError, Source
from a2c_spec.local_api.convert.products import unreadable
from a2c_spec.local_api.convert.sandbox.confine import die_with_parent

STDERR_BYTES = 4_000_000


def run(program: str, arguments: Sequence[str], folder: Path, source: Source | None = None) -> str:
    """Run the program in ``folder``; returns what it printed on stderr. The worker limits its time and memory."""
    path = programs.find(program)
    if path is None:
        raise ConversionError(f"This conversion needs {program}, which this machine does not have.")
    done = subprocess.run(  # noqa: S603 - a found program, a list of arguments, no shell, inside the sandbox
        [path, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=die_with_parent,  # safe: the worker has a single thread
        check=False,
    )
    printed = done.stderr[-STDERR_BYTES:].decode("utf-8", "replace")
    if done.returncode == 0:
        return printed
    raise _failed(program, done.returncode, printed, source)


def _failed(program: str, code: int, printed: str, source: Source | None) -> ConversionError:
    if code == -signal.SIGXFSZ:
        return ConversionError("The output is larger than one job may write.")
    if code < 0:
        return ConversionError(f"{program} was stopped by {signal.Signals(-code).name}: too much time or memory.")
    reason = " / ".join(line.strip() for line in printed.splitlines()[-3:] if line.strip())[:400]
    return unreadable(source, f"{program}: {reason}") if source else ConversionError(f"{program}: {reason}")
