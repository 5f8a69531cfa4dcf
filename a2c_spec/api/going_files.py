"""Files of ours that leave their places: moved, or removed; never one that is somebody else's result, too."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from a2c_spec.api.output_files import OutputFiles
from a2c_spec.api.part_files import part_of
from a2c_spec.core import reasons
from a2c_spec.errors import while_doing
from a2c_spec.held_folders import held
from a2c_spec.regular_files import opened


def stays_for_others(files: OutputFiles, path: str) -> str:
    """Why a file of ours stays where it is, whatever becomes of the result: another endpoint, or another environment,
    has it, too; empty where it is ours alone."""
    too = (f"it {reasons.of_both(realm)}" for realm in files.other_endpoints(path))
    return files.kept(path) or next(too, "")


def move(files: OutputFiles, source: str, path: str, address: str, output_id: str) -> None:
    """Moves a file of ours, a result of ``address``; one that stays for others is copied."""
    target = files.absolute(path)
    files.probe(f"place {path}")
    with while_doing(f"cannot move {source} to {path}"), held(target.parent) as folder:
        place: str | Path = files.root / source
        if stays_for_others(files, source):
            part = part_of(target, address, output_id).name
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with opened(Path(place)) as there, open(folder.open(part, flags), "wb") as copy:  # noqa: PTH123
                shutil.copyfileobj(there, copy)
            place = part
        folder.place(place, target.name)
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
    target = files.root / path
    files.probe(f"remove {path}")
    with while_doing(f"cannot remove {path}"):
        target.unlink()
    files.probe(f"removed {path}")
    with contextlib.suppress(OSError):
        for folder in target.parents:
            if folder == files.root:
                break
            folder.rmdir()
    return True
