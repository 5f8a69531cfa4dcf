"""``plan``: what apply would do, and why."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of, markdown_of_options
from a2c_spec.commands._output import project_of, show_plan, talk, tell_failed, warn
from a2c_spec.commands._variables import refuse_both
from a2c_spec.engine.flags import absolute
from a2c_spec.engine.loading import reading
from a2c_spec.engine.selection import Selection, selection_of
from a2c_spec.errors import SpecError, UsageError

if TYPE_CHECKING:
    from a2c_spec.core.plan import Plan
    from a2c_spec.engine.flags import Flags
    from a2c_spec.engine.loading import Reading
    from a2c_spec.engine.plan_basis import Basis
    from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project


@click.command("plan")
@options.manifests
@options.service
@options.parallelism
@options.allow_cmd
@options.offline
@options.explain
@options.no_cache
@options.on_conflict
@options.selection
@options.replace
@options.prune
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes, 0 when there are none.")
@options.refresh_only
@options.limits
@options.timeout
@options.markdown
@click.option("-o", "--out", default="", metavar="FILE", help="Save the plan to this file (NAME.a2cplan.json).")
@options.output
def command(detailed_exitcode: bool, **given: Any) -> int:
    """Show what apply would do, and why. Sends only GET requests."""
    chosen, most = selection_of(given), markdown_of_options(given)
    refuse_both("as_json", "markdown", "ask for two forms of one plan")
    if given.pop("refresh_only"):
        refuse_both("refresh_only", "offline", "contradict each other: only the service can tell what is new")
        if given["out"] or most:
            raise UsageError(
                f"--refresh-only makes no plan that could be {'saved' if given['out'] else 'shown as markdown'}",
                hint="leave out one of both flags",
            )
        from a2c_spec.commands.apply import refresh

        return refresh(flags_of(given), chosen, write=False)
    return plan(flags_of(given), chosen, most, detailed_exitcode=detailed_exitcode)


def plan(
    flags: Flags,
    chosen: Selection,
    markdown: int = 0,
    only: tuple[str, ...] = (),
    *,
    detailed_exitcode: bool = False,
) -> int:
    """Prints the plan, or what it does of ``only`` these actions, and saves it to --out; gives the exit code.

    ``markdown`` is the most bytes of markdown, 0 for text. Raises LimitRefused, once it is printed, where ``apply``
    would refuse it because of a limit, Conflict where it would refuse any change of it, and ReadFailed where the
    service failed to show a job, or where a secret that is to be sent cannot be used.
    """
    from a2c_spec.engine.budget import check
    from a2c_spec.engine.confirmation import check_refused
    from a2c_spec.engine.planned import check_read

    project = project_of(flags)
    manifests = reading(project, origins=bool(flags.out))
    if flags.out:
        _check_saved(project, flags.out)
    steps, others, result, basis = asyncio.run(_planned(project, manifests, chosen, only))
    warn(project, manifests.found)
    if flags.out:
        _save(project, steps, result, chosen, basis)
    show_plan(project, result, markdown=markdown)
    try:
        check_read([*steps, *others])
        check(result.allowance)
        check_refused(result, in_part=True)
    except SpecError as refused:
        if not flags.as_json:
            raise
        return tell_failed(flags, [refused])  # standard output is one JSON document
    return 2 if detailed_exitcode and not result.empty else 0


def _check_saved(project: Project, out: str) -> None:
    """Raises UsageError where no plan can be saved."""
    from a2c_spec.engine.saved_plan import SUFFIX, is_saved_plan
    from a2c_spec.engine.written_files import PLAN, check_product

    if not is_saved_plan(out):
        raise UsageError(f"{project.flags.named('out')} {out}: the name of a plan ends in {SUFFIX}")
    if project.flags.offline:
        raise UsageError(f"{project.flags.named('offline')} cannot save a plan: what is live is not known")
    check_product(project, project.flags.named("out"), absolute(out, project.cwd), PLAN)


def _save(project: Project, steps: list[PlannedChange], plan: Plan, chosen: Selection, basis: Basis) -> None:
    from a2c_spec.engine.saved_limits import refusal
    from a2c_spec.engine.saved_plan import write

    out = project.flags.out
    write(project.cwd / out, project, steps, plan, chosen, basis)
    does = refusal(plan.allowance, out) or f"`a2c-spec apply {out}` applies exactly this plan, once"
    running = [
        step.change.address for step in steps if step.live and step.change.action == "wait" and not step.live.terminal
    ]
    goes_on = f"; so it is once a job goes on that runs now ({', '.join(running[:5])}): `a2c-spec wait` first"
    talk(project.flags, f"saved; {does}; it is rejected if anything changed{goes_on if running else ''}")


async def _planned(
    project: Project, manifests: Reading, chosen: Selection, only: tuple[str, ...]
) -> tuple[list[PlannedChange], list[PlannedChange], Plan, Basis]:
    from a2c_spec.engine.plan import plan_and_tell
    from a2c_spec.engine.plan_basis import Basis, basis_of
    from a2c_spec.engine.session import open_session, open_state

    out, whole = project.flags.out, bool(project.flags.out) or project.flags.detailed
    if project.flags.offline:
        with open_state(project) as session:
            return *await plan_and_tell(session, manifests, chosen, None, only, whole=whole), Basis()
    async with open_session(project) as session:
        wire = session.service.client.wire
        wire.patience, wire.patience_by = project.flags.timeout, project.flags.named("timeout")
        planned = await plan_and_tell(session, manifests, chosen, session.service.client, only, whole=whole)
        return *planned, basis_of(session, manifests, planned[0]) if out else Basis()
