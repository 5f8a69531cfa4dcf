"""Presets that something is going to run with: read from the service, so that nothing runs with a foreign one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from a2c_spec.core.desired import Preset
from a2c_spec.core.drift import preset_drift
from a2c_spec.core.planner import plan_preset, sent_preset
from a2c_spec.core.reasons import shown
from a2c_spec.core.recipe import digest
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.session import Session
from a2c_spec.errors import about

if TYPE_CHECKING:
    from a2c_spec.api.client import Client

IDLE = frozenset({"patch_output", "patch_outputs", "delete_job"})
"""Calls that neither build a job nor start it."""


async def plan_one_preset(
    session: Session, preset: Preset, client: Client | None, *, read: bool = False
) -> PlannedChange:
    """The change of one preset. It is read where its manifest changed, or something is going to run with it (``read``),
    so that nothing changed means no call."""
    record, taken_over = session.store.get(preset.address), ""
    if record is None and preset.moved_from and (before := session.store.get(preset.moved_from)):
        record, taken_over = replace(before, address=preset.address), preset.moved_from
    fingerprint = session.fingerprint_secret
    changed = record is not None and record.fingerprint != digest(sent_preset(preset, fingerprint))
    asked = client is not None and record is not None and bool(record.job_id) and (changed or read)
    with about(preset.address):
        live = await client.preset(record.job_id) if client and record and asked else None
    gone = asked and live is None
    change = plan_preset(preset, fingerprint, record, live, gone=gone)
    if taken_over:
        action = "adopt" if change.action == "no-op" else change.action
        change = replace(change, action=action, reasons=(f"it was {taken_over}", *change.reasons))
    back = record is not None and record.gone_since > 0
    record = replace(record, gone_since=0.0) if record else None
    return PlannedChange(change, None, record, preset, taken_over=taken_over, filed_anew=back)


def named(step: PlannedChange) -> frozenset[str]:
    """The presets that the job of a change names."""
    job = step.desired.job if step.desired else None
    return frozenset(item.preset_from for item in job.conversions if item.preset_from) if job else frozenset()


def used(steps: Sequence[PlannedChange]) -> set[str]:
    """The presets with which a job is going to be built or started."""
    busy = [step for step in steps if any(call.kind not in IDLE for call in step.change.calls)]
    return {name for step in busy for name in named(step)}


async def read_presets(
    session: Session, presets: Sequence[PlannedChange], steps: Sequence[PlannedChange], client: Client
) -> list[PlannedChange]:
    """The changes of the presets, each that is used compared with the service. What differs there is put right."""
    names = used(steps)
    return [
        await plan_one_preset(session, step.preset, client, read=True)
        if step.preset and step.change.address in names and step.change.action == "no-op"
        else step
        for step in presets
    ]


async def refused(
    session: Session, presets: Sequence[PlannedChange], steps: Sequence[PlannedChange], client: Client
) -> list[PlannedChange]:
    """The changes; one that would run with a preset that this plan leaves out, and that is not as it was applied, has a
    problem."""
    planned = {step.change.address for step in presets}
    problems = {name: await _problem(session, name, client) for name in sorted(used(steps) - planned)}
    return [_with_problem(step, [problems.get(name, "") for name in sorted(named(step))]) for step in steps]


def _with_problem(step: PlannedChange, problems: Sequence[str]) -> PlannedChange:
    found = next((problem for problem in problems if problem), "")
    busy = bool(used([step]))
    return replace(step, change=replace(step.change, problem=found)) if found and busy else step


async def _problem(session: Session, name: str, client: Client) -> str:
    record = session.store.get(name)
    if record is None or not record.job_id:
        why = "which the service no longer has" if record and record.basis else "which was never applied"
        return f"it needs the preset {name}, which this plan leaves out and {why}"
    found = preset_drift(record, await client.preset(record.job_id))
    if not found:
        return ""
    what = "; ".join(f"{one.path} {shown(one.recorded)} -> {shown(one.now)}" for one in found)
    return f"it needs the preset {name}, which this plan leaves out and which was changed on the service: {what}"
