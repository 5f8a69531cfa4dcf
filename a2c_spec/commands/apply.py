"""``apply``: carries the plan out, downloads and verifies the results, remembers what it did."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.engine.apply import ApplyOptions, Run
from a2c_spec.engine.budget import Limits, within
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.interrupts import stoppable
from a2c_spec.engine.planfile import SavedPlan, check, is_saved_plan, read, used
from a2c_spec.engine.project import Reading, Workspace, open_workspace, reading, tell_warnings
from a2c_spec.engine.refresh import refresh_only
from a2c_spec.engine.runtime import DEFAULT_RUNTIME, Runtime
from a2c_spec.engine.selection import EVERYTHING, Selection, selection_of
from a2c_spec.errors import Conflict, LimitRefused, UsageError, missing_key

if TYPE_CHECKING:
    from a2c_spec.core.plan import Plan
    from a2c_spec.views.progress import Progress


@click.command("apply")
@options.manifests
@options.service
@options.explain
@options.no_cache
@options.on_conflict
@options.selection
@click.option(
    "-y", "--yes", "--auto-approve", "yes", is_flag=True, help="Do not ask, even if something is paid for again."
)
@click.option("--detach", is_flag=True, help="Return as soon as every job has started; `wait` goes on from there.")
@click.option(
    "--timeout",
    default=0.0,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Wait no longer for a job; it runs on, and `wait` reattaches.",
)
@options.refresh_only
@click.option("--outputs", default="", metavar="FILE", help="Write outputs.json there.  [default: .a2c/outputs.json]")
@options.limits
@click.option("--fail-fast", is_flag=True, help="Stop starting jobs after the first failure.")
@options.output
@click.pass_obj
def command(runtime: Runtime | None, /, yes: bool, detach: bool, fail_fast: bool, **given: Any) -> int:
    """Carry the plan out: upload, convert, download, verify, remember. A second apply does nothing."""
    chosen = selection_of(given)
    if given.pop("refresh_only"):
        return refresh_only(flags_of(given), write=True)
    bounds = Limits(given.pop("max_credits"), given.pop("max_replace"))
    manner = ApplyOptions(yes, detach, fail_fast, given.pop("timeout"), limits=bounds)
    return apply(flags_of(given), manner, chosen, runtime or DEFAULT_RUNTIME)


def apply(
    flags: Flags, manner: ApplyOptions, chosen: Selection = EVERYTHING, runtime: Runtime = DEFAULT_RUNTIME
) -> int:
    """Applies; gives the exit code."""
    saved = _saved(flags)
    if saved:
        flags, chosen = saved.flags(flags), saved.selection
    space = replace(open_workspace(flags), runtime=runtime)
    progress = _progress(space)
    work = _apply(space, reading(space), chosen, manner, saved, progress)
    return asyncio.run(stoppable(work, space.talk, progress.close))


def _saved(flags: Flags) -> SavedPlan | None:
    """The saved plan that is meant, if one is."""
    named = [path for path in flags.paths if is_saved_plan(path)]
    if not named:
        return None
    if len(flags.paths) > 1:
        raise UsageError("a saved plan is applied alone", hint="it knows its manifests itself")
    return read(Path(flags.chdir or ".") / named[0])


async def _apply(
    space: Workspace,
    manifests: Reading,
    chosen: Selection,
    manner: ApplyOptions,
    saved: SavedPlan | None,
    progress: Progress,
) -> int:
    from a2c_spec.engine.connection import connect, endpoint
    from a2c_spec.engine.plan import open_desk, plan_of
    from a2c_spec.engine.plan_many import made_again, surveyed
    from a2c_spec.manifests.expressions.template import render_late

    where = endpoint(space)
    with open_desk(space, where.realm) as session, session.store.lock(_who()):
        async with connect(space, session.store, session.landing, render_late, progress) as connection:
            connection.poller.patience = manner.timeout
            try:
                session.catch_up()
                whole = saved is not None or space.flags.detailed
                steps = await surveyed(session, manifests, chosen, connection.client, whole=whole)
                tell_warnings(space, manifests.found)
                steps = [step for step in steps if manner.takes(step.change)]
                plan = plan_of(steps, partial=chosen.partial or bool(manner.only))
                _show(space, plan)
                if saved and session.store.used(saved.nonce):
                    raise used()
                if saved:
                    check(saved, steps, where.realm)
                _guard(plan, manner)
                within(plan, steps, manner.limits)
                if not where.key and plan.totals().requests:
                    raise missing_key()
                if saved and not session.store.use_once(saved.nonce):
                    raise used()
                again = made_again(session, manifests.items(), steps, chosen)
                return await Run(space, session, connection, manner, progress).all(steps, again)
            finally:
                progress.close()


def _who() -> str:
    run = os.environ.get("GITHUB_RUN_ID") or os.environ.get("CI_JOB_URL") or ""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "somebody"
    return f"{user} on {socket.gethostname()}, pid {os.getpid()}" + (f", run {run}" if run else "")


def _progress(space: Workspace) -> Progress:
    from a2c_spec.views import many, progress
    from a2c_spec.views.board import Board
    from a2c_spec.views.style import Style

    clock, colour = space.runtime.monotonic, space.style.on
    if space.flags.as_json:
        return progress.JsonLines(click.echo)
    if space.flags.quiet:
        return progress.Silent()
    if sys.stderr.isatty() and not space.environ.get("CI") and space.environ.get("TERM") != "dumb":
        bars = progress.Bars(sys.stderr, colour=colour)
        return many.BySize(bars, lambda jobs: many.LiveTable(sys.stderr, Board(jobs, clock), colour=colour))
    lines = progress.Lines(space.talk, Style(False), verbose=space.flags.verbose)
    return many.BySize(lines, lambda jobs: many.Periodic(space.talk, Style(False), Board(jobs, clock)))


def _show(space: Workspace, plan: Plan) -> None:
    from a2c_spec.views.plan_json import plan_json
    from a2c_spec.views.plan_text import PlanView

    if space.flags.as_json:
        click.echo(json.dumps({"event": "plan", **plan_json(plan)}, ensure_ascii=False))
    elif not space.flags.quiet:
        click.echo(PlanView(space.style, space.flags.verbose, space.flags.explain).text(plan))


def _guard(plan: Plan, manner: ApplyOptions) -> None:
    """Refuses, before anything is sent, what cannot be saved, and what would be paid for again unasked."""
    refused = [change for change in plan.changes if change.problem]
    if len(refused) == len([change for change in plan.changes if change.action != "no-op"]) and refused:
        raise Conflict(refused[0].problem, address=refused[0].address)
    again = [change.address for change in plan.changes if change.paid_again and not change.problem]
    if not again or manner.yes:
        return
    what = f"{', '.join(again[:5])}{' and more' if len(again) > 5 else ''} would be run again, cancelled or deleted"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LimitRefused(f"{what}, although already paid for", hint="add -y to allow it; nothing was sent")
    if not click.confirm(f"{what}, although already paid for. Go on?", err=True):
        raise LimitRefused("not confirmed; nothing was sent")
