"""Where the recipe of a run differs from the desired one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core import reasons
from a2c_spec.core.live import LiveJob
from a2c_spec.core.plan import Detail
from a2c_spec.core.planner.binding import other_bytes, started_unlike
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.recipe import as_known, asked_filename
from a2c_spec.core.same_recipe import same_recipe
from a2c_spec.core.state import JobRecord


def why(desired: DesiredJob, record: JobRecord) -> tuple[str, ...]:
    """Why the recipe of the record is not the desired one, in sentences."""
    return reasons.recipe_reasons(*_both(desired, record)) if record.basis else ()


def details(desired: DesiredJob, record: JobRecord) -> tuple[Detail, ...]:
    """The same, attribute by attribute."""
    return reasons.details(*_both(desired, record))


def first_runs(desired: DesiredJob, record: JobRecord) -> int:
    """How many of the desired conversions the record does not know; 0 where that are all of them, for the run as a
    whole takes the place of one that was paid for."""
    known = record.basis.get("conversions", {})
    new = sum(item.id not in known for item in desired.job.conversions)
    return new if new < len(desired.job.conversions) else 0


def _both(desired: DesiredJob, record: JobRecord) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The two recipes; what a result that is still to be made is going to be called is no difference."""
    late = {item.id for item in desired.job.inputs if item.awaited and not asked_filename(item)}
    inputs = dict(record.basis.get("inputs", {}))
    inputs |= {
        name: {key: one for key, one in inputs[name].items() if key != "filename"} for name in late & inputs.keys()
    }
    return {**record.basis, **({"inputs": inputs} if late else {})}, as_known(desired.basis, record.basis)


def changed_since_start(desired: DesiredJob, record: JobRecord, live: LiveJob) -> tuple[str, ...]:
    """Why the recipe that runs is not the desired one. A job that started unseen is judged by its content."""
    if record.phase == "building":
        unlike = started_unlike(desired, record, live)
        return ("it was started while it still differed from the manifest",) if unlike else ()
    if same_recipe(desired, record):
        return other_bytes(desired, record, live)
    return why(desired, record) or ("the recipe changed",)


def failure(record: JobRecord) -> str:
    """How the last run ended, and why."""
    ended = "failed" if record.phase == "failed" else "was canceled"
    spent = f" ({reasons.counted(record.spent, 'credit')} spent)" if record.spent else ""
    return f"the last run {ended}{spent}" + (f": {record.problem}" if record.problem else "")
