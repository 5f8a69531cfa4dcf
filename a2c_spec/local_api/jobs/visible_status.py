"""What a job shows of its progress: the truth, or, for tests of patient clients, less than the truth."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.vocabulary import CONVERTING, READY, TERMINAL
from a2c_spec.local_api.settings import Progression


@dataclass(frozen=True, slots=True)
class Shown:
    """The phase a client sees, and whether it may see results."""

    phase: str

    @property
    def done(self) -> bool:
        """Terminal: outputs, errors and credits are visible."""
        return self.phase in TERMINAL


def shown(job: Job, progression: Progression, now: float) -> Shown:
    """How far the job has come as far as the client is told."""
    if job.started is None or progression.by == "work" or job.phase == "canceled":
        return Shown(job.phase)
    passed = now - job.started if progression.by == "time" else max(0, job.polls - 1)
    if passed < progression.ready:
        return Shown(READY)
    if passed < progression.ready + progression.running:
        return Shown(CONVERTING)
    return Shown(job.phase)
