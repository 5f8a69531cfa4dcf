"""What we keep is for its owner alone, whatever was there before, and no link is followed in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_ISDIR, S_ISLNK, S_ISREG
from typing import TYPE_CHECKING

from a2c_spec.errors import UsageError, while_doing
from a2c_spec.manifests.discover import STATE_FOLDER
from a2c_spec.own_databases import BESIDE

if TYPE_CHECKING:
    from a2c_spec.engine.project import Project

OTHERS = 0o077
HINT = "it may lead anywhere, so it is not followed: remove it; `state` and `cache` in a2c.yaml name other places"


def keep_private(project: Project) -> None:
    """Takes what we keep from the view of others; raises UsageError where a link, or a pipe, stands in the place of
    any of it, as whoever can change files of the project, such as a pull request, may have put it there."""
    for path in _ours(project):
        try:
            status = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if S_ISLNK(status.st_mode):
            raise UsageError(f"{project.named(path)} is a link, where a2c-spec keeps its records", hint=HINT)
        if not S_ISREG(status.st_mode) and not S_ISDIR(status.st_mode):
            told = f"{project.named(path)} is neither a file nor a folder, where a2c-spec keeps its records"
            raise UsageError(told, hint="it could make a command wait, so it is not opened: remove it")
        if status.st_mode & OTHERS and not _is_a_users(path, project):
            with suppress(OSError):  # another user's, or a file system without modes
                path.chmod(S_IMODE(status.st_mode) & ~OTHERS)


def _ours(project: Project) -> Iterator[Path]:
    """Every file and folder of ours, the folders first; of what is within the cache and the local API, the door."""
    home = project.root / STATE_FOLDER
    for folder in dict.fromkeys((home, home / "env", project.home, project.home / "local")):
        yield folder
        if _is_folder(folder):
            with while_doing(f"cannot read {folder}"):
                yield from sorted(folder.iterdir())
    state = project.state_file()
    between = [one for one in state.parents if one.is_relative_to(project.root) and one != project.root]
    yield from reversed(between)
    for file in (state, state.with_suffix(".lock"), *project.spending_files):
        yield from (Path(f"{file}{end}") for end in BESIDE)


def _is_folder(path: Path) -> bool:
    try:
        return S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _is_a_users(path: Path, project: Project) -> bool:
    """Whether it is a folder that we did not make, and in which our state stands beside other things."""
    return path.is_dir() and STATE_FOLDER not in path.relative_to(project.root).parts
