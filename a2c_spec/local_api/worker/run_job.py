"""Carries out one started job in a worker thread: fetches its inputs, runs its conversions, keeps its outputs."""

from __future__ import annotations

import logging
from dataclasses import replace

from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.secret_values import without_secrets
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.store import StoreClosed
from a2c_spec.local_api.jobs.vocabulary import COMPLETED, CONVERTING, FAILED, FETCHING
from a2c_spec.local_api.storage.private_folder import NotPrivate
from a2c_spec.local_api.worker.inputs import fetch_inputs
from a2c_spec.local_api.worker.outputs import is_delivered, make_outputs
from a2c_spec.local_api.worker.steps import Message, Superseded, is_fatal, message, step

log = logging.getLogger("a2c_spec.local_api")


def run_job(service: Service, job_id: str) -> None:
    """Carry out a job from its start to its end. Never raises: what goes wrong is in the job's errors."""
    try:
        job = step(service, job_id, lambda job: replace(job, phase=FETCHING, activity="Fetching inputs"))
        errors = fetch_inputs(service, job)
        job = step(service, job_id, lambda job: replace(job, phase=CONVERTING, activity="Converting"))
        if not (errors and job.fail_on_input_error):
            errors += make_outputs(service, job)
        step(service, job_id, lambda job: _finished(job, errors, service.clock.now()))
    except Superseded:
        _clean_up(service, job_id)
    except StoreClosed:
        return  # the next service on this folder resumes the job
    except NotPrivate as problem:
        _give_up(service, job_id, str(problem.strerror))
    except Exception:
        log.exception("The local API could not carry out job %s", job_id)
        _give_up(service, job_id, "The service failed while it worked on this job.")


def _clean_up(service: Service, job_id: str) -> None:
    """Delete the files of a job that was deleted meanwhile."""
    if service.store.job(job_id) is None:
        service.blobs.drop_job(job_id)


def _give_up(service: Service, job_id: str, why: str) -> None:
    error = message("conversion", "", 500, why)
    try:
        step(service, job_id, lambda job: _failed(job, [error], service.clock.now()))
    except Superseded:
        _clean_up(service, job_id)


def _finished(job: Job, errors: list[Message], now: float) -> Job:
    fatal = [error for error in errors if is_fatal(job, error)]
    delivered = any(is_delivered(conversion) for conversion in job.conversions)
    if fatal or not (job.outputs or delivered):
        return _failed(job, errors or [message("conversion", "", 0, "The conversion yielded nothing.")], now)
    warnings = (*job.warnings, *errors)
    return without_secrets(replace(job, phase=COMPLETED, warnings=warnings, finished=now, activity=""))


def _failed(job: Job, errors: list[Message], now: float) -> Job:
    return without_secrets(replace(job, phase=FAILED, errors=tuple(errors), finished=now, activity=""))
