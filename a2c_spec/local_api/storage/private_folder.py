"""The folder of a service is for its owner alone, whatever was there before, and no link is followed inside it."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_ISLNK

OURS = ("store.db", "store.db-wal", "store.db-shm", "store.db-journal", "files", "runners", ".gitignore")
OTHERS = 0o077


class NotPrivate(OSError):
    """Something in the folder leads elsewhere."""


def make_private(folder: Path) -> None:
    """Make a folder, with those above it; take what is ours in it from others, and itself, if nothing else is in it.

    NotPrivate where a link stands in the place of anything of ours.
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
            if mode & OTHERS and not S_ISLNK(mode):
                with suppress(OSError):  # another user's, or not to be written
                    path.chmod(S_IMODE(mode) & ~OTHERS)
    if os.access(folder, os.W_OK):  # made here: SQLite would make its file for everybody
        os.close(os.open(folder / "store.db", os.O_RDWR | os.O_CREAT, 0o600))
        for name in ("files", "runners"):
            (folder / name).mkdir(exist_ok=True, mode=0o700)
