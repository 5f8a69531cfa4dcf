"""Why no file can be written in a folder, as far as the disk tells without writing anything."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from a2c_spec.core.file_names import LONGEST_NAME
from a2c_spec.errors import why

MOVE_IT = "move it away, or save in another folder"


def name_problem(name: str) -> str:
    """Why no file or folder can have this name; empty when it can."""
    if len(os.fsencode(name)) > LONGEST_NAME:
        return f"the name {name[:20]}... is longer than {LONGEST_NAME} bytes; choose a shorter one"
    return ""


def folder_problem(root: Path, folder: str) -> str:
    """Why no file can be written in ``folder`` below ``root``; empty when it can. The folder need not exist yet."""
    names = [name for name in folder.split("/") if name]
    if long := next(filter(None, map(name_problem, names)), ""):
        return long
    for depth in range(len(names), -1, -1):
        path, shown = root.joinpath(*names[:depth]), "/".join(names[:depth]) or "the project folder"
        try:
            mode = path.stat().st_mode
        except PermissionError:
            continue  # the folder above it cannot be searched, and is looked at next
        except (FileNotFoundError, NotADirectoryError):
            if path.is_symlink():
                return f"{shown} is a link to something that does not exist; {MOVE_IT}"
            continue
        except OSError as error:
            return f"{shown} cannot be read: {why(error)}; {MOVE_IT}"
        return _existing_problem(path, shown, mode, root)
    return f"{root} does not exist"


def _existing_problem(folder: Path, shown: str, mode: int, root: Path) -> str:
    if not stat.S_ISDIR(mode):
        return f"{shown} is a file, not a folder; {MOVE_IT}"
    if not folder.resolve().is_relative_to(root.resolve()):
        return f"{shown} leads out of the project through a symbolic link; {MOVE_IT}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{shown} is not writable; change its permissions, or save in another folder"
    return ""
