"""Functions that do in a worker what converters must not do."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any


def greet(payload: dict[str, Any]) -> str:
    return f"hello {payload['name']}"


def sleep(payload: dict[str, Any]) -> None:
    """Sleep, with a child process; the ids of both are written to a file."""
    child = subprocess.Popen(["/bin/sleep", "60"])
    Path("pids.new").write_text(f"{os.getpid()} {child.pid}")
    Path("pids.new").rename("pids")
    time.sleep(60)


def eat_memory(payload: dict[str, Any]) -> int:
    return len(bytearray(8 << 30))


def fill_the_disk(payload: dict[str, Any]) -> None:
    with Path("large").open("wb") as stream:
        for _ in range(64):
            stream.write(bytes(1 << 20))


def crash(payload: dict[str, Any]) -> None:
    ctypes.string_at(0)


def exit_early(payload: dict[str, Any]) -> None:
    os._exit(3)


def print_a_lot(payload: dict[str, Any]) -> str:
    os.write(1, b'{"value": "forged"}\n')
    return "true"


def read(payload: dict[str, Any]) -> str:
    return Path(payload["path"]).read_text()


def write(payload: dict[str, Any]) -> None:
    Path(payload["path"]).write_text("here I am")


def connect(payload: dict[str, Any]) -> None:
    socket.create_connection(("127.0.0.1", payload["port"]), timeout=2).close()


def environment(payload: dict[str, Any]) -> dict[str, str]:
    return dict(os.environ)


def send_signal(payload: dict[str, Any]) -> None:
    os.kill(payload["pid"], 0)


def interfaces(payload: dict[str, Any]) -> list[str]:
    return [name for _, name in socket.if_nameindex()]
