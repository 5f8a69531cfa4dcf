"""A folder that is written into stays the one that was checked, whatever is put into its place meanwhile."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

BY_FOLDER = {os.open, os.unlink, os.rename, os.stat} <= os.supports_dir_fd
"""Whether files can be named from an open folder; elsewhere they are named by their paths."""
ELSEWHERE = "another folder, or a link, was put in the place of its folder"
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Exchanged(OSError):
    """Another folder, or a link, stands where one was that is written into."""


@dataclass(frozen=True, slots=True)
class HeldFolder:
    """``path`` is what it was called, ``real`` where that led; ``descriptor`` is None where files go by their paths."""

    path: Path
    real: Path
    descriptor: int | None

    def check(self) -> None:
        """Raises Exchanged where its path leads to another folder now."""
        same = self.path.resolve() == self.real
        if same and self.descriptor is not None:
            with suppress(OSError):
                if os.path.samestat(os.stat(self.real), os.fstat(self.descriptor)):  # noqa: PTH116 - with its pair
                    return
            same = False
        if not same:
            raise Exchanged(errno.ENOTDIR, ELSEWHERE, str(self.path))

    def _at(self, name: str) -> str | Path:
        return name if self.descriptor is not None else self.real / name

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """A descriptor of a file in it; OSError where a link, or what is no file, has that name."""
        self.check()
        descriptor = os.open(self._at(name), flags | _SAFE, mode, dir_fd=self.descriptor)
        if not S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "this is not a file", str(self.path / name))
        return descriptor

    def has(self, name: str) -> bool:
        """Whether anything has that name in it."""
        try:
            os.stat(self._at(name), dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def unlink(self, name: str) -> None:
        """Removes a file, if there is one."""
        with suppress(FileNotFoundError):
            os.unlink(self._at(name), dir_fd=self.descriptor)

    def place(self, source: str | Path, name: str) -> None:
        """Gives a file in it, or one by its path, its name, durably; raises Exchanged where that would be elsewhere."""
        self.check()
        if isinstance(source, Path):
            os.replace(source, self._at(name), dst_dir_fd=self.descriptor)
        else:
            here = self.descriptor
            os.replace(self._at(source), self._at(name), src_dir_fd=here, dst_dir_fd=here)
        if self.descriptor is not None:
            with suppress(OSError):  # not every system can sync a folder
                os.fsync(self.descriptor)


@contextmanager
def held(path: Path, *, resolved: bool = False) -> Iterator[HeldFolder]:
    """A folder, which is made if there is none, for as long as the context lives. ``resolved``: no link was on the way
    when the path was checked, so Exchanged where there is one now."""
    real = path.resolve()
    if resolved and real != path:
        raise Exchanged(errno.ENOTDIR, ELSEWHERE, str(path))
    real.mkdir(parents=True, exist_ok=True)
    if not BY_FOLDER:
        yield HeldFolder(path, real, None)
        return
    descriptor = os.open(real, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield HeldFolder(path, real, descriptor)
    finally:
        os.close(descriptor)
