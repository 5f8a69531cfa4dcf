"""Files that a command writes where its user says: never over anything else than an earlier one of the same kind."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from a2c_spec.core.file_names import path_key
from a2c_spec.core.path_claims import Claims
from a2c_spec.core.protected import protected
from a2c_spec.engine.flags import absolute
from a2c_spec.errors import UsageError, while_doing

if TYPE_CHECKING:
    from a2c_spec.core.plan import Change
    from a2c_spec.engine.project import Project
    from a2c_spec.engine.session import Session

OUTPUTS_FILE = "outputs.json"
OUTPUTS = b'{"format_version": '
PLAN = b'"nonce": "'
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


def products(project: Project) -> Iterator[tuple[str, Path]]:
    """The flags that name a file which a plan, or its apply, writes, and that file."""
    flags = project.flags
    for flag, name in (("outputs", flags.outputs), ("out", flags.out)):
        if name:
            yield flags.named(flag), absolute(name, project.cwd)


def check_unclaimed(
    session: Session,
    targets: Iterable[tuple[str, Path]],
    claims: Claims | None = None,
    changes: Iterable[Change] = (),
) -> None:
    """Raises UsageError where a flag names a path that is that of a result, also one that is missing, or that manifests
    read or claim, or that one of ``changes`` writes, moves or removes."""
    root = session.project.root.resolve()
    paths: dict[str, str] = {}
    for flag, target in targets:
        real = target.parent.resolve() / target.name
        if real.is_relative_to(root):
            paths[real.relative_to(root).as_posix()] = f"{flag} {target}"
    for path, named in paths.items():
        owner = next((file.address for file in session.store.files_at(path)), "")
        why = f"that is the place of a result of {owner}" if owner else claims.use_of(path) if claims else ""
        touched = (one.address for one in changes if path_key(path) in map(path_key, _touched(one)))
        if not why and (address := next(touched, "")):
            why = f"{address} writes, moves or removes a result there"
        if why:
            raise UsageError(f"{named}: {why}", hint="name another file; nothing was sent")


def _touched(change: Change) -> Iterator[str]:
    moved = (path for move in change.moves for path in (move.source, move.target, move.place))
    yield from (*change.writes, *change.downloads, *moved, *change.removes, *change.replaces, *change.leaves)


def new_file(path: Path, mode: int) -> IO[str]:
    """A new file to write text into, whatever was there before: it may have been a link to another one."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8")
