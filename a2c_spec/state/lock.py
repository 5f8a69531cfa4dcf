"""A lock that ends with its process and names its holder."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from a2c_spec.errors import Locked


@contextmanager
def exclusive(path: Path, who: str) -> Iterator[None]:
    """Holds ``path`` for as long as the context, or the process, lives; raises Locked, naming the holder."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+") as file:
        if not _try(file):
            raise Locked(
                f"another apply holds the state: {_holder(file)}",
                hint="wait for it to end; the lock ends with its process and never has to be removed",
            )
        file.seek(0)
        file.truncate()
        file.write(json.dumps({"who": who}))
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()


def _try(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(1 << 20)  # the lock lies beyond the text, so that others can read who holds it
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(file: IO[str]) -> str:
    try:
        file.seek(0)
        return str(json.loads(file.read(4096))["who"])
    except (OSError, ValueError, KeyError, TypeError):
        return "unknown"
