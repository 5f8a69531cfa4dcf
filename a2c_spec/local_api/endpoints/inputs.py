"""The endpoints below /jobs/{id}/input: list, read, add, reorder, set the password, remove."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from a2c_spec.local_api.http.access import require_job, service_of, wire_of
from a2c_spec.local_api.http.request_bodies import read_json
from a2c_spec.local_api.jobs import lifecycle
from a2c_spec.local_api.jobs.additions import new_inputs
from a2c_spec.local_api.jobs.drafts import Problems, object_of
from a2c_spec.local_api.jobs.model import Input, Job, with_input
from a2c_spec.local_api.jobs.refusals import INVALID, Refusal, invalid, not_an_object
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.vocabulary import counted


async def listing(request: Request) -> Response:
    """GET /jobs/{id}/input."""
    job = require_job(request)
    body = wire_of(request).inputs(job)
    return JSONResponse(body, headers={"X-Count": str(len(body))})


async def read(request: Request) -> Response:
    """GET /jobs/{id}/input/{fid}."""
    job = require_job(request)
    entry = lifecycle.found_input(job, request.path_params["file_id"])
    return JSONResponse(wire_of(request).input(entry))


async def add(request: Request) -> Response:
    """POST /jobs/{id}/input: one object, or an array of them."""
    service, job = service_of(request), require_job(request)
    body = await read_json(request, service.settings.limits.base64_bytes)
    require_shape(body, arrays=service.settings.unknowns.arrays)
    lifecycle.require_editable(job)
    problems = Problems()
    entries = await new_inputs(service, job, body, "", problems)
    problems.refuse()
    inline = service.settings.unknowns.inline_position

    def rule(now: Job) -> Job:
        service.require_room(now, len(entries), 0)
        return lifecycle.add_inputs(now, entries, service.clock.now(), inline_position=inline)

    job = service.update(job.id, rule, f"{counted(len(entries), 'input')} added")
    wire = wire_of(request)
    added = [wire.input(entry) for entry in lifecycle.found_inputs(job, [entry.id for entry in entries])]
    return JSONResponse(added if isinstance(body, list) else added[0], 201)


def require_shape(body: Any, *, arrays: bool) -> None:
    """400 unless the body is an object, or an array where arrays are accepted."""
    if not isinstance(body, dict) and not (arrays and isinstance(body, list) and body):
        raise not_an_object()


async def reorder(request: Request) -> Response:
    """PATCH /jobs/{id}/input: changes positions, slide durations and resize handling of several inputs."""
    service, job = service_of(request), require_job(request)
    body = await read_json(request, service.settings.limits.json_bytes)
    rows = [body] if isinstance(body, dict) else body
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refusal(400, {"code": INVALID, "message": "The JSON body must be an array of objects"})
    job = service.update(job.id, lambda now: lifecycle.patch_inputs(now, rows, service.clock.now()), "Inputs changed")
    return JSONResponse(wire_of(request).inputs(job))


async def change(request: Request) -> Response:
    """PATCH /jobs/{id}/input/{fid}: sets the password that opens the input."""
    service, job = service_of(request), require_job(request)
    entry = lifecycle.found_input(job, request.path_params["file_id"])
    body = await read_json(request, service.settings.limits.json_bytes)
    credentials, parameters = _patch_of(body)
    lifecycle.require_editable(job)
    password = credentials.get("decrypt_password")
    if password and entry.blob:
        await _verify(service, entry, password)

    def rule(now: Job) -> Job:
        lifecycle.require_editable(now)
        found, at = lifecycle.found_input(now, entry.id), service.clock.now()
        merged = lifecycle.merge(found.credentials, credentials)
        kept = replace(found, credentials=merged, parameters={**found.parameters, **parameters}, modified=at)
        return replace(with_input(now, kept), modified=at)

    job = service.update(job.id, rule, "The password of an input was set")
    return JSONResponse(wire_of(request).input(lifecycle.found_input(job, entry.id)))


async def _verify(service: Service, entry: Input, password: str) -> None:
    path = service.blobs.path(entry.blob)
    if not await asyncio.to_thread(service.converters.check_password, path, password):
        raise invalid({"credentials.decrypt_password": "The password does not open the file"})


def _patch_of(body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    problems = Problems()
    fields = object_of(body, "", problems)
    for name in sorted(set(fields) - {"credentials", "parameters"}):
        problems.add(name, "This field cannot be changed")
    credentials = object_of(fields.get("credentials"), "credentials", problems)
    parameters = object_of(fields.get("parameters"), "parameters", problems)
    for name in sorted(set(credentials) - {"decrypt_password"}):
        problems.add(f"credentials.{name}", "Only decrypt_password can be changed")
    for name in sorted(set(parameters) - {"delete_after_use"}):
        problems.add(f"parameters.{name}", "Only delete_after_use can be changed")
    if not isinstance(credentials.get("decrypt_password", ""), str | None):
        problems.add("credentials.decrypt_password", "This must be a string")
    problems.refuse()
    return credentials, parameters


async def remove(request: Request) -> Response:
    """DELETE /jobs/{id}/input/{fid}."""
    service, job = service_of(request), require_job(request)
    entry = lifecycle.found_input(job, request.path_params["file_id"])
    service.update(
        job.id, lambda now: lifecycle.remove_input(now, entry.id, service.clock.now()), "An input was removed"
    )
    service.blobs.drop(entry.blob)
    return Response(status_code=204)
