"""What every step of carrying out a job shares: changing it as its owner, and how trouble is noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.refusals import Refusal
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.store import Rule
from a2c_spec.local_api.jobs.vocabulary import UNDER_WAY

Trouble = Mapping[str, Any]


class Superseded(Exception):
    """The job was canceled, deleted, or taken over: whatever we made of it no longer counts."""


def step(service: Service, job_id: str, rule: Rule, note: str = "") -> Job:
    """Change the job as the one who carries it out; Superseded when that is somebody else by now."""

    def guarded(job: Job) -> Job:
        if job.runner != service.runner.name or job.phase not in UNDER_WAY:
            raise Superseded
        now = service.clock.now()
        return replace(rule(job), modified=now, activity_since=now)

    try:
        return service.update(job_id, guarded, note)
    except Refusal as gone:
        raise Superseded from gone


def trouble(source: str, id_source: str, code: int, message: str) -> Trouble:
    """An entry of a job's errors or warnings."""
    return {"source": source, "id_source": id_source, "code": code, "message": message}


def fatal(job: Job, row: Trouble) -> bool:
    """Does this trouble fail the whole job?"""
    return job.fail_on_input_error if row["source"] == "input" else job.fail_on_conversion_error
