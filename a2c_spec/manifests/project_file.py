"""The settings of a project, from ``a2c.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests.expressions.limits import nearest
from a2c_spec.manifests.schema import published
from a2c_spec.manifests.yaml.reader import read_one
from a2c_spec.manifests.yaml.tree import MapNode, plain

SETTINGS_FILE = "a2c.yaml"


@dataclass(frozen=True, slots=True)
class Project:
    """The settings in ``a2c.yaml``; those of the chosen environment take precedence over the general ones."""

    root: Path
    manifests: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    state: str = ""
    cache: Mapping[str, Any] = field(default_factory=dict)
    env: str = ""
    vars: Mapping[str, Any] = field(default_factory=dict)


def load_project(root: Path, env: str = "") -> tuple[Project, list[Diagnostic]]:
    """The settings of the project at ``root`` for the environment ``env`` (or the default one), and what is wrong."""
    file = root / SETTINGS_FILE
    if not file.is_file():
        return Project(root, env=env), []
    try:
        tree, problems = read_one(file.read_bytes(), str(file))
    except OSError as error:
        problem = Diagnostic(Position(str(file)), f"the settings cannot be read: {error.strerror}")
        return Project(root, env=env), [problem]
    if not isinstance(tree, MapNode):
        if tree is not None:
            problems.append(Diagnostic(Position(str(file), 1, 1), "the settings must be a mapping"))
        return Project(root, env=env), problems
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
