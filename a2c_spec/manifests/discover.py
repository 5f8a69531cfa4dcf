"""Find the project root, and the manifests that a command means."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests import globs
from a2c_spec.manifests.manifest_file import J2
from a2c_spec.manifests.project_file import SETTINGS_FILE, Project

_ENDINGS = (".yaml", ".yml", *J2)
_SKIPPED = frozenset({"node_modules", "__pycache__"})
_MANIFEST = re.compile(rb"^[ \t]*[\"']?apiVersion[\"']?[ \t]*:[ \t]*[\"']?a2c-spec/", re.MULTILINE)
_SEARCHED_BYTES = 64 * 1024  # of a file, for its apiVersion


def find_root(paths: Sequence[str | Path], cwd: Path) -> Path:
    """The project root: the nearest folder with ``a2c.yaml``, else the nearest with ``.git``, else ``cwd``.

    The search goes upwards from the folder of the first path, or from ``cwd`` when ``paths`` is empty.
    """
    start = cwd.resolve()
    if paths:
        first = (start / _without_wildcards(str(paths[0]))).resolve()
        start = first if first.is_dir() else first.parent
    parents = (start, *start.parents)
    for name in (SETTINGS_FILE, ".git"):
        for folder in parents:
            if (folder / name).exists():
                return folder
    return cwd.resolve()


def _without_wildcards(path: str) -> str:
    return path if not globs.is_pattern(path) else ("/" if path.startswith("/") else "") + globs.fixed_part(path)[0]


def discover(paths: Sequence[str], project: Project, cwd: Path) -> Iterator[str | Diagnostic]:
    """Yield the manifest files that ``paths`` (files, folders or patterns, relative to ``cwd``) name.

    Without ``paths``, yield those of the project. A file is taken as it is; of a folder, the files that contain
    ``apiVersion: a2c-spec/...``. A path that gives no manifest is a Diagnostic.
    """
    if paths:
        start, names = cwd, [str(path) for path in paths]
    else:
        start, names = project.root, list(project.manifests or ["."])
    for name in names:
        found = False
        for path in _files(name, start):
            found = True
            yield path if path.startswith("/") else os.path.relpath(start / path, cwd)
        if not found:
            yield Diagnostic(Position(name), "no manifest found here", "a manifest contains `apiVersion: a2c-spec/v1`")


def unreadable(project: Project) -> Iterator[str]:
    """Yield what may be, or hold, a manifest of the project and cannot be read, so that ``discover`` passes it over."""
    for name in project.manifests or ["."]:
        if (folder := project.root / name).is_dir():
            failed: list[OSError] = []
            for where, _, files in _walk(folder, failed.append):
                yield from (str(path) for file in files if not os.access(path := where / file, os.R_OK))
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


def _below(folder: Path) -> Iterator[str]:
    """Yield the manifests below a folder in a stable order, without hidden and foreign folders."""
    for here, below, files in _walk(folder):
        yield from (str(below / name) for name in files if _is_manifest(here / name))


def _walk(folder: Path, failed: Callable[[OSError], None] | None = None) -> Iterator[tuple[Path, Path, list[str]]]:
    """Every folder, also as seen from ``folder``, with the files that may be manifests; ``failed`` hears of those that
    cannot be read."""
    for where, folders, files in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        meant = [name for name in sorted(files) if name.endswith(_ENDINGS) and not name.startswith(".")]
        yield Path(where), Path(where).relative_to(folder), [name for name in meant if name != SETTINGS_FILE]


def _is_manifest(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _MANIFEST.search(file.read(_SEARCHED_BYTES)) is not None
    except OSError:
        return False
