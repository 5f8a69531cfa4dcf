"""``catalog``: what the service converts into what, and a snapshot of it that manifests are checked against."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.core.compare import differences
from a2c_spec.core.reasons import counted, shown
from a2c_spec.engine.project import Workspace, open_workspace
from a2c_spec.engine.session import open_session
from a2c_spec.errors import UsageError
from a2c_spec.manifests.catalog import CATALOG_FILE, catalog_rows
from a2c_spec.views.table import table

Row = Mapping[str, Any]


@click.group("catalog")
def command() -> None:
    """List what the service converts, show the options of a target, keep a snapshot to check manifests against."""


def _verb(name: str, *extra: Callable[[Any], Any]) -> Callable[[Callable[..., int]], click.Command]:
    """One subcommand with the shared flags."""

    def make(function: Callable[..., int]) -> click.Command:
        made: Any = options.service(options.output(function))
        made = click.option("-C", "--chdir", default="", metavar="DIR", help="Run as if started there.")(made)
        for decorator in reversed(extra):
            made = decorator(made)
        return command.command(name)(made)

    return make


@_verb("list")
def catalog_list(**given: Any) -> int:
    """List all targets by category."""
    space = open_workspace(flags_of(given))
    rows = asyncio.run(_live(space))
    click.echo(json.dumps(rows, ensure_ascii=False) if space.flags.as_json else _listing(rows, space))
    return 0


@_verb("show", click.argument("target"))
def catalog_show(target: str, **given: Any) -> int:
    """Show the options of TARGET or CATEGORY/TARGET."""
    space = open_workspace(flags_of(given))
    rows = [row for row in asyncio.run(_live(space)) if target in (row.get("target"), _name(row))]
    if not rows:
        raise UsageError(f"the service has no target {target!r}", hint="`a2c-spec catalog list` lists them")
    click.echo(
        json.dumps(rows, ensure_ascii=False) if space.flags.as_json else "\n\n".join(_options(r, space) for r in rows)
    )
    return 0


@_verb("pull")
def catalog_pull(**given: Any) -> int:
    """Write the catalog to a2c.catalog.json, to be committed; from then on manifests are checked against it."""
    space = open_workspace(flags_of(given))
    rows = sorted(asyncio.run(_live(space)), key=_name)
    (space.root / CATALOG_FILE).write_text(json.dumps(rows, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    space.talk(f"wrote {CATALOG_FILE}: {counted(len(rows), 'target')}")
    return 0


@_verb("diff", click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when they differ."))
def catalog_diff(detailed_exitcode: bool, **given: Any) -> int:
    """Show where the service's catalog differs from a2c.catalog.json."""
    space = open_workspace(flags_of(given))
    kept = catalog_rows(space.root)
    if kept is None:
        raise UsageError(f"there is no {CATALOG_FILE} in {space.root}", hint="`a2c-spec catalog pull` writes it")
    before, after = ({_name(row): row.get("options") for row in rows} for rows in (kept, asyncio.run(_live(space))))
    found = [(path, shown(old), shown(new)) for path, old, new in differences(before, after)]
    if space.flags.as_json:
        click.echo(json.dumps([{"path": path, "before": old, "after": new} for path, old, new in found]))
    else:
        click.echo("\n".join(f"{path}: {old} -> {new}" for path, old, new in found) or "no difference")
    return 2 if found and detailed_exitcode else 0


async def _live(space: Workspace) -> list[Row]:
    async with open_session(space) as (_, connection):
        return [row async for row in connection.client.catalog()]


def _name(row: Row) -> str:
    return f"{row.get('category')}/{row.get('target')}"


def _listing(rows: Sequence[Row], space: Workspace) -> str:
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(str(row.get("category")), []).append(str(row.get("target")))
    cells = [(name, ", ".join(sorted(targets))) for name, targets in sorted(groups.items())]
    return table(("CATEGORY", "TARGETS"), cells, space.style)


def _options(row: Row, space: Workspace) -> str:
    found = row.get("options")
    cells = [(name, *_cells(one)) for name, one in found.items()] if isinstance(found, Mapping) else []
    head = space.style(_name(row), "bold")
    return f"{head}\n" + table(("OPTION", "TYPE", "DEFAULT", "ALLOWED", "WHAT IT DOES"), cells, space.style)


def _cells(one: Any) -> tuple[str, str, str, str]:
    if not isinstance(one, Mapping):
        return "", "", "", ""
    allowed = ", ".join(map(str, one["enum"])) if one.get("enum") else _range(one)
    default = "" if one.get("default") is None else str(one["default"])
    short = allowed if len(allowed) <= 48 else f"{allowed[:45]}..."
    return str(one.get("type", "")), default, short, str(one.get("description", ""))


def _range(one: Row) -> str:
    low, high = one.get("minimum"), one.get("maximum")
    if low is None and high is None:
        return str(one.get("pattern", ""))
    return f"{'' if low is None else low}..{'' if high is None else high}"
