"""What we keep is for its owner alone, whatever was there before, and no link is followed in its place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_ISDIR, S_ISLNK, S_ISREG
from typing import TYPE_CHECKING

from a2c_spec.errors import UsageError, while_doing
from a2c_spec.manifests.discover import STATE_FOLDER
from a2c_spec.own_databases import BESIDE

if TYPE_CHECKING:
    from a2c_spec.engine.project import Project

Identity = tuple[int, int]
"""Device and inode."""
OTHERS = 0o077
HINT = "it may lead anywhere, so it is not followed: remove it; `state` and `cache` in a2c.yaml name other places"


def keep_private(project: Project) -> Mapping[Path, Identity | None]:
    """Takes what we keep from the view of others, and returns its folders.

    Raises UsageError where a link, or a pipe, stands in the place of any of it, as whoever can change files of the
    project, such as a pull request, may have put it there.
    """
    before = _folders(project)
    for path in _ours(project):
        mode = _checked(project, path)
        if mode & OTHERS and not _is_a_users(path, project):
            with suppress(OSError):  # another user's, or a file system without modes
                path.chmod(S_IMODE(mode) & ~OTHERS)
    for path in _within(project):
        _checked(project, path)
    return before


def _folders(project: Project) -> dict[Path, Identity | None]:
    """The folders in which we keep records, as they are now; None of one that is not there yet."""
    return {one: _identity(one) for one in (project.root / STATE_FOLDER, project.home, *_between(project))}


def _between(project: Project) -> list[Path]:
    """The folders of the project in which the state is, the nearest first."""
    root = project.root
    return [one for one in project.state_file().parents if one.is_relative_to(root) and one != root]


def check_same(project: Project, before: Mapping[Path, Identity | None]) -> None:
    """Raises UsageError where one of them is a link, or another folder, by now: SQLite takes a path, so what it opened
    may be elsewhere."""
    for path, known in before.items():
        _checked(project, path)
        if known and _identity(path) != known:
            told = f"another folder was put in the place of {project.named(path)} while it was opened"
            raise UsageError(told, hint="put it back, and try again; nothing was sent")


def _identity(path: Path) -> Identity | None:
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def _checked(project: Project, path: Path) -> int:
    """The mode of a file or a folder, 0 where there is none."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
    if S_ISLNK(mode):
        raise UsageError(f"{project.named(path)} is a link, where a2c-spec keeps its records", hint=HINT)
    if not S_ISREG(mode) and not S_ISDIR(mode):
        told = f"{project.named(path)} is neither a file nor a folder, where a2c-spec keeps its records"
        raise UsageError(told, hint="it could make a command wait, so it is not opened: remove it")
    return mode


def _ours(project: Project) -> Iterator[Path]:
    """Every file and folder of ours, the folders first; of what is within the cache and the local API, the door."""
    home = project.root / STATE_FOLDER
    for folder in dict.fromkeys((home, home / "env", project.home, project.home / "local")):
        yield folder
        if _is_folder(folder):
            with while_doing(f"cannot read {folder}"):
                yield from sorted(folder.iterdir())
    state = project.state_file()
    yield from reversed(_between(project))
    for file in (state, state.with_suffix(".lock"), *project.spending_files):
        yield from (Path(f"{file}{end}") for end in BESIDE)


def _within(project: Project) -> Iterator[Path]:
    """What stands in the place of a folder of the cache or of the local API, and is none.

    The files in those folders are looked at when they are opened. The folder of a cache elsewhere in the project is its
    user's, and may be a link to another one there.
    """
    local = project.home / "local"
    cache = project.root / (str(project.file.cache.get("url", "")) or f"{STATE_FOLDER}/cache")
    for folder in (cache / "entries", cache / "files", local / "files", local / "runners"):
        yield folder
        if _is_folder(folder):
            with while_doing(f"cannot read {folder}"), os.scandir(folder) as entries:
                yield from [Path(one.path) for one in entries if not one.is_dir(follow_symlinks=False)]


def _is_folder(path: Path) -> bool:
    try:
        return S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _is_a_users(path: Path, project: Project) -> bool:
    """Whether it is a folder that we did not make, and in which our state stands beside other things."""
    return path.is_dir() and STATE_FOLDER not in path.relative_to(project.root).parts
