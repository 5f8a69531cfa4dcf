"""The endpoints below /jobs/{id}/conversions: list, read, add, change, remove."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from a2c_spec.local_api.endpoints.inputs import require_shape
from a2c_spec.local_api.http.access import require_job, service_of, wire_of
from a2c_spec.local_api.http.request_bodies import read_json
from a2c_spec.local_api.jobs import lifecycle
from a2c_spec.local_api.jobs.additions import new_conversions
from a2c_spec.local_api.jobs.drafts import Problems, object_of
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.vocabulary import counted


async def listing(request: Request) -> Response:
    """GET /jobs/{id}/conversions."""
    job = require_job(request)
    wire = wire_of(request)
    body = [wire.conversion(entry) for entry in job.conversions]
    return JSONResponse(body, headers={"X-Count": str(len(body))})


async def read(request: Request) -> Response:
    """GET /jobs/{id}/conversions/{cid}."""
    job = require_job(request)
    entry = lifecycle.found_conversion(job, request.path_params["conversion_id"])
    return JSONResponse(wire_of(request).conversion(entry))


async def add(request: Request) -> Response:
    """POST /jobs/{id}/conversions: one object, or an array of them."""
    service, job = service_of(request), require_job(request)
    body = await read_json(request, service.settings.limits.json_bytes)
    require_shape(body, arrays=service.settings.unknowns.arrays)
    problems = Problems()
    entries = new_conversions(service, job.owner, body, "", problems)
    problems.refuse()
    note = f"{counted(len(entries), 'conversion')} added"
    service.update(job.id, lambda now: lifecycle.add_conversions(now, entries, service.clock.now()), note)
    wire = wire_of(request)
    added = [wire.conversion(entry) for entry in entries]
    return JSONResponse(added if isinstance(body, list) else added[0], 201)


async def change(request: Request) -> Response:
    """PATCH /jobs/{id}/conversions/{cid}: changes options and metadata; keys that are not sent stay."""
    service, job = service_of(request), require_job(request)
    found = lifecycle.found_conversion(job, request.path_params["conversion_id"])
    body = await read_json(request, service.settings.limits.json_bytes)
    options, metadata = _patch_of(body)

    def rule(now: Job) -> Job:
        changed = lifecycle.patch_conversion(now, found.id, options, metadata, service.clock.now())
        _check_options(service, changed, found.id, options)
        return changed

    job = service.update(job.id, rule, "A conversion was changed")
    return JSONResponse(wire_of(request).conversion(lifecycle.found_conversion(job, found.id)))


def _patch_of(body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    problems = Problems()
    fields = object_of(body, "", problems)
    for name in sorted(set(fields) - {"options", "metadata"}):
        problems.add(name, "This field cannot be changed")
    options = object_of(fields.get("options"), "options", problems)
    metadata = object_of(fields.get("metadata"), "metadata", problems)
    problems.refuse()
    return options, metadata


def _check_options(service: Service, job: Job, conversion_id: str, options: dict[str, Any]) -> None:
    entry = lifecycle.found_conversion(job, conversion_id)
    catalog_entry = service.catalog.find(entry.target, entry.category)
    problems = Problems()
    if catalog_entry is not None:
        strict = service.settings.unknowns.unknown_options == "refuse"
        for name, text in service.catalog.problems(catalog_entry, options, unknown=strict).items():
            problems.add(f"options.{name}", text)
    preset = options.get("preset")
    if preset and (not isinstance(preset, str) or service.presets_of(job.owner)(preset) is None):
        problems.add("options.preset", "There is no such preset")
    problems.refuse()


async def remove(request: Request) -> Response:
    """DELETE /jobs/{id}/conversions/{cid}."""
    service, job = service_of(request), require_job(request)
    conversion_id = request.path_params["conversion_id"]
    lifecycle.found_conversion(job, conversion_id)
    note = "A conversion was removed"
    service.update(job.id, lambda now: lifecycle.remove_conversion(now, conversion_id, service.clock.now()), note)
    return Response(status_code=204)
