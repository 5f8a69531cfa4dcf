"""The progress of a job that clients see: the real one, or, to test how clients wait, a slower one."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.vocabulary import CONVERTING, READY, TERMINAL
from a2c_spec.local_api.settings import Progression


@dataclass(frozen=True, slots=True)
class VisibleStatus:
    """The phase that a client sees, and whether it sees results."""

    phase: str

    @property
    def done(self) -> bool:
        """Whether the job is finished for the client: outputs, errors and credits are visible."""
        return self.phase in TERMINAL


def visible_status(job: Job, progression: Progression, now: float) -> VisibleStatus:
    """The status that clients see, by the progression of the settings."""
    if job.started is None or progression.by == "work" or job.phase == "canceled":
        return VisibleStatus(job.phase)
    passed = now - job.started if progression.by == "time" else max(0, job.polls - 1)
    if passed < progression.ready:
        return VisibleStatus(READY)
    if passed < progression.ready + progression.running:
        return VisibleStatus(CONVERTING)
    return VisibleStatus(job.phase)
