"""``plan``: what apply would do, and why."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import options, selection
from a2c_spec.commands.options import Flags, flags_of
from a2c_spec.commands.selection import Selection, selection_of
from a2c_spec.commands.workspace import Loaded, Workspace, load_all, open_workspace, warn

if TYPE_CHECKING:
    from a2c_spec.commands.planning import Step


@click.command("plan")
@options.manifests
@options.service
@options.offline
@options.explain
@options.on_conflict
@selection.options
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes, 0 when there are none.")
@options.output
def command(detailed_exitcode: bool, **given: Any) -> int:
    """Show what apply would do, and why. Sends nothing but GETs."""
    chosen = selection_of(given)
    return plan(flags_of(given), chosen, detailed_exitcode=detailed_exitcode)


def plan(flags: Flags, chosen: Selection, *, detailed_exitcode: bool = False) -> int:
    """Prints the plan; gives the exit code."""
    from a2c_spec.commands.planning import plan_of
    from a2c_spec.views.plan_json import plan_json
    from a2c_spec.views.plan_text import PlanView

    space = open_workspace(flags)
    loaded = load_all(space)
    warn(space, loaded)
    result = plan_of(asyncio.run(_steps(space, loaded, chosen)), partial=chosen.partial)
    if flags.as_json:
        click.echo(json.dumps(plan_json(result), ensure_ascii=False))
    else:
        click.echo(PlanView(space.style, flags.verbose, flags.explain).text(result))
    return 2 if detailed_exitcode and not result.empty else 0


async def _steps(space: Workspace, loaded: Loaded, chosen: Selection) -> list[Step]:
    from a2c_spec.commands.connection import connect, endpoint
    from a2c_spec.commands.planning import make_steps, open_desk
    from a2c_spec.core.events import ignore
    from a2c_spec.files.template import render_late

    with open_desk(space, endpoint(space).realm) as desk:
        if space.flags.offline:
            return await make_steps(desk, loaded, chosen, None)
        async with connect(space, desk.store, desk.landing, render_late, ignore) as connection:
            return await make_steps(desk, loaded, chosen, connection.client)
