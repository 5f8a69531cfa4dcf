"""The worker process: imports converters once, then forks a fresh, confined child for every task it is sent.

It reads one JSON line per task from stdin and answers with one line on stdout. It has a single thread, so that
forking is safe, and it never opens an input itself. When stdin closes, its parent has ended; then it ends too, with
every process it started.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
from typing import Any, NoReturn

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import ConversionError
from a2c_spec.local_api.convert.sandbox import confine
from a2c_spec.local_api.convert.sandbox.task import load

CAN_FORK = hasattr(os, "fork")


def main() -> None:
    """Serve tasks until stdin closes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    confine.drop_network()
    programs.folders()  # looked up once, here, so that the children have the result
    for line in sys.stdin.buffer:
        task = json.loads(line)
        answer = _forked(task) if CAN_FORK else _answer(task)
        answers.write(answer + b"\n")
        answers.flush()
        if not CAN_FORK:
            return


def _forked(task: dict[str, Any]) -> bytes:
    _preload(task)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _be_child(task, writer)
    os.close(writer)
    answer = _collect(reader)
    _, status = os.waitpid(child, 0)
    return answer or _encode({"died": os.waitstatus_to_exitcode(status)})


def _be_child(task: dict[str, Any], writer: int) -> NoReturn:
    """Run the task confined and write the answer; then the process ends, so this never returns."""
    try:
        confine.die_with_parent()
        os.closerange(3, writer)
        os.closerange(writer + 1, 256)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        confine.enter(task["workdir"], task["reads"], task["limits"])
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(_answer(task))
    finally:
        os._exit(0)


def _collect(reader: int) -> bytes:
    """Everything that the child writes. If the parent ends meanwhile, the whole process group is killed."""
    waiting = select.poll()
    waiting.register(0, select.POLLHUP)
    waiting.register(reader, select.POLLIN)
    chunks: list[bytes] = []
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while True:
            if any(fd == 0 for fd, _ in waiting.poll()):
                os.killpg(0, signal.SIGKILL)
            chunk = pipe.read(65536)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)


def _preload(task: dict[str, Any]) -> None:
    """Import what the task will call, so that this and later children need not."""
    for reference in (task["function"], task["payload"].get("converter")):
        with contextlib.suppress(Exception):  # the child gets the same error and reports it
            load(reference or task["function"])


def _answer(task: dict[str, Any]) -> bytes:
    try:
        return _encode({"value": load(task["function"])(task["payload"])})
    except ConversionError as refusal:
        return _encode({"refused": vars(refusal)})
    except MemoryError:
        return _encode({"refused": {"message": "The conversion needs more memory than one job may use."}})
    except BaseException as failure:  # whatever happened is reported, never raised
        return _encode({"refused": {"message": _describe(failure)}})


def _describe(failure: BaseException) -> str:
    if isinstance(failure, OSError) and failure.strerror == "File too large":
        return "The output is larger than one job may write."
    return f"The conversion failed: {type(failure).__name__}: {failure}"[:500]


def _encode(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=True, default=str).encode()
