"""The endpoints /jobs and /jobs/{id}: create, list, read, start, change, cancel; history and threads."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from a2c_spec.local_api.http.access import (
    TOKEN_HEADERS,
    account,
    base_of,
    header,
    job_json,
    require_account,
    require_job,
    service_of,
    wire_of,
)
from a2c_spec.local_api.http.paging import page_of
from a2c_spec.local_api.http.request_bodies import read_object
from a2c_spec.local_api.http.wire import timestamp
from a2c_spec.local_api.jobs import lifecycle
from a2c_spec.local_api.jobs.additions import new_conversions, new_inputs
from a2c_spec.local_api.jobs.drafts import Problems, job_fields
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.refusals import EMPTY_BODY, Refusal, conflict, unauthorized
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.vocabulary import TERMINAL, phases_of

LONGEST_WAIT = 600.0


async def create(request: Request) -> Response:
    """POST /jobs."""
    service, owner = service_of(request), require_account(request)
    body = await _body(request, service)
    problems = Problems()
    fields = job_fields(body, problems)
    now = service.clock.now()
    job = Job(id=service.new_id("job"), token="", owner=owner, created=now, modified=now, base=base_of(request))
    job = replace(job, **fields, token=service.identity.token(job.id))
    conversions = new_conversions(service, owner, body.get("conversion"), "conversion", problems)
    inputs = await new_inputs(service, job, body.get("input"), "input", problems)
    problems.refuse()
    inline = service.settings.unknowns.inline_position
    job = lifecycle.add_inputs(job, inputs, now, inline_position=inline)
    job = service.create(lifecycle.add_conversions(job, conversions, now))
    return JSONResponse(job_json(request, job), 201)


async def _body(request: Request, service: Service) -> dict[str, Any]:
    try:
        return await read_object(request, service.settings.limits.json_bytes)
    except Refusal as refusal:
        if refusal.body and refusal.body.get("code") == EMPTY_BODY and service.settings.unknowns.empty_body == 204:
            raise Refusal(204, None) from None
        raise


async def listing(request: Request) -> Response:
    """GET /jobs: the jobs of the key, the newest first; with a token only its job."""
    service = service_of(request)
    code = request.query_params.get("status", "")
    jobs, count = _listed(request, service, code)
    if not count:
        return Response(status_code=204)
    wire, counted = wire_of(request), [_after_read(service, job) for job in jobs]
    body = [wire.job(job, service.visible(job)) for job in counted]
    return JSONResponse(body, headers={"X-Count": str(count)})


def _listed(request: Request, service: Service, code: str) -> tuple[list[Job], int]:
    owner = account(request)
    if not owner:
        return _by_token(request, service)
    page = page_of(request)
    if service.settings.progression.by != "work" or service.settings.unknowns.staged_status != "incomplete":
        wire = wire_of(request)  # the filter means the status that clients see
        jobs = [job for job in service.store.jobs(owner, ()) if code in ("", wire.code(job, service.visible(job)))]
        return jobs[page.offset : page.offset + page.size], len(jobs)
    phases = phases_of(code, service.settings.unknowns.vocabulary) if code else ()
    if code and not phases:
        return [], 0
    count = service.store.count_jobs(owner, phases)
    return service.store.jobs(owner, phases, limit=page.size, offset=page.offset), count


def _by_token(request: Request, service: Service) -> tuple[list[Job], int]:
    token = header(request, TOKEN_HEADERS)
    job = service.store.job_of_token(token) if token else None
    if job is None:
        raise unauthorized()
    return [job], 1


async def read(request: Request) -> Response:
    """GET /jobs/{id}."""
    service, job = service_of(request), require_job(request)
    if not service.process.is_alive(job.runner) and job.runner:
        service.adopt_orphans()
    job = _after_read(service, job)
    if service.settings.progression.by == "polls":
        job = await _finished(service, job)
    return JSONResponse(job_json(request, job))


def _after_read(service: Service, job: Job) -> Job:
    """The job after one more read, where its progress is shown by the number of reads."""
    if service.settings.progression.by != "polls" or job.started is None:
        return job
    return service.update(job.id, lambda now: replace(now, polls=now.polls + 1))


async def _finished(service: Service, job: Job) -> Job:
    """The job; once it was read often enough, its end is waited for, so that the number of reads is exact."""
    waited = 0.0
    while waited < LONGEST_WAIT and _is_overdue(service, job):
        await asyncio.sleep(0.01)
        waited += 0.01
        job = service.store.job(job.id) or job
    return job


def _is_overdue(service: Service, job: Job) -> bool:
    """Whether a running job was read so often that clients have to see its end."""
    progression = service.settings.progression
    running = job.started is not None and job.phase not in TERMINAL and service.visible(job).phase == job.phase
    return running and max(0, job.polls - 1) >= progression.ready + progression.running


async def change(request: Request) -> Response:
    """PATCH /jobs/{id}: changes job-level fields, then starts the job if it is complete."""
    service, job = service_of(request), require_job(request)
    body = await read_object(request, service.settings.limits.json_bytes)
    problems = Problems()
    fields = job_fields(body, problems)
    problems.refuse()
    after_start = service.settings.unknowns.passwords_after_start
    job = service.update(
        job.id,
        lambda now: lifecycle.patch_job(now, fields, service.clock.now(), passwords_after_start=after_start),
        "The job was changed: " + ", ".join(fields) if fields else "",
    )
    return JSONResponse(job_json(request, job))


async def remove(request: Request) -> Response:
    """DELETE /jobs/{id}: cancels or deletes the job."""
    service, job = service_of(request), require_job(request)
    unknowns = service.settings.unknowns
    if job.phase in TERMINAL and unknowns.delete_finished == 409:
        raise conflict("The job is finished and cannot be canceled")
    if unknowns.after_delete == "canceled" and job.phase not in TERMINAL:
        service.update(job.id, lambda now: lifecycle.cancel(now, service.clock.now()))
    else:
        service.forget(job.id)
    return Response(status_code=204)


async def history(request: Request) -> Response:
    """GET /jobs/{id}/history."""
    service, job = service_of(request), require_job(request)
    rows = service.store.events(job.id)
    body = [
        {"id": str(number), "status": status, "info": info, "created_at": timestamp(created)}
        for number, status, info, created in rows
        if service.visible(job).done or status not in TERMINAL
    ]
    return JSONResponse(body, headers={"X-Count": str(len(body))})


async def threads(request: Request) -> Response:
    """GET /jobs/{id}/threads: what the worker does for the job now."""
    service, job = service_of(request), require_job(request)
    body = [_thread(job, service.clock.now())] if job.activity and job.phase not in TERMINAL else []
    return JSONResponse(body, headers={"X-Count": str(len(body))})


def _thread(job: Job, now: float) -> dict[str, Any]:
    return {
        "hash": hashlib.sha256(f"{job.id}{job.activity}".encode()).hexdigest()[:32],
        "status": 1,
        "info": job.activity,
        "exec_time": int(max(0, now - job.activity_since)),
        "created_at": timestamp(job.activity_since),
        "modified_at": timestamp(now),
    }
