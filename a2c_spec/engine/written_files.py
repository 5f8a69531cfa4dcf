"""Files that a command writes where its user says: never over anything else than an earlier one of the same kind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

from a2c_spec.core.protected import protected
from a2c_spec.errors import UsageError, while_doing

if TYPE_CHECKING:
    from a2c_spec.engine.project import Project

OUTPUTS_FILE = "outputs.json"
OUTPUTS = b'{"format_version": '
REPORT = b'<meta name="generator" content="a2c-spec">'
BEGINNING = 1000
"""Bytes within which a file says what it is."""


def check_product(project: Project, flag: str, target: Path, mark: bytes) -> None:
    """Raises UsageError where a file that a flag names is anything but new, empty, or of the kind that has ``mark``."""
    real, root = target.resolve(), project.root.resolve()
    below = real.relative_to(root).as_posix() if real.is_relative_to(root) else ""
    if (part := protected(below)) and target != project.home / OUTPUTS_FILE:
        raise UsageError(f"{flag} {target}: nothing is written to {part}", hint="name a file elsewhere")
    if not target.exists():
        return
    if target.is_file():
        with while_doing(f"cannot read {target}"), target.open("rb") as file:
            beginning = file.read(BEGINNING)
        if not beginning or mark in beginning:
            return
    raise UsageError(
        f"{flag} {target}: something else is there already", hint="name another file, or move that one away"
    )


def new_file(path: Path, mode: int) -> IO[str]:
    """A new file to write text into, whatever was there before: it may have been a link to another one."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8")
