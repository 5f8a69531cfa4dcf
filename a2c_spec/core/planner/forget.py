"""The change of a run that nothing is wanted of any more."""

from __future__ import annotations

from a2c_spec.core.live import LiveJob
from a2c_spec.core.plan import Change
from a2c_spec.core.reasons import only_there
from a2c_spec.core.results import still_there
from a2c_spec.core.state import JobRecord

ENDS = {"completed": "has completed", "failed": "has failed", "canceled": "was cancelled"}
"""How a job ended, by its status."""


def plan_forget(record: JobRecord, why: str = "no longer in a manifest", live: LiveJob | None = None) -> Change:
    """The change of a run that is not asked for any more. It stays recorded, to be taken up again.

    ``live`` is its job where that was read; else its state is told as it is recorded.
    """
    told = [why]
    runs = running(record, live)
    there = results_there(record, live) if record.phase in ("started", "completed") else 0
    job = f"its job {record.job_id}"
    if runs:
        may = "keeps running" if live else "runs, as far as is known (the service was not asked)"
        told.append(f"{job} {may}; its result will not be downloaded")
    elif record.phase == "started":
        ended = f"{job} {ENDS.get(live.status, 'has ended')}" if live else "the service no longer has its job"
        told.append(f"{ended}; {only_there(there)}, and will not be downloaded" if there else ended)
    elif record.phase == "building" and record.job_id:
        may = "stays held on the service" if live else "is held, as far as is known (the service was not asked)"
        told.append(f"{job} {may}")
    elif there:
        told.append(f"{only_there(there)}, and will not be downloaded")
    lost = bool(runs or there)
    return Change(record.address, "forget", tuple(told), paid_again=lost, running=runs, only_there=there)


def running(record: JobRecord, live: LiveJob | None) -> tuple[str, ...]:
    """The job of a run, if it was started and is not known to have ended."""
    runs = bool(record.job_id) and record.phase == "started" and not (live and live.terminal)
    return (record.job_id,) if runs else ()


def results_there(record: JobRecord, live: LiveJob | None) -> int:
    """How many results of a run that ended are on the service alone, as far as is known."""
    if not record.job_id:
        return 0
    if live is not None and record.phase in ("building", "started"):
        return still_there(live)
    return len([file for file in record.files if not file.path and file.output_id not in record.gone])
