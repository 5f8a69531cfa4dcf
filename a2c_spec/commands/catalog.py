"""``catalog``: what the service converts into what, and with which options."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from a2c_spec.commands import options
from a2c_spec.commands.options import Flags, flags_of
from a2c_spec.commands.session import session
from a2c_spec.commands.workspace import Workspace, open_workspace
from a2c_spec.errors import UsageError
from a2c_spec.views.table import table

Row = Mapping[str, Any]


@click.command("catalog")
@click.argument("target", required=False, default="")
@click.option("-C", "--chdir", default="", metavar="DIR", help="Run as if started there.")
@options.service
@options.output
def command(target: str, **given: Any) -> int:
    """List all targets, or show the options of one: TARGET or CATEGORY/TARGET."""
    return catalog(flags_of(given), target)


def catalog(flags: Flags, target: str) -> int:
    """Prints targets by category, or the options of a target."""
    space = open_workspace(flags)
    rows = asyncio.run(_rows(space))
    chosen = [row for row in rows if _is(row, target)] if target else rows
    if not chosen:
        raise UsageError(f"the service has no target {target!r}", hint="`a2c-spec catalog` lists them")
    if flags.as_json:
        click.echo(json.dumps(chosen, ensure_ascii=False))
    elif target:
        click.echo("\n\n".join(_options(row, space) for row in chosen))
    else:
        click.echo(_listing(rows, space))
    return 0


async def _rows(space: Workspace) -> list[Row]:
    async with session(space) as (_, connection):
        return [row async for row in connection.client.catalog()]


def _is(row: Row, target: str) -> bool:
    return target in (row.get("target"), f"{row.get('category')}/{row.get('target')}")


def _listing(rows: Sequence[Row], space: Workspace) -> str:
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(str(row.get("category")), []).append(str(row.get("target")))
    cells = [(name, ", ".join(sorted(targets))) for name, targets in sorted(groups.items())]
    return table(("CATEGORY", "TARGETS"), cells, space.style)


def _options(row: Row, space: Workspace) -> str:
    found = row.get("options")
    cells = [(name, *_cells(one)) for name, one in found.items()] if isinstance(found, Mapping) else []
    head = space.style(f"{row.get('category')}/{row.get('target')}", "bold")
    return f"{head}\n" + table(("OPTION", "TYPE", "DEFAULT", "ALLOWED", "WHAT IT DOES"), cells, space.style)


def _cells(one: Any) -> tuple[str, str, str, str]:
    if not isinstance(one, Mapping):
        return "", "", "", ""
    allowed = ", ".join(map(str, one["enum"])) if one.get("enum") else _range(one)
    default = "" if one.get("default") is None else str(one["default"])
    return str(one.get("type", "")), default, allowed, str(one.get("description", ""))


def _range(one: Row) -> str:
    low, high = one.get("minimum"), one.get("maximum")
    if low is None and high is None:
        return str(one.get("pattern", ""))
    return f"{'' if low is None else low}..{'' if high is None else high}"
