"""The folder of a service is for its owner alone, whatever was there before, and no link is followed inside it."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_ISDIR, S_ISLNK, S_ISREG

BESIDE = ("", "-journal", "-wal", "-shm")
"""What SQLite adds to the name of a database."""
JOURNAL_ENDS = bytes.fromhex("d9d505f920a163d7")
"""The last bytes of a journal that names another one, above it, which SQLite deletes; none of ours does."""
FOLDERS = ("files", "runners")
OURS = (*(f"store.db{end}" for end in BESIDE), *FOLDERS, ".gitignore")
OTHERS = 0o077


class NotPrivate(OSError):
    """Something in the folder leads elsewhere, or is no file."""


def make_private(folder: Path) -> None:
    """Make a folder, with those above it; take what is ours in it from others, and itself, if nothing else is in it.

    NotPrivate where a link stands in the place of anything of ours, or what is no file.
    """
    for one in reversed([one for one in folder.parents if not one.exists()]):
        one.mkdir(exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    found = [folder / name for name in OURS]
    if {path.name for path in folder.iterdir()} <= set(OURS):
        found.append(folder)
    for path in found:
        with suppress(FileNotFoundError):
            mode = path.lstat().st_mode
            if S_ISLNK(mode) and path != folder:
                raise NotPrivate(errno.ELOOP, f"{path} is a link, and must not be one", str(path))
            if path != folder and not (S_ISDIR if path.name in FOLDERS else S_ISREG)(mode):
                kind = "folder" if path.name in FOLDERS else "file"
                raise NotPrivate(errno.EINVAL, f"{path} is not a {kind}; remove it", str(path))
            if mode & OTHERS and not S_ISLNK(mode):
                with suppress(OSError):  # another user's, or not to be written
                    path.chmod(S_IMODE(mode) & ~OTHERS)
    for database in (folder / "store.db", *(folder / "runners").glob("*.lock")):
        check_files(database)
    if os.access(folder, os.W_OK):  # made here: SQLite would make its file for everybody
        with suppress(FileExistsError):  # one that SQLite has open is not opened: closing it would drop its locks
            os.close(os.open(folder / "store.db", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        for name in FOLDERS:
            (folder / name).mkdir(exist_ok=True, mode=0o700)


def check_files(path: Path) -> None:
    """Raises NotPrivate where a database, or what SQLite keeps beside it, is no file of its own or leads to another."""
    for end in BESIDE:
        file = Path(f"{path}{end}")
        try:
            mode = file.lstat().st_mode
        except FileNotFoundError:
            continue
        if not S_ISREG(mode):
            raise NotPrivate(errno.EINVAL, f"{file} is not a file; remove it", str(file))
        if end == "-journal" and _ending(file) == JOURNAL_ENDS:
            told = f"{file} would have SQLite delete another file; remove it"
            raise NotPrivate(errno.EINVAL, told, str(file))


def _ending(file: Path) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(file, flags), "rb") as opened:  # noqa: PTH123 - a descriptor
        opened.seek(max(0, os.fstat(opened.fileno()).st_size - len(JOURNAL_ENDS)))
        return opened.read(len(JOURNAL_ENDS))
