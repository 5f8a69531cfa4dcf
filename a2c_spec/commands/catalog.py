"""``catalog``: what the service can convert, and the snapshot of it that manifests are checked against."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import did, emit, project_of, style_of
from a2c_spec.core.compare import differences
from a2c_spec.core.reasons import counted, shown
from a2c_spec.engine.endpoint import endpoint
from a2c_spec.engine.project import Project
from a2c_spec.engine.session import open_session
from a2c_spec.engine.written_files import new_file
from a2c_spec.errors import NetworkError, UsageError, while_doing
from a2c_spec.manifests.catalog import CATALOG_FILE, Snapshot, built_in, catalog_rows, lacking, project_snapshot
from a2c_spec.manifests.expressions.limits import nearest
from a2c_spec.views.style import PLAIN
from a2c_spec.views.table import table

Row = Mapping[str, Any]

_snapshot = click.option(
    "--offline",
    is_flag=True,
    help="Show a2c.catalog.json, else the built-in catalog: what manifests are checked against.",
)


@click.group("catalog")
def command() -> None:
    """List what the service converts, show the options of a target, keep a snapshot to check manifests against."""


@command.command("list")
@_snapshot
@options.project
def catalog_list(**given: Any) -> int:
    """List all targets by category."""
    project = project_of(flags_of(given))
    rows = _rows(project)
    emit(project.flags, lambda: rows, lambda: _listing(rows, project))
    return 0


@command.command("show")
@click.argument("target")
@_snapshot
@options.project
def catalog_show(target: str, **given: Any) -> int:
    """Show the options of TARGET or CATEGORY/TARGET."""
    project = project_of(flags_of(given))
    all_rows = _rows(project)
    rows = [row for row in all_rows if target in (row.get("target"), _name(row))]
    if not rows:
        raise UsageError(f"there is no target {target!r}", hint=nearest(target, [row["target"] for row in all_rows]))
    emit(project.flags, lambda: rows, lambda: "\n\n".join(_options(row, project) for row in rows))
    return 0


@command.command("pull")
@options.project
def catalog_pull(**given: Any) -> int:
    """Write the catalog to a2c.catalog.json. Commit it; manifests are then checked against it.

    Without one, they are checked against the catalog that comes with a2c-spec.
    """
    project = project_of(flags_of(given))
    rows = sorted(asyncio.run(_live(project)), key=_name)
    if lacks := lacking(rows):
        hint = "nothing was written; check API2CONVERT_BASE_URL and --base-url, or try again later"
        raise NetworkError(f"the catalog of {endpoint(project).base_url} {lacks}", hint=hint)
    today = datetime.fromtimestamp(project.runtime.clock(), UTC).date().isoformat()
    snapshot = Snapshot([dict(sorted(row.items())) for row in rows], today, endpoint(project).realm)
    draft = project.root / f".{CATALOG_FILE}.{os.getpid()}"
    with while_doing(f"cannot write {CATALOG_FILE}"):
        with new_file(draft, 0o666) as file:
            file.write(snapshot.text())
        draft.replace(project.root / CATALOG_FILE)  # a link there may lead anywhere, so it is not followed
    told = f"wrote {CATALOG_FILE}: {counted(len(rows), 'target')}"
    did(project.flags, told, written=CATALOG_FILE, targets=len(rows))
    return 0


@command.command("diff")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when they differ.")
@options.project
def catalog_diff(detailed_exitcode: bool, **given: Any) -> int:
    """Show where the service's catalog differs from a2c.catalog.json."""
    project = project_of(flags_of(given))
    kept = catalog_rows(project.root)
    if kept is None:
        raise UsageError(f"there is no {CATALOG_FILE} in {project.root}", hint="`a2c-spec catalog pull` writes it")
    before, after = ({_name(row): row.get("options") for row in rows} for rows in (kept, asyncio.run(_live(project))))
    found = [(path, shown(old), shown(new)) for path, old, new in differences(before, after)]
    emit(
        project.flags,
        lambda: [{"path": path, "before": old, "after": new} for path, old, new in found],
        lambda: PLAIN.lines(f"{path}: {old} -> {new}" for path, old, new in found) or "no difference",
    )
    return 2 if found and detailed_exitcode else 0


def _rows(project: Project) -> Sequence[Row]:
    """The rows of the service; with --offline those that manifests are checked against."""
    if project.flags.offline:
        snapshot = project_snapshot(project.root)
        return built_in().rows if snapshot is None else snapshot.rows
    return asyncio.run(_live(project))


async def _live(project: Project) -> list[Row]:
    async with open_session(project) as session:
        return [row async for row in session.service.client.catalog()]


def _name(row: Row) -> str:
    return f"{row.get('category')}/{row.get('target')}"


def _listing(rows: Sequence[Row], project: Project) -> str:
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(str(row.get("category")), []).append(str(row.get("target")))
    cells = [(name, ", ".join(sorted(targets))) for name, targets in sorted(groups.items())]
    return table(("CATEGORY", "TARGETS"), cells, style_of(project))


def _options(row: Row, project: Project) -> str:
    found = row.get("options")
    if "options" not in row:
        return f"{style_of(project)(_name(row), 'bold')}\nits options are not known here"
    cells = [(name, *_cells(option)) for name, option in found.items()] if isinstance(found, Mapping) else []
    head = style_of(project)(_name(row), "bold")
    return f"{head}\n" + table(("OPTION", "TYPE", "DEFAULT", "ALLOWED", "WHAT IT DOES"), cells, style_of(project))


def _cells(option: Any) -> tuple[str, str, str, str]:
    if not isinstance(option, Mapping):
        return "", "", "", ""
    allowed = ", ".join(map(str, option["enum"])) if option.get("enum") else _range(option)
    default = "" if option.get("default") is None else str(option["default"])
    short = allowed if len(allowed) <= 48 else f"{allowed[:45]}..."
    return str(option.get("type", "")), default, short, str(option.get("description", ""))


def _range(option: Row) -> str:
    low, high = option.get("minimum"), option.get("maximum")
    if low is None and high is None:
        return str(option.get("pattern", ""))
    return f"{'' if low is None else low}..{'' if high is None else high}"
