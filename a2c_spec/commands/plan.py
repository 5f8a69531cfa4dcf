"""``plan``: what apply would do, and why."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Reading, Workspace, open_workspace, reading, tell_warnings
from a2c_spec.engine.refresh import refresh_only
from a2c_spec.engine.selection import Selection, selection_of
from a2c_spec.errors import UsageError

if TYPE_CHECKING:
    from a2c_spec.core.plan import Plan
    from a2c_spec.engine.plan import Step


@click.command("plan")
@options.manifests
@options.service
@options.offline
@options.explain
@options.no_cache
@options.on_conflict
@options.selection
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes, 0 when there are none.")
@options.refresh_only
@click.option("-o", "--out", default="", metavar="FILE", help="Save the plan there (NAME.a2cplan.json).")
@options.output
def command(detailed_exitcode: bool, out: str, **given: Any) -> int:
    """Show what apply would do, and why. Sends nothing but GETs."""
    chosen = selection_of(given)
    if given.pop("refresh_only"):
        return refresh_only(flags_of(given), write=False)
    return plan(flags_of(given), chosen, out, detailed_exitcode=detailed_exitcode)


def plan(flags: Flags, chosen: Selection, out: str = "", *, detailed_exitcode: bool = False) -> int:
    """Prints the plan, and saves it to ``out``; gives the exit code."""
    from a2c_spec.engine.plan import plan_of
    from a2c_spec.views.plan_json import plan_json
    from a2c_spec.views.plan_text import PlanView

    space = open_workspace(flags)
    manifests = reading(space)
    steps = asyncio.run(_steps(space, manifests, chosen, whole=bool(out) or flags.detailed))
    tell_warnings(space, manifests.found)
    result = plan_of(steps, partial=chosen.partial)
    if out:
        _save(space, out, result, steps, chosen)
    if flags.as_json:
        click.echo(json.dumps(plan_json(result), ensure_ascii=False))
    else:
        click.echo(PlanView(space.style, flags.verbose, flags.explain).text(result))
    return 2 if detailed_exitcode and not result.empty else 0


def _save(space: Workspace, out: str, result: Plan, steps: list[Step], chosen: Selection) -> None:
    from a2c_spec.engine.connection import endpoint
    from a2c_spec.engine.planfile import SUFFIX, is_saved_plan, write

    if not is_saved_plan(out):
        raise UsageError(f"--out {out}: the name of a plan ends in {SUFFIX}")
    if space.flags.offline:
        raise UsageError("--offline cannot save a plan: it does not know what is live")
    write(space.cwd / out, result, steps, space.flags, chosen, endpoint(space).realm)
    space.talk(f"saved; `a2c-spec apply {out}` does just this, once, and refuses when anything it rests on moved")


async def _steps(space: Workspace, manifests: Reading, chosen: Selection, *, whole: bool) -> list[Step]:
    from a2c_spec.core.events import ignore
    from a2c_spec.engine.connection import connect, endpoint
    from a2c_spec.engine.plan import open_desk
    from a2c_spec.engine.plan_many import surveyed
    from a2c_spec.manifests.expressions.template import render_late

    with open_desk(space, endpoint(space).realm) as session:
        if space.flags.offline:
            return await surveyed(session, manifests, chosen, None, whole=whole)
        async with connect(space, session.store, session.landing, render_late, ignore) as connection:
            return await surveyed(session, manifests, chosen, connection.client, whole=whole)
