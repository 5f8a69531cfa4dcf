"""A lock that ends with its process and names its holder."""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from a2c_spec.errors import Locked, SpecError, why
from a2c_spec.regular_files import of_ours

NO_LOCKS_HINT = "keep the project, or at least the state (`state` in a2c.yaml, --state), on another file system"
HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""How systems say that another process holds a lock; any other error is one of the file system."""


@contextmanager
def exclusive(path: Path, who: str) -> Iterator[None]:
    """Holds ``path`` for as long as the context, or the process, lives; raises Locked, naming the holder, and SpecError
    where nothing can be locked."""
    handle = of_ours(path)
    with os.fdopen(handle, "r+") as file:
        if not _try(file, path):
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


def _try(file: IO[str], path: Path) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(1 << 20)  # the lock lies beyond the text, so that others can read who holds it
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in HELD:
            return False
        raise SpecError(without_locks(path, error), hint=NO_LOCKS_HINT) from error
    return True


def without_locks(path: Path, error: OSError) -> str:
    """What is said of a file system that cannot lock files."""
    return f"the file system of {path.parent} cannot lock files ({why(error)}), so two applies could not be kept apart"


def record_locks_problem(path: Path) -> str:
    """Why the file system of ``path`` cannot lock parts of a file, as SQLite does; empty when it can.

    Tried with a file of its own, since one that SQLite has open would lose its locks.
    """
    if sys.platform == "win32":
        return ""
    import fcntl

    with tempfile.TemporaryFile(dir=path.parent) as file:
        try:
            fcntl.lockf(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return without_locks(path, error)
    return ""


def _holder(file: IO[str]) -> str:
    try:
        file.seek(0)
        return str(json.loads(file.read(4096))["who"])
    except (OSError, ValueError, KeyError, TypeError):
        return "unknown"
