"""Carries out one started job in a worker thread: fetch the inputs, run the conversions, keep the results."""

from __future__ import annotations

import logging
from dataclasses import replace

from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.store import Closed
from a2c_spec.local_api.jobs.vocabulary import COMPLETED, CONVERTING, FAILED, FETCHING
from a2c_spec.local_api.worker.inputs import gather
from a2c_spec.local_api.worker.outputs import delivered, produce
from a2c_spec.local_api.worker.steps import Superseded, Trouble, fatal, step, trouble

log = logging.getLogger("a2c_spec.local_api")


def carry_out(service: Service, job_id: str) -> None:
    """The whole way of a job from started to finished; never raises."""
    try:
        job = step(service, job_id, lambda job: replace(job, phase=FETCHING, activity="Fetching inputs"))
        troubles = gather(service, job)
        job = step(service, job_id, lambda job: replace(job, phase=CONVERTING, activity="Converting"))
        if not (troubles and job.fail_on_input_error):
            troubles += produce(service, job)
        step(service, job_id, lambda job: _finished(job, troubles, service.clock.now()))
    except Superseded:
        _forget(service, job_id)
    except Closed:
        return  # whoever opens the store next resumes the job
    except Exception:
        log.exception("The local API could not carry out job %s", job_id)
        _give_up(service, job_id)


def _forget(service: Service, job_id: str) -> None:
    if service.store.job(job_id) is None:
        service.blobs.drop_job(job_id)


def _give_up(service: Service, job_id: str) -> None:
    error = trouble("conversion", "", 500, "The service failed while it worked on this job.")
    try:
        step(service, job_id, lambda job: _failed(job, [error], service.clock.now()))
    except Superseded:
        _forget(service, job_id)


def _finished(job: Job, troubles: list[Trouble], now: float) -> Job:
    serious = [row for row in troubles if fatal(job, row)]
    arrived = any(delivered(entry) for entry in job.conversions)
    if serious or not (job.outputs or arrived):
        return _failed(job, troubles or [trouble("conversion", "", 0, "The conversion yielded nothing.")], now)
    warnings = (*job.warnings, *troubles)
    return _without_secrets(replace(job, phase=COMPLETED, warnings=warnings, finished=now, activity=""))


def _failed(job: Job, errors: list[Trouble], now: float) -> Job:
    return _without_secrets(replace(job, phase=FAILED, errors=tuple(errors), finished=now, activity=""))


def _without_secrets(job: Job) -> Job:
    """A finished job needs no credentials any more."""
    inputs = tuple(replace(entry, credentials={}) for entry in job.inputs)
    conversions = tuple(
        replace(entry, output_target=tuple({**target, "credentials": {}} for target in entry.output_target))
        for entry in job.conversions
    )
    return replace(job, inputs=inputs, conversions=conversions)
