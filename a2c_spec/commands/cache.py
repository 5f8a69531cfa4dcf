"""``cache``: lists and prunes the results cache."""

from __future__ import annotations

import re
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._numbers import Number
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, style_of
from a2c_spec.commands._variables import named_flag
from a2c_spec.core.reasons import counted, size
from a2c_spec.engine.private_files import keep_private
from a2c_spec.engine.project import Project
from a2c_spec.engine.reuse import cache_limits, cache_of, evict
from a2c_spec.errors import UsageError
from a2c_spec.state.results_cache import MARK, ResultsCache
from a2c_spec.views.cache import entry_json, listing

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@click.group("cache")
def command() -> None:
    """List or prune the results cache: results that were paid for, kept to be used again."""


@command.command("list")
@options.chdir
@options.env
@options.output
def list_(**given: Any) -> int:
    """List the cached results, the most recently used first."""
    project, cache = _opened(given)
    entries = sorted(cache.entries(), key=lambda entry: -entry.used_at)
    emit(
        project.flags,
        lambda: [entry_json(entry) for entry in entries],
        lambda: listing(entries, style_of(project)),
    )
    return 0


@command.command("prune")
@options.chdir
@options.env
@click.option("--max-size", default="", metavar="SIZE", help="Keep at most this much, for example 500M or 20G.")
@click.option("--max-age", type=Number(min=0), metavar="DAYS", help="Keep what was used in the last DAYS days.")
@options.output
def prune(max_size: str, max_age: float | None, **given: Any) -> int:
    """Remove the least recently used results. Limits that are not given come from a2c.yaml, for its own cache."""
    project, cache = _opened(given)
    settings = cache_limits(project)
    most = _bytes(max_size) if max_size else settings.get("max_bytes")
    days = max_age if max_age is not None else settings.get("max_age_days")
    if most is None and days is None:
        raise UsageError("no limit is given", hint="add --max-size 20G or --max-age 30")
    if not cache.is_ours():
        hint = f"something else is in it; where nobody else writes there, an empty file {MARK} in it says so"
        raise UsageError(f"the folder {cache.root} was not made for results, so nothing is removed from it", hint=hint)
    done = evict(cache, {"max_bytes": most, "max_age_days": days}, project.runtime.clock())
    assert done is not None  # noqa: S101 - one of them is given
    freed, left = size(done.freed), size(done.size)
    emit(
        project.flags,
        lambda: {"removed": done.removed, "freed": done.freed, "left": done.left, "size": done.size},
        lambda: f"Removed {counted(done.removed, 'result')} ({freed}); {done.left} left ({left}).",
    )
    return 0


def _opened(given: dict[str, Any]) -> tuple[Project, ResultsCache]:
    project = project_of(flags_of(given)).checked()
    keep_private(project)
    cache = cache_of(project)
    assert cache is not None  # noqa: S101 - there is no --no-cache here
    return project, cache


def _bytes(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,100})\s*([kmgt]?)b?", text.strip().lower())
    if not found:
        raise UsageError(f"{named_flag('max_size')} {text}: expected a size such as 500M or 20G")
    return int(found[1]) * _UNITS[found[2]]
