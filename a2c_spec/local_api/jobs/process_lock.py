"""Which process carries out a job, and whether that process still lives: a lock that dies with its holder."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Runner:
    """One living service on a folder. Its lock is an exclusive transaction on a file of its own, which the
    operating system ends when the process does, however it ends."""

    folder: Path
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    _lock: sqlite3.Connection | None = None

    def hold(self) -> None:
        """Say that we live, until ``release`` or the end of the process."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = sqlite3.connect(self._path(self.name), isolation_level=None, check_same_thread=False)
        self._lock.execute("BEGIN EXCLUSIVE")

    def release(self) -> None:
        """Say that we are gone."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        self._path(self.name).unlink(missing_ok=True)

    def lives(self, name: str) -> bool:
        """Is the process of that name still there?"""
        if name == self.name:
            return True
        path = self._path(name)
        return bool(name) and path.exists() and _locked(path)

    def sweep(self) -> None:
        """Remove the lock files of the dead: a name without a file is as dead."""
        for path in self.folder.glob("*.lock"):
            if not self.lives(path.stem):
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.lock"


def _locked(path: Path) -> bool:
    probe = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        probe.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return True
    finally:
        probe.close()
    return False
