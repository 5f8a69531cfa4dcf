"""Summaries of planned changes, and the changes again when their turn comes: memory does not grow with the project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.plan import Change
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.desired import Dependencies
from a2c_spec.engine.plan_one import plan_from_records, prepared
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.session import Session
from a2c_spec.errors import StalePlan

KEPT_WHOLE = 1024
"""At most so many changes that do something are kept whole, in a few MB; of further ones the summary, until it is their
turn: then their manifests are read, and they are planned, a second time."""


def summarised(step: PlannedChange, shared: dict[Call, Call]) -> PlannedChange:
    """The summary of a planned change: what a plan shows of it, and what its cost is estimated from."""
    record = step.record
    if record is not None:
        told = record.spent or record.phase == "started"
        record = JobRecord(record.address, record.realm, record.phase, spent=record.spent) if told else None
    return PlannedChange(
        outline(step.change, shared), None, record, summary_only=True, keys=step.keys, unread=step.unread
    )


def replan_summarised(
    session: Session, items: Iterable[Job | Preset], shown: Sequence[PlannedChange], chosen: Selection
) -> Iterator[PlannedChange]:
    """The changes of which only a summary was kept, whole, one at a time.

    Raises StalePlan when one is no longer in its manifest; one that differs from what was shown has a problem.
    """
    left = {step.change.address: step for step in shown if step.summary_only and step.change.action != "no-op"}
    waiting = {address_of(key) for key in left}
    dependencies = Dependencies(session)
    for item in items if left else ():
        if item.address in waiting and isinstance(item, Job):
            pending, unused = prepared(session, item, dependencies, chosen)
            for now in plan_from_records(session, item, pending, unused, offline=False) or ():
                before = left.pop(now.change.address, None)
                if before is not None:
                    yield _as_shown(before, now)
    if left:
        raise StalePlan(f"{next(iter(left))} is no longer in its manifest", hint="apply again to make a new plan")


def _as_shown(shown: PlannedChange, now: PlannedChange) -> PlannedChange:
    """What is carried out is what was shown, or nothing; what is alike may be in the results cache by now, as shown."""
    if shown.makers and now.change.action == "cached":
        shown = replace(shown, change=replace(shown.change, action="cached"))
    if all(getattr(now.change, name) == getattr(shown.change, name) for name in ("action", "fingerprint", "removes")):
        problem = now.change.problem or shown.change.problem
        change = replace(now.change, alike=shown.change.alike, problem=problem)
        return replace(now, change=change, makers=shown.makers, unread=shown.unread)
    stale = "changed since the plan was shown; apply again to make a new plan"
    return replace(shown, change=replace(shown.change, problem=stale), summary_only=False)


def outline(change: Change, shared: dict[Call, Call]) -> Change:
    """The change without bodies, bindings and details; calls that look alike are one value in ``shared``. What is
    deleted stays known."""
    bare = tuple(
        replace(call, body=None, creates=(), effects=())
        if call.method == "DELETE"
        else Call(call.kind, step=call.step, starts=call.starts, size=call.size)
        for call in change.calls
    )
    calls = tuple(shared.setdefault(call, call) for call in bare)
    idle = change.action == "no-op"
    basis = {} if idle else _kinds(change.basis)
    return replace(change, calls=calls, basis=basis, bindings={}, details=(), lower_bound="")


def _kinds(basis: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a summary tells of a recipe: the types of its inputs and what they become."""
    return {
        "inputs": {name: {"type": item.get("type")} for name, item in basis.get("inputs", {}).items()},
        "conversions": {
            name: {key: item[key] for key in ("category", "target") if key in item}
            for name, item in basis.get("conversions", {}).items()
        },
    }
