"""Standard output and error that last: when nobody reads them any more, or the disk is full, the work goes on."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
from typing import Any

GONE = (errno.EPIPE, errno.EIO, errno.EBADF)
"""The reader of a pipe has ended, as `head` does, or the terminal was closed: nobody misses what is not written."""


class LastingWriter(io.BufferedWriter):
    """Writes until that fails for the first time, and from then on to nowhere; ``lost`` is why."""

    lost: OSError | None = None

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self._lose(error)
            return len(data)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.lost = self.lost or error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())  # what is buffered goes there as well
        os.close(nowhere)


def make_streams_last() -> None:
    """Puts lasting streams in the place of both; text that their encoding lacks is written as an escape, and what no
    person reads, or a locale without letters beyond ASCII, gets UTF-8."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed before we were started
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for the whole process
            continue
        stream.flush()
        plain = not stream.isatty() or codecs.lookup(stream.encoding).name == "ascii"
        raw = getattr(stream.buffer, "raw", stream.buffer)
        setattr(
            sys,
            name,
            io.TextIOWrapper(
                LastingWriter(raw),
                encoding="utf-8" if plain else stream.encoding,
                errors="backslashreplace",
                line_buffering=stream.line_buffering,
            ),
        )


def output_lost() -> OSError | None:
    """Why results could not be written although somebody may want them, such as a full disk."""
    with contextlib.suppress(ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    lost = getattr(sys.stdout.buffer, "lost", None)
    return lost if isinstance(lost, OSError) and lost.errno not in GONE else None
