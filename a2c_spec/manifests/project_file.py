"""The project: its root, its settings in ``a2c.yaml``, and where its manifests are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests import globs
from a2c_spec.manifests.documents import J2
from a2c_spec.manifests.expressions.limits import nearest
from a2c_spec.manifests.schema import published
from a2c_spec.manifests.yaml.reader import read_one
from a2c_spec.manifests.yaml.tree import MapNode, plain

SETTINGS_FILE = "a2c.yaml"
_ENDINGS = (".yaml", ".yml", *J2)
_SKIPPED = frozenset({"node_modules", "__pycache__"})
_MANIFEST = re.compile(rb"^[ \t]*[\"']?apiVersion[\"']?[ \t]*:[ \t]*[\"']?a2c-spec/", re.MULTILINE)
_SNIFFED = 64 * 1024


@dataclass(frozen=True, slots=True)
class Project:
    """What ``a2c.yaml`` says, with the chosen environment's settings laid over the general ones."""

    root: Path
    manifests: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    state: str = ""
    cache: Mapping[str, Any] = field(default_factory=dict)
    env: str = ""
    vars: Mapping[str, Any] = field(default_factory=dict)


def find_root(paths: Sequence[str | Path], cwd: Path) -> Path:
    """The project root: the nearest parent with ``a2c.yaml``, else with ``.git``, else ``cwd``.

    Parents are looked for from the first manifest's folder, or from ``cwd`` when no manifest is named.
    """
    start = cwd.resolve()
    if paths:
        first = (start / _fixed(str(paths[0]))).resolve()
        start = first if first.is_dir() else first.parent
    parents = (start, *start.parents)
    for name in (SETTINGS_FILE, ".git"):
        for folder in parents:
            if (folder / name).exists():
                return folder
    return cwd.resolve()


def _fixed(path: str) -> str:
    return path if not globs.is_pattern(path) else ("/" if path.startswith("/") else "") + globs.fixed_part(path)[0]


def load_project(root: Path, env: str = "") -> tuple[Project, list[Diagnostic]]:
    """The settings of the project at ``root``, for the environment ``env`` (or the default one)."""
    file = root / SETTINGS_FILE
    if not file.is_file():
        return Project(root, env=env), []
    try:
        tree, problems = read_one(file.read_bytes(), str(file))
    except OSError as error:
        return Project(root, env=env), [Diagnostic(Position(str(file)), f"cannot be read: {error.strerror}")]
    if not isinstance(tree, MapNode):
        wrong = [] if tree is None else [Diagnostic(Position(str(file), 1, 1), "the settings are a mapping")]
        return Project(root, env=env), problems + wrong
    problems += published.check("project", tree, tree.mark, rendered=True)
    if any(problem.severity == "error" for problem in problems):
        return Project(root, env=env), problems
    return _project(root, plain(tree), env, tree.mark.name, problems)


def _project(
    root: Path, settings: Mapping[str, Any], env: str, file: str, problems: list[Diagnostic]
) -> tuple[Project, list[Diagnostic]]:
    env = env or settings.get("defaults", {}).get("env", "")
    environments = settings.get("environments", {})
    chosen = environments.get(env, {})
    if env and environments and env not in environments and not (root / "vars" / f"{env}.yaml").is_file():
        problems.append(
            Diagnostic(Position(file, 1, 1), f"there is no environment `{env}`", nearest(env, environments))
        )
    cache = chosen.get("cache", settings.get("cache", {}))
    project = Project(
        root=root,
        manifests=tuple(settings.get("manifests", ())),
        defaults={**settings.get("defaults", {}), **chosen.get("defaults", {})},
        state=chosen.get("state", settings.get("state", "")),
        cache={"url": cache} if isinstance(cache, str) else cache,
        env=env,
        vars=chosen.get("vars", {}),
    )
    return project, problems


def discover(paths: Sequence[str], project: Project, cwd: Path) -> Iterator[str | Diagnostic]:
    """The manifest files that ``paths`` (files, folders, globs, relative to ``cwd``) mean; none means the project's.

    A file that is named is taken as it is; in folders, those count whose text says ``apiVersion: a2c-spec/...``.
    """
    if paths:
        start, names = cwd, [str(path) for path in paths]
    else:
        start, names = project.root, list(project.manifests or ["."])
    for name in names:
        met = False
        for path in _meant(name, start):
            met = True
            yield os.path.relpath(start / path, cwd) if not Path(path).is_absolute() else path
        if not met:
            yield Diagnostic(Position(name), "no manifest is found here", "a manifest says apiVersion: a2c-spec/v1")


def _meant(name: str, start: Path) -> Iterator[str]:
    path = start / name
    if path.is_dir():
        yield from (os.path.join(name, found) for found in _below(path))  # noqa: PTH118 - a name as it was given
    elif globs.is_pattern(name) and not path.exists():
        base, segments = globs.fixed_part(name)
        base = f"/{base}" if name.startswith("/") else base
        yield from (os.path.normpath(f"{base}/{found}") for found in globs.find(start / base, segments))
    else:
        yield name


def _below(folder: Path) -> Iterator[str]:
    """The manifests below a folder, hidden and foreign folders left out, in a stable order."""
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        for name in sorted(files):
            path = Path(where) / name
            if name.endswith(_ENDINGS) and not name.startswith(".") and name != SETTINGS_FILE and _is_manifest(path):
                yield str(path.relative_to(folder))


def _is_manifest(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _MANIFEST.search(file.read(_SNIFFED)) is not None
    except OSError:
        return False
