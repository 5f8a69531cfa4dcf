"""Plans one address: from its manifest, its record, the disk and, only where needed, the service."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import needs_live, plan_job, plan_preset, recognised, sent_preset
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.recipe import digest
from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import settled
from a2c_spec.engine.desired import Dependencies, make_ready
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.session import Session

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.live import LiveJob


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One change of the plan, with what carrying it out needs.

    ``summary_only``: the rest was dropped; the change is planned again from its manifest when its turn comes.
    ``takes``: (path, address) of results of other addresses in whose place its own are written. ``taken_over``: the
    address under which the record stands until now, which no manifest asks for any more.
    """

    change: Change
    desired: DesiredJob | None
    record: JobRecord | None
    preset: Preset | None = None
    live: LiveJob | None = None
    summary_only: bool = False
    taken_over: str = ""
    takes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """A job ready to be planned: what is desired, what is recorded, what stands on the disk."""

    desired: DesiredJob
    record: JobRecord | None
    observed: Observed


def prepared(session: Session, job: Job, dependencies: Dependencies, chosen: Selection) -> Pending:
    """Everything about one job that can be had without the service."""
    record = session.record(job.address)
    desired = make_ready(job, record, session, dependencies)
    observed = session.observe(desired, record, None)
    return Pending(desired, record, replace(observed, replace=chosen.replaces(job.address)))


def plan_from_record(session: Session, pending: Pending, *, offline: bool) -> PlannedChange | None:
    """The change of a job where manifest, record and disk are enough; None when the service must be asked."""
    desired, record, observed = pending.desired, pending.record, pending.observed
    if record is not None and record.lost_start:
        return _unresolved_offline(pending, record) if offline else None
    if record is not None and record.phase == "done":
        change = plan_job(desired, record, observed)
        if change.action == "no-op":
            return PlannedChange(change, desired, record)
    if offline or record is None or not needs_live(desired, record, observed):
        return PlannedChange(plan_with_cache(session, pending, record, observed), desired, record)
    return None


def _unresolved_offline(pending: Pending, record: JobRecord) -> PlannedChange:
    reason = "the answer to an earlier create is missing; plan without --offline to look for its job"
    return PlannedChange(Change(record.address, "adopt", (reason,)), pending.desired, record)


async def plan_from_live(session: Session, pending: Pending, client: Client | None) -> PlannedChange:
    """The change of a job that must be read from the service first."""
    desired, record = pending.desired, pending.record
    assert record is not None  # noqa: S101 - what is not recorded is planned from the record
    assert client is not None  # noqa: S101 - offline, everything is planned from the record
    if record.lost_start:
        return await _plan_unresolved(session, pending, record, client)
    live = await client.job(record.job_id)
    if live is None and record.phase == "done":
        record = replace(record, gone=tuple(file.output_id for file in record.files))
    if live is not None and not live.editable:
        record = recognised(record, desired, live)
    observed = pending.observed if live is None else session.observe(desired, record, live)
    observed = replace(observed, gone=live is None, replace=pending.observed.replace)
    return PlannedChange(plan_with_cache(session, pending, record, observed), desired, record, live=live)


def plan_with_cache(session: Session, pending: Pending, record: JobRecord | None, observed: Observed) -> Change:
    """The change of a job; before anything is paid for, the results cache is looked at."""
    change = plan_job(pending.desired, record, observed)
    if observed.replace or change.action not in ("create", "re-run"):
        return change
    cached = session.results.known(pending.desired, record)
    return plan_job(pending.desired, record, replace(observed, cached=cached)) if cached else change


async def _plan_unresolved(session: Session, pending: Pending, record: JobRecord, client: Client) -> PlannedChange:
    """A create whose answer never came: look for the job it may have made before planning anything that costs."""
    from a2c_spec.api.lost_answers import resolve_lost_create

    desired = pending.desired
    found = await resolve_lost_create(client, record, tuple(session.store.scan()))
    if found is None:
        rest = replace(pending, record=settled(record))
        step = plan_from_record(session, rest, offline=False) or await plan_from_live(session, rest, client)
        return replace(step, record=record)
    live = await client.job(found.job_id)
    observed = replace(session.observe(desired, found, live), gone=live is None)
    change = plan_job(desired, found, observed)
    reason = f"job {found.job_id} was created by a call whose answer was lost"
    return PlannedChange(replace(change, action="adopt", reasons=(reason, *change.reasons)), desired, record)


async def plan_one_preset(session: Session, preset: Preset, client: Client | None) -> PlannedChange:
    """The change of one preset; it is read only when its manifest changed, so that nothing changed means no call."""
    record = session.store.get(preset.address)
    fingerprint = session.fingerprint_secret
    changed = record is not None and record.fingerprint != digest(sent_preset(preset, fingerprint))
    live = await client.preset(record.job_id) if client and record and record.job_id and changed else None
    gone = bool(client and changed and live is None)
    return PlannedChange(plan_preset(preset, fingerprint, record, live, gone=gone), None, record, preset)
