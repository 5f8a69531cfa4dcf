"""Applies manifests or a saved plan: plans, confirms, carries out and records, with the state locked meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from a2c_spec.core.failed_jobs import FAILED_HINT
from a2c_spec.core.result_paths import placed
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.same_recipe import same_recipe
from a2c_spec.core.state import LOCAL_REALM
from a2c_spec.engine.again import onward
from a2c_spec.engine.budget import check as check_limits
from a2c_spec.engine.confirmation import check_still_as_shown, confirmed
from a2c_spec.engine.endpoint import endpoint, named_by
from a2c_spec.engine.execution import Execution
from a2c_spec.engine.flags import absolute
from a2c_spec.engine.interrupts import interrupted
from a2c_spec.engine.loading import Reading
from a2c_spec.engine.outcome import ApplyOptions, Reporter, Result
from a2c_spec.engine.plan import plan_project, without_lost_secrets
from a2c_spec.engine.plan_basis import basis_of
from a2c_spec.engine.plan_facts import told
from a2c_spec.engine.planned import PlannedChange, check_read
from a2c_spec.engine.project import Project
from a2c_spec.engine.saved_plan import SavedPlan, check, check_realm, check_unused, use
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.session import Session, lock_holder, open_session
from a2c_spec.engine.shown_plan import check_shown
from a2c_spec.engine.summaries import replan_summarised
from a2c_spec.engine.written_files import OUTPUTS, check_product
from a2c_spec.errors import ConversionFailed, PartialFailure, SpecError, missing_key
from a2c_spec.manifests.expressions.template import render_late

if TYPE_CHECKING:
    from a2c_spec.core.plan import Plan


async def apply_project(
    project: Project,
    manifests: Reading,
    chosen: Selection,
    options: ApplyOptions,
    reporter: Reporter,
    saved: SavedPlan | None = None,
) -> Result:
    """Plans, confirms, carries out, and records; the state is locked meanwhile.

    ``saved``: exactly this plan is carried out. Raises SpecError when nothing could be started at all; failures of
    single addresses are in the result.
    """
    if saved:
        check_realm(saved, endpoint(project).realm, named_by(project))
    if named := project.flags.outputs:
        check_product(project, project.flags.named("outputs"), absolute(named, project.cwd), OUTPUTS)
    async with open_session(project, reporter) as session:
        with session.store.lock(lock_holder(project.environ)):
            wire = session.service.client.wire
            session.service.poller.patience = wire.patience = options.timeout
            wire.patience_by = project.flags.named("timeout")
            try:
                await session.recover_files()
                session.lost.to_pay = True
                whole = saved is not None or project.flags.detailed
                steps = await plan_project(session, manifests, chosen, session.service.client, whole=whole)
                steps = without_lost_secrets(session, steps)
                reporter.warnings(manifests.found)
                steps, others = options.parted(steps)
                missing = [step for step in others if options.fetches and _not_here(session, step)]
                left_out = sum(step.change.action != "no-op" for step in others)
                asked = session.service.client if options.attended else None
                plan = await told(
                    session, steps, manifests, options.limits, partial=chosen.partial, left_out=left_out, client=asked
                )
                await _allowed(session, steps, plan, options, reporter, (saved, manifests) if saved else None)
                again = replan_summarised(session, manifests.items(), steps, chosen)
                execution = Execution(session, options, reporter, chosen)
                onwards = partial(
                    onward, session=session, steps=steps, chosen=chosen, options=options, saved=saved is not None
                )
                result = await _carried_out(execution.run(steps, again), onwards)
                return replace(result, error=result.error or _missing(missing))
            finally:
                reporter.close()


async def _carried_out(run: Awaitable[Result], onwards: Callable[[SpecError], SpecError]) -> Result:
    """The result of a run; its error, and what ends it, say how to go on."""
    try:
        result = await run
    except SpecError as error:
        onwards(error)
        raise
    except asyncio.CancelledError:
        ended = onwards(interrupted())
        if ended.hint == interrupted().hint:
            raise
        raise ended from None
    return replace(result, error=onwards(result.error)) if result.error else result


def _not_here(session: Session, step: PlannedChange) -> bool:
    """Whether a result of a run that was started is wanted here and, with this change left out, stays missing."""
    change, record = step.change, step.record
    if change.action == "wait" and change.skipped and not change.problem:
        return False  # it has ended, and all that is not here is left out
    unseen = {address_of(key) for key in session.lost.changed}  # what became of it is known since this plan
    if (change.starts and address_of(change.address) in unseen) or _failed(step):
        return True
    if change.action == "no-op" or record is None or step.desired is None:
        return bool(change.lost) or (step.summary_only and record is not None and record.phase == "started")
    if change.lost or record.phase == "started":
        return True
    if record.phase not in ("completed", "done") or not same_recipe(step.desired, record):
        return False
    wanted = {one.output.id for one in placed(step.desired.job, record, render_late) if one.path}
    files = [file for file in record.files if file.output_id in wanted]
    return any(not file.path or session.files.status(file.path, record.address) == "absent" for file in files)


def _failed(step: PlannedChange) -> bool:
    """Whether the last run failed, of what is desired."""
    run, desired = step.record, step.desired
    return run is not None and run.phase in ("failed", "canceled") and desired is not None and same_recipe(desired, run)


def _missing(steps: Sequence[PlannedChange]) -> SpecError | None:
    """What is said of results that stay missing; a command that only downloads, or waits, does not end well then."""
    if not steps:
        return None
    why = "; ".join(f"{address_of(step.change.address)}: {step.change.reasons[0]}" for step in steps[:5])
    more = f"; and {len(steps) - 5} more" if len(steps) > 5 else ""
    told = f"results are still missing: {why}{more}"
    if all(map(_failed, steps)):
        return ConversionFailed(told, hint=FAILED_HINT)
    runs = all(step.change.action == "wait" and not (step.live and step.live.terminal) for step in steps)
    hint = "`a2c-spec wait` waits for it" if runs else "`a2c-spec plan` shows what `apply` would do"
    return PartialFailure(told, hint=hint)


async def _allowed(
    session: Session,
    steps: Sequence[PlannedChange],
    plan: Plan,
    options: ApplyOptions,
    reporter: Reporter,
    asked: tuple[SavedPlan, Reading] | None,
) -> None:
    """Shows the plan, and raises before anything is sent when it must not be carried out. ``asked``: the saved plan
    that is to be carried out, and what was read for it."""
    where = endpoint(session.project)
    reporter.plan(plan)
    if asked:
        saved, manifests = asked
        check_unused(saved, session.store)
        check(saved, steps, basis_of(session, manifests, steps))
        check_shown(saved, plan)
    check_limits(plan.allowance)
    if all(step.unread or step.change.action == "no-op" for step in steps):
        check_read(steps)
    if not where.key and plan.totals().requests:
        raise missing_key()
    if confirmed(plan, options, reporter, local=where.realm == LOCAL_REALM, prune=session.project.flags.prune):
        await check_still_as_shown(session, steps)
    if asked:
        use(asked[0], session.store)
