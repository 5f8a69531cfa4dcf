"""Files of ours that leave their places: moved, or removed; never one that is somebody else's result, too.

Where a folder is exchanged for another one, or for a link, nothing is moved or removed there (``held``).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Collection
from pathlib import PurePosixPath

from a2c_spec.api.output_files import OutputFiles
from a2c_spec.api.part_files import aside_of, part_of
from a2c_spec.core import reasons
from a2c_spec.errors import Conflict, while_doing
from a2c_spec.held_folders import held


def stays_for_others(files: OutputFiles, path: str) -> str:
    """Why a file of ours stays where it is, whatever becomes of the result: another endpoint, or another environment,
    has it, too; empty where it is ours alone."""
    too = (f"it {reasons.of_both(realm)}" for realm in files.other_endpoints(path))
    return files.kept(path) or next(too, "")


def move(files: OutputFiles, source: str, path: str, address: str, output_id: str) -> None:
    """Moves a file of ours, a result of ``address``; one that stays for others is copied. Raises Conflict where another
    one stands there by now."""
    there, target = files.absolute(source), files.absolute(path)
    ours = _written(files, source)
    files.probe(f"place {path}")
    with (
        while_doing(f"cannot move {source} to {path}"),
        held(there.parent, resolved=True, make=0) as old,
        held(target.parent, resolved=True) as new,
        open(old.open(there.name, os.O_RDONLY), "rb") as file,  # noqa: PTH123 - a descriptor
    ):
        if not _is_one_of(ours, file.fileno()):
            raise Conflict(f"cannot move {source} to {path}: somebody has changed it", hint="nothing was moved")
        file.seek(0)
        if stays_for_others(files, source):
            part = part_of(target, address, output_id).name
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with open(new.open(part, flags), "wb") as copy:  # noqa: PTH123 - a descriptor
                shutil.copyfileobj(file, copy)
            new.place(part, target.name)
        else:
            new.place(there.name, target.name, old, file.fileno())
    files.probe(f"placed {path}")


def removable(files: OutputFiles, path: str, address: str) -> bool:
    """Whether ``remove`` would remove it."""
    if files.status(path, address) != "intact" or stays_for_others(files, path) or files.sources.reads(path):
        return False
    return files.absolute(path) == (files.root / path).resolve()


def remove(files: OutputFiles, path: str, address: str) -> bool:
    """Removes a file written for ``address`` if nobody changed it, and the folders that are empty then.

    Says whether it did. Nothing is removed through a symbolic link that leads elsewhere.
    """
    if not removable(files, path, address):
        return False
    target = files.absolute(path)
    ours = _written(files, path)
    files.probe(f"remove {path}")
    with while_doing(f"cannot remove {path}"), held(target.parent, resolved=True, make=0) as folder:
        gone = folder.remove(target.name, lambda file: _is_one_of(ours, file), aside_of(target, address))
    if not gone:
        return False
    files.probe(f"removed {path}")
    with contextlib.suppress(OSError):
        for name in PurePosixPath(path).parents[:-1]:
            with held(files.root.resolve() / name.parent, resolved=True, make=0) as above:
                above.rmdir(name.name)
    return True


def _written(files: OutputFiles, path: str) -> set[tuple[int, str]]:
    """Size and digest of what was written at a path for this endpoint."""
    return {(file.size, file.sha256) for file in files.store.files_at(path) if not file.elsewhere}


def _is_one_of(files: Collection[tuple[int, str]], descriptor: int) -> bool:
    """Whether an open file has the bytes of one of these sizes and digests."""
    size = os.fstat(descriptor).st_size
    if not any(size == known for known, _ in files):
        return False
    with open(descriptor, "rb", closefd=False) as file:
        return (size, hashlib.file_digest(file, "sha256").hexdigest()) in files
