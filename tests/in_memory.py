"""Where tests keep their folders: in memory, where there is such a file system with room. No test needs its disk to
last beyond a process that is killed, and waiting for the disk takes half of the time of all tests together."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
LEAST = 1 << 30
"""Bytes that must be free there; all folders of a whole run take a fifth of that. Containers often have less."""


def place() -> Path | None:
    """The folder for temporary folders, None for the usual one."""
    there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK)
    return MEMORY if there and shutil.disk_usage(MEMORY).free >= LEAST else None
