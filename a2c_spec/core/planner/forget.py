"""The change of a run that nothing is wanted of any more."""

from __future__ import annotations

from a2c_spec.core.plan import Change
from a2c_spec.core.state import JobRecord


def plan_forget(record: JobRecord, why: str = "no longer in a manifest") -> Change:
    """The change of a run that is not asked for any more. It stays recorded, to be taken up again."""
    told = [why]
    running = record.phase == "started" and bool(record.job_id)
    if running:
        told.append(f"its job {record.job_id} keeps running; its result will not be downloaded")
    elif record.phase == "started":
        told.append("the service no longer has its job")
    elif record.phase == "building" and record.job_id:
        told.append(f"its job {record.job_id} stays held on the service")
    return Change(record.address, "forget", tuple(told), paid_again=running)
