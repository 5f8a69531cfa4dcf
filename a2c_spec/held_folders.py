"""A folder in which files are written, moved or removed stays the one that was checked, whatever is put into its place
meanwhile: it is opened folder by folder, no link is followed, and its files are named from it."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

BY_FOLDER = {os.open, os.unlink, os.rename, os.stat, os.mkdir, os.rmdir, os.link} <= os.supports_dir_fd
"""Whether files can be named from an open folder; elsewhere they are named by their paths."""
ELSEWHERE = "another folder, or a link, was put in the place of its folder"
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_READ = os.O_RDONLY | _FOLDER
BETWEEN = getattr(os, "O_PATH", os.O_RDONLY) | _FOLDER
"""How a folder is opened in which only names are looked up: it need not be readable."""


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
            self.stat(name)
        except FileNotFoundError:
            return False
        return True

    def names(self) -> list[str]:
        """What is in it."""
        return os.listdir(self.real if self.descriptor is None else self.descriptor)  # noqa: PTH208 - a descriptor

    def stat(self, name: str) -> os.stat_result:
        """What has that name in it, itself where it is a link."""
        return os.stat(self._at(name), dir_fd=self.descriptor, follow_symlinks=False)

    def unlink(self, name: str) -> None:
        """Removes a file, if there is one."""
        with suppress(FileNotFoundError):
            os.unlink(self._at(name), dir_fd=self.descriptor)

    def keep_private(self) -> None:
        """Takes it from the view of others, where that can be done."""
        place = self.real if self.descriptor is None else self.descriptor
        if os.stat(place).st_mode & 0o077:  # noqa: PTH116 - perhaps a descriptor
            with suppress(OSError):  # another user's
                os.chmod(place, 0o700)  # noqa: PTH101 - perhaps a descriptor

    def rmdir(self, name: str) -> None:
        """Removes a folder in it that is empty; OSError where it is not, or is a link."""
        os.rmdir(self._at(name), dir_fd=self.descriptor)

    def remove(self, name: str, is_it: Callable[[int], bool], aside: str = "") -> bool:
        """Removes a file in it that is the one which is meant, as its descriptor tells; says whether it did.

        It first gets a name that nobody else knows (``aside``, made random), so that nothing can be put in its place
        once it was looked at; another file gets its own name back.
        """
        self.check()
        os.close(self.open(name, os.O_RDONLY))  # no folder, link or pipe is renamed
        away = f"{aside or '.'}{secrets.token_hex(4)}.part"
        here = self.descriptor
        os.rename(self._at(name), self._at(away), src_dir_fd=here, dst_dir_fd=here)
        try:
            mine = self._is(away, is_it)
        except BaseException:
            self._give_back(away, name)
            raise
        if mine:
            self.unlink(away)
        else:
            self._give_back(away, name)
        return mine

    def _is(self, name: str, is_it: Callable[[int], bool]) -> bool:
        descriptor = os.open(self._at(name), os.O_RDONLY | _SAFE, dir_fd=self.descriptor)
        try:
            return S_ISREG(os.fstat(descriptor).st_mode) and is_it(descriptor)
        finally:
            os.close(descriptor)

    def _give_back(self, away: str, name: str) -> None:
        """The file its own name again; where another one has it by now, both stay."""
        here = self.descriptor
        try:
            os.link(self._at(away), self._at(name), src_dir_fd=here, dst_dir_fd=here, follow_symlinks=False)
        except FileExistsError:
            told = f"another file was put in its place meanwhile; what was there is {away}"
            raise FileExistsError(errno.EEXIST, told, str(self.path / name)) from None
        except OSError:  # a file system without hard links
            os.rename(self._at(away), self._at(name), src_dir_fd=here, dst_dir_fd=here)
        else:
            self.unlink(away)

    def place(self, source: str, name: str, at: HeldFolder | None = None, file: int | None = None) -> None:
        """Gives a file in it, or in another held folder, a name in it, durably; raises Exchanged where that would be
        elsewhere, and where another file than the open one, ``file``, has that name by now."""
        other = at or self
        self.check()
        other.check()
        if file is not None and not os.path.samestat(os.fstat(file), other.stat(source)):
            raise Exchanged(errno.EEXIST, "another file was put in its place", str(other.path / source))
        os.replace(other._at(source), self._at(name), src_dir_fd=other.descriptor, dst_dir_fd=self.descriptor)
        if self.descriptor is not None:
            with suppress(OSError):  # not every system can sync a folder
                os.fsync(self.descriptor)


@contextmanager
def held(path: Path, *, resolved: bool = False, make: int = 0o777) -> Iterator[HeldFolder]:
    """A folder for as long as the context lives; where there is none it is made with the mode ``make``, or is
    FileNotFoundError where that is 0. ``resolved``: no link was on the way when the path was checked, so Exchanged
    where there is one now."""
    real = path if resolved else path.resolve()
    if not BY_FOLDER:
        if path.resolve() != real:
            raise Exchanged(errno.ENOTDIR, ELSEWHERE, str(path))
        if make:
            real.mkdir(make, parents=True, exist_ok=True)
        yield HeldFolder(path, real, None)
        return
    try:
        descriptor = descend(real, make)
    except OSError as error:
        if error.errno == errno.ELOOP or any(one.is_symlink() for one in (real, *real.parents)):
            raise Exchanged(errno.ENOTDIR, ELSEWHERE, str(path)) from error
        raise
    try:
        yield HeldFolder(path, real, descriptor)
    finally:
        os.close(descriptor)


def opened(path: Path, flags: int = os.O_RDONLY) -> int:
    """A descriptor of a file, which is for its owner alone where it is made; OSError where a link, or what is no file,
    has its name, and where a link is on the way to it."""
    with held(path.parent, resolved=True, make=0) as folder:
        return folder.open(path.name, flags, 0o600)


def drop(path: Path) -> None:
    """Removes a file, if there is one and that is allowed; nothing where a link is on the way to it."""
    with suppress(OSError), held(path.parent, resolved=True, make=0) as folder:
        folder.unlink(path.name)


def descend(real: Path, make: int = 0, last: int = _READ) -> int:
    """A descriptor of a folder to which no link leads: each folder on the way is opened in the one before, and made
    with the mode ``make``, unless that is 0, if there is none; the folder itself as ``last`` says."""
    parts = real.parts[1:]
    folder = os.open(real.anchor, BETWEEN if parts else last)
    try:
        for number, part in enumerate(parts, 1):
            flags = BETWEEN if number < len(parts) else last
            below = _opened_or_made(folder, part, flags, make, real)
            os.close(folder)
            folder = below
    except BaseException:
        os.close(folder)
        raise
    return folder


def _opened_or_made(folder: int, part: str, flags: int, make: int, real: Path) -> int:
    try:
        return os.open(part, flags, dir_fd=folder)
    except FileNotFoundError as error:
        if not make:
            raise FileNotFoundError(error.errno, os.strerror(errno.ENOENT), str(real)) from None
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno or 0), str(real)) from error
    with suppress(FileExistsError):
        os.mkdir(part, make, dir_fd=folder)
    return os.open(part, flags, dir_fd=folder)
