"""Find the project root, and the manifests that a command means."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.errors import is_text, not_text, shown_name
from a2c_spec.manifests import globs
from a2c_spec.manifests.manifest_file import J2, is_damaged, is_manifest
from a2c_spec.manifests.project_file import Project
from a2c_spec.manifests.settings_file import SETTINGS_FILE, settings_in

_ENDINGS = (".yaml", ".yml", *J2)
NOTHING_HERE, HINT = "no manifest found here", "a manifest contains `apiVersion: a2c-spec/v1`"
TAKE_OUT = "if the last one was removed, take this entry out"
_SKIPPED = frozenset({"node_modules", "__pycache__"})
GIT, STATE_FOLDER = ".git", ".a2c"
HasState = Callable[[Path], bool]
"""Whether anything is recorded in a folder, as if it were the root of a project."""


def find_root(paths: Sequence[str | Path], cwd: Path, has_state: HasState = lambda _: False) -> Path:
    """The project root, searched upwards from the folder that all ``paths`` have in common, or from ``cwd``.

    It is the nearest folder with ``a2c.yaml``, or with what is meant to be that; else the nearest with a state, not
    beyond a git checkout; else the root of the checkout; else ``cwd`` if the manifests are below it, and their folder
    if not. So it does not depend on where one stands, once one of them is there.
    """
    here = cwd.resolve()
    start = Path(os.path.commonpath([_folder(here, str(path)) for path in paths])) if paths else here
    parents = (start, *start.parents)
    if settings := next((folder for folder in parents if settings_in(folder)), None):
        return settings.resolve()
    checkout = next((folder for folder in parents if (folder / GIT).exists()), None)
    within = parents if checkout is None else parents[: parents.index(checkout) + 1]
    if found := next((folder for folder in within if has_state(folder)), checkout):
        return found.resolve()
    is_below = any(one.is_relative_to(here) for one in (start, start.resolve()))
    return here if is_below else start.resolve()


def project_within(folder: Path, root: Path, has_state: HasState) -> tuple[Path, str] | None:
    """The project between ``root`` and a ``folder`` below it to which the folder belongs instead, and what says so:
    ``a2c.yaml``, or what is meant to be that, a state (``.a2c``), or ``.git`` where the root has no settings."""
    if not folder.is_relative_to(root):
        return None
    between = [folder, *folder.parents][: len(folder.relative_to(root).parts)]
    if said := next(((at, names[0]) for at in between if (names := settings_in(at))), None):
        return said
    tests: dict[str, HasState] = {STATE_FOLDER: has_state}
    if not settings_in(root):
        tests[GIT] = lambda at: (at / GIT).exists()
    return next(((at, name) for name, test in tests.items() for at in between if test(at)), None)


def _folder(cwd: Path, path: str) -> Path:
    """The folder in which a path is, by its name: a link in a project, which somebody else may have made, makes no
    other project of it."""
    found = Path(os.path.abspath(cwd / without_wildcards(path)))  # noqa: PTH100 - links are not followed
    return found if found.is_dir() else found.parent


def without_wildcards(path: str) -> str:
    """The folder that a pattern looks in; any other path as it is."""
    return path if not globs.is_pattern(path) else ("/" if path.startswith("/") else "") + globs.fixed_part(path)[0]


def discover(paths: Sequence[str], project: Project, cwd: Path) -> Iterator[str | Diagnostic]:
    """Yield the manifest files that ``paths`` (files, folders or patterns, relative to ``cwd``) name.

    Without ``paths``, yield those of the project. A file is taken as it is; of a folder, the files that contain
    ``apiVersion: a2c-spec/...``. A path that gives no manifest is a Diagnostic, at its place if the settings say it.
    """
    if paths:
        start, names = cwd, [str(path) for path in paths]
    else:
        start, names = project.root, list(project.manifests or ["."])
    said = {} if paths else project.places
    for number, name in enumerate(names):
        found, where = False, said.get(f"manifests.{number}")
        if where and not globs.is_pattern(name) and not (start / name).exists():
            yield Diagnostic(where, f"there is no file or folder `{name}`", f"it counts from this folder; {TAKE_OUT}")
            continue
        if where and (start / name).exists() and not ((start / name).is_dir() or (start / name).is_file()):
            yield Diagnostic(where, f"`{name}` is not a file or folder", TAKE_OUT)
            continue
        for path in _files(name, start):
            found = True
            if is_text(path):
                yield path if path.startswith("/") else os.path.relpath(start / path, cwd)
            else:
                why, hint = not_text(path, "rename it")
                yield Diagnostic(Position(shown_name(path)), f"the name of this manifest {why}", hint)
        if not found:
            told = (f"no manifest in `{name}`", f"{HINT}; {TAKE_OUT}") if where else (NOTHING_HERE, HINT)
            yield Diagnostic(where or Position(name), *told)


def unreadable(project: Project) -> Iterator[str]:
    """Yield what may be, or hold, a manifest of the project and cannot be read, or is damaged, so that ``discover``
    passes it over."""
    for name in project.manifests or ["."]:
        if (folder := project.root / name).is_dir():
            failed: list[OSError] = []
            for where, files in folders_below(folder, failed.append):
                meant = (where / file for file in files if may_be_manifest(file))
                yield from (str(path) for path in meant if not os.access(path, os.R_OK) or is_damaged(path))
            yield from (str(error.filename) for error in failed)


def _files(name: str, start: Path) -> Iterator[str]:
    path = start / name
    if path.is_dir():
        yield from (os.path.join(name, below) for below in _below(path))  # noqa: PTH118 - a name as it was given
    elif globs.is_pattern(name) and not path.exists():
        base, segments = globs.fixed_part(name)
        base = f"/{base}" if name.startswith("/") else base
        yield from (os.path.normpath(f"{base}/{found}") for found in globs.find(start / base, segments))
    else:
        yield name


def folders_below(folder: Path, failed: Callable[[OSError], None] | None = None) -> Iterator[tuple[Path, list[str]]]:
    """Yield a folder and those below it, in a stable order, without hidden and foreign ones; and their files.

    ``failed`` hears of folders that cannot be read.
    """
    for where, folders, files in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        yield Path(where), sorted(files)


def _below(folder: Path) -> Iterator[str]:
    """Yield the manifests below a folder."""
    for here, files in folders_below(folder):
        below = here.relative_to(folder)
        for name in files:
            if may_be_manifest(name) and is_manifest(here / name):
                yield str(below / name)


def may_be_manifest(name: str) -> bool:
    """Whether a file of this name is looked into where a folder is searched for manifests."""
    return name.endswith(_ENDINGS) and not name.startswith(".") and name != SETTINGS_FILE


def searched_folder(folder: str, path: str) -> bool:
    """Whether ``path`` is a file that is come across where ``folder`` is searched; both are below one root."""
    below = path if folder == "." else path.removeprefix(f"{folder}/")
    parts = below.split("/")[:-1]
    return (folder == "." or below != path) and not any(part.startswith(".") or part in _SKIPPED for part in parts)
