"""The endpoints below /jobs/{id}/output: list, read, rename, protect by password, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from a2c_spec.local_api.http.access import require_job, service_of, wire_of
from a2c_spec.local_api.http.request_bodies import read_json
from a2c_spec.local_api.jobs import lifecycle
from a2c_spec.local_api.jobs.drafts import Problems, object_of
from a2c_spec.local_api.jobs.model import Job, Output, with_output
from a2c_spec.local_api.jobs.refusals import not_found
from a2c_spec.local_api.jobs.secret_values import digested
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.storage.blobs import safe_name


async def listing(request: Request) -> Response:
    """GET /jobs/{id}/output: all outputs, or those of the conversion or input that the query names."""
    service, job = service_of(request), require_job(request)
    conversion, source = request.query_params.get("conversion_id"), request.query_params.get("input_id")
    body = [
        row
        for row in wire_of(request).outputs(job, service.visible(job))
        if conversion in (None, row["source"]["conversion"]) and (source is None or source in row["source"]["input"])
    ]
    return JSONResponse(body, headers={"X-Count": str(len(body))})


async def read(request: Request) -> Response:
    """GET /jobs/{id}/output/{oid}."""
    service, job = service_of(request), require_job(request)
    entry = _visible(service, job, request.path_params["file_id"])
    return JSONResponse(wire_of(request).output(job, entry))


def _visible(service: Service, job: Job, output_id: str) -> Output:
    entry = lifecycle.found_output(job, output_id)
    if not service.visible(job).done:
        raise not_found("output")
    return entry


async def change(request: Request) -> Response:
    """PATCH /jobs/{id}/output/{oid}: changes the name or the download password."""
    service, job = service_of(request), require_job(request)
    entry = _visible(service, job, request.path_params["file_id"])
    patch = _patch_of(await read_json(request, service.settings.limits.json_bytes))

    def rule(now: Job) -> Job:
        return with_output(now, patch(lifecycle.found_output(now, entry.id)))

    job = service.update(job.id, rule, "An output was changed")
    return JSONResponse(wire_of(request).output(job, lifecycle.found_output(job, entry.id)))


async def change_all(request: Request) -> Response:
    """PATCH /jobs/{id}/output: the same change to every output."""
    service, job = service_of(request), require_job(request)
    patch = _patch_of(await read_json(request, service.settings.limits.json_bytes))

    def rule(now: Job) -> Job:
        return replace(now, outputs=tuple(entry if entry.deleted else patch(entry) for entry in now.outputs))

    job = service.update(job.id, rule, "All outputs were changed")
    return JSONResponse(wire_of(request).outputs(job, service.visible(job)))


def _patch_of(body: Any) -> Callable[[Output], Output]:
    problems = Problems()
    fields = object_of(body, "", problems)
    for name in sorted(set(fields) - {"filename", "download_password"}):
        problems.add(name, "This field cannot be changed")
    for name in ("filename", "download_password"):
        if not isinstance(fields.get(name, ""), str | None):
            problems.add(name, "This must be a string")
    if fields.get("filename") == "":
        problems.add("filename", "This must not be empty")
    problems.refuse()
    return lambda entry: _patched(entry, fields)


def _patched(entry: Output, fields: dict[str, Any]) -> Output:
    if fields.get("filename"):
        entry = replace(entry, filename=safe_name(fields["filename"] + Path(entry.filename).suffix))
    if "download_password" in fields:
        password = fields["download_password"] or ""
        entry = replace(entry, password=password and digested(password))  # as all that a job keeps once it has ended
    return entry


async def remove(request: Request) -> Response:
    """DELETE /jobs/{id}/output/{oid}: deletes the file; its download answers 410 from now on."""
    service, job = service_of(request), require_job(request)
    entry = _visible(service, job, request.path_params["file_id"])

    def rule(now: Job) -> Job:
        return with_output(now, replace(lifecycle.found_output(now, entry.id), deleted=True))

    service.update(job.id, rule, "An output was deleted")
    service.blobs.drop(entry.blob)
    return Response(status_code=204)
