"""The official SDK's source archive from PyPI: its live suite, its unit tests, and the published document."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

VERSION = "10.3.1"


class NotAvailable(Exception):
    """pip cannot get it."""


def unpacked(folder: Path) -> Path:
    """The folder of the unpacked archive. The first caller unpacks it; callers in other processes wait for that."""
    folder.mkdir(exist_ok=True)
    source = folder / f"api2convert-{VERSION}"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not source.exists():
            _get(folder)
    return source


def _get(folder: Path) -> None:
    wanted = ["--no-deps", "--no-binary", "api2convert", f"api2convert=={VERSION}"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    archives = list(folder.glob("*.tar.gz"))
    if not archives:
        raise NotAvailable(done.stderr.strip()[-200:])
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")


def document_of(source: Path) -> Any:
    """The published OpenAPI document."""
    return json.loads((source / "openapi" / "api2convert.openapi.json").read_text())
