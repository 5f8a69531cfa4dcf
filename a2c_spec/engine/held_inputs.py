"""Inputs whose bytes an earlier job of ours still holds on the service, so that they need not be sent again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from a2c_spec.core.desired import Input
from a2c_spec.core.recipe import UPLOADED, sent_filename
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.run_records import ALIVE, out_of_time
from a2c_spec.core.state import JobRecord

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.live import LiveInput, LiveJob
    from a2c_spec.core.plan import Change
    from a2c_spec.engine.planned import Pending
    from a2c_spec.engine.session import Session

Holding = Mapping[str, Mapping[str, Sequence[str]]]
"""Job id -> id of an input -> the ids under which that job was sent the same bytes under the same name."""

GONE = frozenset({"failed", "error", "deleted", "expired"})
"""Statuses of an input whose bytes cannot be used again."""


def may_be_held(
    session: Session, pending: Pending, change: Change, others: Collection[JobRecord] = (), now: float = 0.0
) -> Holding:
    """The jobs of earlier runs, the newest first, that were sent bytes which this change would send again.

    ``others`` are runs under another address, which become those of this one. ``now`` is the service's clock, where it
    is asked.

    After a run that failed, or ran with other content, the bytes are sent anew: they may be why. A job that the change
    deletes takes its bytes with it. For how long a service keeps the bytes of inputs is not published: they are taken
    for as long as it keeps results.
    """
    last = pending.record
    failed = last is not None and (last.phase in ("failed", "canceled") or last.ran_otherwise)
    if not change.uploads or failed or change.action not in ("create", "re-run", "replace"):
        return {}
    deleted = {call.subject for call in change.calls if call.kind == "delete_job" and not call.afterwards}
    mine = session.store.runs(address_of(change.address))
    failed_at = max((run.age for run in mine if run.phase in ("failed", "canceled")), default=None)
    runs = [run for run in (*mine, *others) if run.job_id and run.phase in ALIVE and run.job_id not in deleted]
    runs = [run for run in runs if not out_of_time(run, now) and (failed_at is None or run.age > failed_at)]
    runs = sorted(runs, key=lambda run: run.age, reverse=True)
    holding = {run.job_id: _ids(run, pending.desired.job.inputs) for run in runs}
    return {job_id: ids for job_id, ids in holding.items() if ids}


async def with_held_inputs(holding: Holding, pending: Pending, client: Client) -> tuple[Pending, LiveJob | None]:
    """The same, each input named by the id under which one of the jobs holds its bytes, as a GET of it shows.

    Also gives the job that showed it last.
    """
    job = pending.desired.job
    found: dict[str, str] = {}
    seen: LiveJob | None = None
    for job_id, ids in holding.items():
        missing = [item for item in job.inputs if item.id in ids and item.id not in found]
        live = await client.job(job_id) if missing else None
        there = {item.id: item for item in live.inputs} if live else {}
        for item in missing:
            held = next((one for one in ids[item.id] if _holds(there, one, item)), "")
            found |= {item.id: held} if held else {}
            seen = live if held else seen
    inputs = tuple(replace(item, held=found.get(item.id, "")) for item in job.inputs)
    return replace(pending, desired=replace(pending.desired, job=replace(job, inputs=inputs))), seen


def _bytes(item: Input) -> str:
    """The digest of the bytes that a plain upload sends."""
    return item.content.sha256 if item.type in UPLOADED and item.content and not item.applied_sha256 else ""


def _ids(run: JobRecord, inputs: Sequence[Input]) -> dict[str, list[str]]:
    """Of each input: the ids of those of a run that were sent the same bytes under the same name."""
    sent = [element for name, element in run.elements.items() if name.startswith("inputs.") and element.api_id]
    alike: dict[str, list[str]] = {}
    for item in inputs:
        same = ({"type": "upload", "sha256": _bytes(item)}, sent_filename(item))
        for one in sent if _bytes(item) else ():
            if (one.sent.get("identity"), one.sent.get("filename")) == same:
                alike.setdefault(item.id, []).append(one.api_id)
    return alike


def _holds(there: Mapping[str, LiveInput], api_id: str, item: Input) -> bool:
    """Whether the service shows the input with our checksum (MD5); one without a checksum proves nothing."""
    live = there.get(api_id)
    return bool(live and item.content and live.checksum == item.content.md5 and live.status not in GONE)
