"""Changes a job on behalf of the worker that carries it out, and makes the entries of its errors and warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.refusals import Refusal
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.store import Rule
from a2c_spec.local_api.jobs.vocabulary import UNDER_WAY

Message = Mapping[str, Any]


class Superseded(Exception):
    """The job was canceled, deleted, or taken over by another process: this worker's results no longer count."""


def step(service: Service, job_id: str, rule: Rule, note: str = "") -> Job:
    """Change the job; Superseded when this process no longer carries it out."""

    def guarded(job: Job) -> Job:
        if job.runner != service.process.name or job.phase not in UNDER_WAY:
            raise Superseded
        now = service.clock.now()
        return replace(rule(job), modified=now, activity_since=now)

    try:
        return service.update(job_id, guarded, note)
    except Refusal as refusal:
        raise Superseded from refusal


def message(source: str, id_source: str, code: int, text: str) -> Message:
    """An entry of a job's errors or warnings."""
    return {"source": source, "id_source": id_source, "code": code, "message": text}


def is_fatal(job: Job, error: Message) -> bool:
    """Whether this error makes the whole job fail."""
    return job.fail_on_input_error if error["source"] == "input" else job.fail_on_conversion_error
