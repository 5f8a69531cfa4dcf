"""Reads files that somebody else may have put there: none that has no end or lets wait, and no more than is allowed.

A pull request can put a link in the place of any file of a project: to a device, or to the input of the process. Of a
file ``within`` a project no link is followed that leads out of it, or to what no manifest may name, also one that is
put there while we look: Astray.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from a2c_spec.core.protected import protected
from a2c_spec.held_folders import BETWEEN, BY_FOLDER, descend

PIPES = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""How a command line names what another command writes, as in ``--var-file <(...)``."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_OURS = getattr(os, "O_NOFOLLOW", 0) | _FLAGS


class TooLarge(OSError):
    """A file has more bytes than may be read."""


class Astray(OSError):
    """A link leads from a file of a project out of it, or to what no manifest may name."""


EXCHANGED = "a link was put in its place, or in that of its folder"


def opened(path: Path, *, pipe: bool = False, within: Path | None = None) -> BufferedReader:
    """An open file, whatever links lead to it; raises OSError where it is none, as a device, a pipe or a socket.
    ``pipe``: one that is named as by ``PIPES`` is read, too. ``within``: the root of the project that it is read for;
    raises Astray where it is named as a file of that, and is none."""
    real, astray = led(path, within) if within is not None else ("", "")
    if astray:
        raise Astray(errno.ELOOP, astray, str(path))
    pipe = pipe and str(path).startswith(PIPES)
    _check(path, path.stat(), pipe)
    descriptor = _opened_at(path, real) if real else os.open(path, _FLAGS)  # which does not wait for a writer
    try:
        _check(path, os.fstat(descriptor), pipe)  # it may be another one by now
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        return open(descriptor, "rb")  # noqa: PTH123 - a descriptor, for whoever asked
    except BaseException:
        os.close(descriptor)
        raise


def led(file: Path, root: Path) -> tuple[str, str]:
    """Where a file of the project at ``root`` really is, and why it is not read: a link on the way to it leads out, or
    to what no manifest may name. Both empty of a file that is not named as one of the project."""
    top, named, real = os.path.realpath(root), os.path.abspath(file), os.path.realpath(file)  # noqa: PTH100
    home = next((one for one in Path(named).parents if os.path.realpath(one) == top), None)
    if home is None:
        return "", ""
    if os.path.commonpath((top, real)) != top:
        return real, "a link leads from there out of the project"
    here, there = os.path.relpath(named, home), os.path.relpath(real, top)
    part = protected(there) if here != there else ""
    return real, f"a link leads from there to {part}" if part else ""


def _opened_at(path: Path, real: str) -> int:
    """A descriptor of the file at a real path; Astray where a link is on the way by now. ``path``: how it is called."""
    try:
        descriptor = _by_folders(Path(real)) if BY_FOLDER else os.open(real, _OURS)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Astray(error.errno, EXCHANGED, str(path)) from error
        raise
    if not BY_FOLDER and os.path.realpath(path) != real:
        os.close(descriptor)
        raise Astray(errno.ELOOP, EXCHANGED, str(path))
    return descriptor


def _by_folders(real: Path) -> int:
    """A descriptor that no link leads to: each folder is opened in the one before."""
    folder = descend(real.parent, last=BETWEEN)
    try:
        return os.open(real.name, _OURS, dir_fd=folder)
    finally:
        os.close(folder)


def of_ours(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    """A descriptor of a file that we write, made for its owner alone if there is none; OSError where a link stands
    in its place, which is not followed, or what is no file."""
    try:
        descriptor = os.open(path, flags | _OURS, 0o600)
    except OSError as error:
        if path.is_symlink():
            raise OSError(errno.ELOOP, "this is a link, which is not followed", str(path)) from error
        raise
    try:
        _check(path, os.fstat(descriptor), pipe=False)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def make_for_sqlite(path: Path) -> None:
    """Makes an empty file for its owner alone, if there is none; OSError where a link, or what is no file, stands in
    its place. One that is there is not opened: SQLite may have it open in this process, whose locks on it all go when
    any descriptor of it is closed."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _OURS, 0o600))
    except FileExistsError:
        if path.is_symlink():
            raise OSError(errno.ELOOP, "this is a link, which is not followed", str(path)) from None
        _check(path, path.stat(), pipe=False)


_kept: dict[tuple[int, int], int] = {}
MOST_KEPT = 64
"""So many descriptors of files that SQLite may have open are kept."""


def beginning_beside_sqlite(path: Path, most: int) -> bytes:
    """The same as ``beginning`` of a file that SQLite may have open in this process: its descriptor stays open, for
    with it all locks would go."""
    if not hasattr(os, "pread"):
        return beginning(path, most)
    status = path.stat()
    _check(path, status, pipe=False)
    key = (status.st_dev, status.st_ino)
    if key not in _kept:
        descriptor = os.open(path, _FLAGS)
        if len(_kept) >= MOST_KEPT:
            os.close(_kept.pop(next(iter(_kept))))
        now = os.fstat(descriptor)
        key = (now.st_dev, now.st_ino)
        if _kept.setdefault(key, descriptor) != descriptor:
            return os.pread(_kept[key], most, 0)  # another thread was first: both stay open
        _check(path, now, pipe=False)
    return os.pread(_kept[key], most, 0)


def beginning(path: Path, most: int, *, pipe: bool = False, within: Path | None = None) -> bytes:
    """At most so many bytes of a file."""
    with opened(path, pipe=pipe, within=within) as file:
        return file.read(most)


def content(path: Path, most: int, *, within: Path | None = None) -> bytes:
    """All that a file holds; raises TooLarge where that is more than so many bytes, before it is read."""
    with opened(path, within=within) as file:
        data = file.read(most + 1) if os.fstat(file.fileno()).st_size <= most else None
    if data is None or len(data) > most:
        raise TooLarge(errno.EFBIG, f"it has more than {most} bytes", str(path))
    return data


def _check(path: Path, status: os.stat_result, pipe: bool) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode) and not (pipe and stat.S_ISFIFO(status.st_mode)):
        raise OSError(errno.EINVAL, "this is not a file", str(path))
