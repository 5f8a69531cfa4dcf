"""``apply``: carries the plan out, downloads and verifies the results, remembers what it did."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import options
from a2c_spec.commands.options import Flags, flags_of
from a2c_spec.commands.workspace import Loaded, Workspace, load_all, open_workspace, warn
from a2c_spec.core.events import Event
from a2c_spec.core.graph import needs
from a2c_spec.errors import AuthError, Conflict, LimitRefused, PartialFailure, SpecError

if TYPE_CHECKING:
    from a2c_spec.commands.connection import Connection
    from a2c_spec.commands.planning import Desk, Step
    from a2c_spec.core.plan import Plan
    from a2c_spec.core.state import JobRecord
    from a2c_spec.views.progress import Progress


@click.command("apply")
@options.manifests
@options.service
@options.explain
@options.on_conflict
@click.option(
    "-y", "--yes", "--auto-approve", "yes", is_flag=True, help="Do not ask, even if something is paid for again."
)
@click.option("--detach", is_flag=True, help="Return as soon as every job has started; `wait` goes on from there.")
@click.option("--fail-fast", is_flag=True, help="Stop starting jobs after the first failure.")
@options.output
def command(yes: bool, detach: bool, fail_fast: bool, **given: Any) -> int:
    """Carry the plan out: upload, convert, download, verify, remember. A second apply does nothing."""
    return apply(flags_of(given), Manner(yes, detach, fail_fast))


@dataclass(frozen=True, slots=True)
class Manner:
    """How to apply: without asking, without waiting, stopping at the first failure."""

    yes: bool = False
    detach: bool = False
    fail_fast: bool = False


def apply(flags: Flags, manner: Manner) -> int:
    """Applies; gives the exit code."""
    space = open_workspace(flags)
    loaded = load_all(space)
    warn(space, loaded)
    return asyncio.run(_apply(space, loaded, manner))


async def _apply(space: Workspace, loaded: Loaded, manner: Manner) -> int:
    from a2c_spec.commands.connection import connect, endpoint
    from a2c_spec.commands.planning import make_steps, open_desk, plan_of
    from a2c_spec.files.template import render_late

    where = endpoint(space)
    progress = _progress(space)
    with open_desk(space, where.realm) as desk, desk.store.lock(_who()):
        async with connect(space, desk.store, desk.landing, render_late, progress) as connection:
            try:
                steps = await make_steps(desk, loaded.jobs, connection.client)
                plan = plan_of(steps)
                _show(space, plan)
                _guard(plan, manner)
                if not where.key and plan.totals().requests:
                    raise no_key()
                return await _Run(space, desk, connection, manner, progress).all(steps)
            finally:
                progress.close()


def no_key() -> AuthError:
    return AuthError(
        "there is no API key",
        hint="set API2CONVERT_API_KEY, or add --local to convert here, with no account, key or network",
    )


def _who() -> str:
    run = os.environ.get("GITHUB_RUN_ID") or os.environ.get("CI_JOB_URL") or ""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "somebody"
    return f"{user} on {socket.gethostname()}, pid {os.getpid()}" + (f", run {run}" if run else "")


def _progress(space: Workspace) -> Progress:
    from a2c_spec.views import progress
    from a2c_spec.views.style import Style

    if space.flags.as_json:
        return progress.JsonLines(click.echo)
    if space.flags.quiet:
        return progress.Silent()
    if sys.stderr.isatty() and not space.environ.get("CI") and space.environ.get("TERM") != "dumb":
        return progress.Bars(sys.stderr, colour=space.style.on)
    return progress.Lines(space.talk, Style(False), verbose=space.flags.verbose)


def _show(space: Workspace, plan: Plan) -> None:
    from a2c_spec.views.plan_json import plan_json
    from a2c_spec.views.plan_text import PlanView

    if space.flags.as_json:
        click.echo(json.dumps({"event": "plan", **plan_json(plan)}, ensure_ascii=False))
    elif not space.flags.quiet:
        click.echo(PlanView(space.style, space.flags.verbose, space.flags.explain).text(plan))


def _guard(plan: Plan, manner: Manner) -> None:
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


class _Run:
    """One apply under way."""

    def __init__(
        self, space: Workspace, desk: Desk, connection: Connection, manner: Manner, progress: Progress
    ) -> None:
        self.space, self.desk, self.connection = space, desk, connection
        self.manner, self.progress = manner, progress
        self.stopped = False
        self.gate = asyncio.Semaphore(max(4, space.flags.parallelism))
        self.ended: dict[str, asyncio.Event] = {}

    async def all(self, steps: Sequence[Step]) -> int:
        """Carries every step out; a failure of one leaves the others alone. Gives the exit code or raises."""
        busy = [step for step in steps if step.change.action != "no-op"]
        self.ended = {step.change.address: asyncio.Event() for step in busy}
        results = await asyncio.gather(*(self._ordered(step) for step in busy), return_exceptions=True)
        errors = [result for result in results if isinstance(result, BaseException)]
        for error in errors:
            if not isinstance(error, SpecError):
                raise error
        if len(errors) == 1 and len(busy) == 1:
            raise errors[0]
        self._summary(steps, [error for error in errors if isinstance(error, SpecError)])
        if errors:
            raise PartialFailure(
                f"{len(errors)} of {len(busy)} jobs failed", hint="apply again: only what is left is done"
            )
        return 0

    async def _ordered(self, step: Step) -> None:
        """One step, after those whose results it takes."""
        try:
            for address in needs(step.want.job) if step.want else ():
                if address in self.ended:
                    await self.ended[address].wait()
            await self._guarded(step)
        finally:
            self.ended[step.change.address].set()

    async def _guarded(self, step: Step) -> None:
        async with self.gate:
            if self.stopped:
                raise SpecError("not started after an earlier failure (--fail-fast)", address=step.change.address)
            try:
                await self._one(step)
            except SpecError as error:
                error.address = error.address or step.change.address
                self.stopped = self.stopped or self.manner.fail_fast or error.exit_code in (3, 4)
                self.progress(Event("failed", error.address, text=error.message))
                raise

    async def _one(self, step: Step) -> None:
        if step.want is None:
            self.desk.store.remove(step.change.address)
            return
        executor, delivery = self.connection.executor, self.connection.delivery
        task = self.desk.task(step.want, paid_again_allowed=self.manner.yes or step.change.paid_again)
        change, record = step.change, step.record or _fresh(step.change.address)
        if record.unresolved:
            change, record = await executor.again(task, record)
        await delivery.carry_out(task, change, record, detach=self.manner.detach)

    def _summary(self, steps: Sequence[Step], errors: Sequence[SpecError]) -> None:
        from a2c_spec.views.summary import summary_json, summary_text

        records = {step.change.address: self.desk.store.get(step.change.address) for step in steps}
        changes = [step.change for step in steps]
        counts = self.connection.client.wire.count
        if self.space.flags.as_json:
            click.echo(json.dumps(summary_json(changes, records, errors, counts), ensure_ascii=False))
        else:
            click.echo(summary_text(changes, records, errors, counts, self.space.style))


def _fresh(address: str) -> JobRecord:
    from a2c_spec.core.state import JobRecord

    return JobRecord(address, "")
