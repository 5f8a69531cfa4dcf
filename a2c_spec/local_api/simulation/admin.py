"""The endpoints below /_a2c that tests use and the real service does not have: health, calls, faults, clock, reset."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from a2c_spec.local_api.http.access import service_of
from a2c_spec.local_api.http.request_bodies import read_bounded, read_json
from a2c_spec.local_api.http.wire import timestamp
from a2c_spec.local_api.jobs.refusals import invalid, not_found
from a2c_spec.local_api.simulation.call_log import selected
from a2c_spec.local_api.simulation.fault_middleware import expire_outputs
from a2c_spec.local_api.simulation.faults import ActiveFaults, InvalidFaults, read_faults

BODY_LIMIT = 1024 * 1024


async def health(request: Request) -> Response:
    """GET /_a2c/health: whether the service is ready."""
    service = service_of(request)
    return JSONResponse({"status": "ok", "time": timestamp(service.clock.now()), "runner": service.process.name})


async def calls(request: Request) -> Response:
    """GET /_a2c/calls: the requests so far; the query can select by method, path pattern, status, lost."""
    rows = selected(service_of(request).store.calls(), request.query_params)
    return JSONResponse(rows, headers={"X-Count": str(len(rows))})


async def forget_calls(request: Request) -> Response:
    """DELETE /_a2c/calls."""
    service_of(request).store.rows("DELETE FROM calls")
    return Response(status_code=204)


def _faults_of(request: Request) -> ActiveFaults:
    active: ActiveFaults = request.scope["a2c.faults"]
    return active


async def faults(request: Request) -> Response:
    """GET /_a2c/faults: all faults, and how often each was matched and applied."""
    return JSONResponse(_faults_of(request).report())


async def add_faults(request: Request) -> Response:
    """POST /_a2c/faults: adds faults, as YAML or JSON."""
    try:
        added = read_faults(await read_bounded(request, BODY_LIMIT))
    except InvalidFaults as error:
        raise invalid({"faults": str(error)}, "The fault script is not valid") from None
    _faults_of(request).add(added)
    return JSONResponse(_faults_of(request).report(), 201)


async def clear_faults(request: Request) -> Response:
    """DELETE /_a2c/faults."""
    _faults_of(request).clear()
    return Response(status_code=204)


async def clock(request: Request) -> Response:
    """GET /_a2c/clock."""
    return JSONResponse({"now": service_of(request).clock.now()})


async def advance(request: Request) -> Response:
    """POST /_a2c/clock: {"advance": seconds}."""
    body = await read_json(request, BODY_LIMIT)
    seconds = body.get("advance") if isinstance(body, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 10**9:
        raise invalid({"advance": "This must be a number of seconds"})
    return JSONResponse({"now": service_of(request).clock.advance(seconds)})


async def expire(request: Request) -> Response:
    """POST /_a2c/jobs/{id}/expire: the outputs of the job are expired from now on."""
    service = service_of(request)
    job = service.store.job(request.path_params["job_id"])
    if job is None:
        raise not_found("job")
    expire_outputs(service, job)
    return Response(status_code=204)


async def reset(request: Request) -> Response:
    """POST /_a2c/reset: deletes all jobs, calls, presets and faults."""
    service = service_of(request)
    service.store.reset()
    service.blobs.clear()
    _faults_of(request).clear()
    return Response(status_code=204)
