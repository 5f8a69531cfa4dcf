"""Every setting as it holds for one command, and where its value is from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from a2c_spec.engine.endpoint import endpoint, named_by
from a2c_spec.engine.project import Project
from a2c_spec.engine.reuse import cache_limits, cache_place

BUILT_IN = "built in"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; ``value`` None means that there is no bound, or nothing is chosen. ``source`` is a flag, a variable,
    a place in a2c.yaml, or the word for what is built in."""

    name: str
    value: Any
    source: str = BUILT_IN


def effective_settings(project: Project) -> Iterator[Setting]:
    """The settings in the order in which they are documented; raises InvalidError where one is refused."""
    flags, file = project.checked().flags, project.file
    yield Setting("env", file.env or None, _source(project, "env"))
    yield Setting("manifests", list(file.manifests) or None, project.file.place("manifests") or BUILT_IN)
    for name in (
        "parallelism",
        "timeout",
        "max_credits",
        "max_replace",
        "confirm_above",
        "fail_fast",
        "max_download_bytes",
    ):
        yield Setting(name, getattr(flags, name), _source(project, name))
    policy = flags.on_conflict or file.defaults.get("on_conflict", "error")
    yield Setting("on_conflict", policy, _source(project, "on_conflict"))
    yield Setting("strategy", file.defaults.get("strategy", "fewest-calls"), _source(project, "strategy"))
    where = named_by(project) or "built in, or config.toml of the official client"
    yield Setting("base_url", endpoint(project).base_url, where)
    yield Setting("state", os.path.relpath(project.state_file(), project.root), _state(project))
    cache, variable = cache_place(project)
    yield Setting(
        "cache", cache, variable or project.file.place("cache.url") or project.file.place("cache") or BUILT_IN
    )
    for name in ("cache.max_bytes", "cache.max_age_days", "budget.per_run", "budget.per_day"):
        group = cache_limits(project) if name.startswith("cache") else file.budget
        value = group.get(name.partition(".")[2])
        yield Setting(name, value, (project.file.place(name) if group else "") or BUILT_IN)


def _source(project: Project, name: str) -> str:
    """Where the value of a flag is from."""
    return project.flags.given.get(name) or project.file.place(f"defaults.{name}") or BUILT_IN


def _state(project: Project) -> str:
    return project.flags.given.get("state") or project.file.place("state") or BUILT_IN
