"""A state on a file system that cannot be written: a copy of it is read, and nothing can be recorded."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

from a2c_spec.errors import SpecError
from a2c_spec.state.migrations import NotWritable, open_database


class StateFile:
    """The database behind a store. ``why_not`` is the error of whoever wants to write, None where it can be written.

    A copy, because it may have to be upgraded, or completed from what a killed process left in its log.
    """

    def __init__(self, path: Path) -> None:
        self.why_not: SpecError | None = None
        self._folder: TemporaryDirectory[str] | None = None
        try:
            self.db = open_database(path)
        except NotWritable as error:
            self.why_not = error
            self.db = self._copied(path, error)

    def _copied(self, path: Path, error: NotWritable) -> sqlite3.Connection:
        self._folder = TemporaryDirectory(prefix="a2c-spec-")
        copy = Path(self._folder.name) / path.name
        try:
            for ending in ("", "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(f"{path}{ending}", f"{copy}{ending}")
            return open_database(copy, named=path)
        except OSError:
            self._folder.cleanup()
            raise error from None
        except BaseException:
            self._folder.cleanup()
            raise

    def close(self) -> None:
        """Closes the database; a copy of it goes."""
        self.db.close()
        if self._folder is not None:
            self._folder.cleanup()
