"""Tells which process carries out a job and whether that process still runs, by a lock that ends with its holder."""

from __future__ import annotations

import re
import sqlite3
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from a2c_spec.local_api.storage.private_folder import check_files

NAME = re.compile(r"[0-9a-f]{32}")
"""No other name is one of ours: a store may say anything."""


@dataclass(slots=True)
class ProcessLock:
    """The lock of one running service on a folder: an exclusive transaction on a file of its own.

    The operating system ends the transaction when the process ends, in whatever way it ends.
    """

    folder: Path
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    _lock: sqlite3.Connection | None = None

    def acquire(self) -> None:
        """Hold the lock until ``release`` or the end of the process."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = sqlite3.connect(self._path(self.name), isolation_level=None, check_same_thread=False)
        self._lock.execute("BEGIN EXCLUSIVE")

    def release(self) -> None:
        """Give the lock back and remove its file."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
            self._path(self.name).unlink(missing_ok=True)

    def is_alive(self, name: str) -> bool:
        """Whether the process that holds the lock of that name still runs."""
        if name == self.name:
            return True
        path = self._path(name)
        return bool(NAME.fullmatch(name)) and path.exists() and _is_locked(path)

    def remove_stale(self) -> None:
        """Remove the lock files of processes that have ended."""
        for path in self.folder.glob("*.lock"):
            if NAME.fullmatch(path.stem) and not self.is_alive(path.stem):
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.lock"


def _is_locked(path: Path) -> bool:
    check_files(path)
    probe = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        probe.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return True
    finally:
        probe.close()
    return False
