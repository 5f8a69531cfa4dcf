"""What tests need and the real service does not have: health, calls, faults, the clock, reset."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from a2c_spec.local_api.http.access import service_of
from a2c_spec.local_api.http.guard import require_local
from a2c_spec.local_api.http.request_bodies import read_bounded, read_json
from a2c_spec.local_api.http.wire import timestamp
from a2c_spec.local_api.jobs.refusals import invalid, not_found
from a2c_spec.local_api.simulation.call_log import selected
from a2c_spec.local_api.simulation.fault_middleware import expire_outputs
from a2c_spec.local_api.simulation.faults import BadScript, Script, read_faults

SCRIPT_LIMIT = 1024 * 1024


async def health(request: Request) -> Response:
    """GET /_a2c/health: answers once requests are answered."""
    service = service_of(request)
    return JSONResponse({"status": "ok", "time": timestamp(service.clock.now()), "runner": service.process.name})


async def calls(request: Request) -> Response:
    """GET /_a2c/calls: every request so far; narrowed by method, path pattern, status, lost."""
    require_local(request)
    rows = selected(service_of(request).store.calls(), request.query_params)
    return JSONResponse(rows, headers={"X-Count": str(len(rows))})


async def forget_calls(request: Request) -> Response:
    """DELETE /_a2c/calls."""
    require_local(request)
    service_of(request).store.rows("DELETE FROM calls")
    return Response(status_code=204)


def _script(request: Request) -> Script:
    script: Script = request.scope["a2c.script"]
    return script


async def faults(request: Request) -> Response:
    """GET /_a2c/faults: what is going to go wrong, and what went wrong already."""
    require_local(request)
    return JSONResponse(_script(request).report())


async def add_faults(request: Request) -> Response:
    """POST /_a2c/faults: more faults, as YAML or JSON."""
    require_local(request)
    found = faults_of_text(await read_bounded(request, SCRIPT_LIMIT))
    _script(request).add(found)
    return JSONResponse(_script(request).report(), 201)


def faults_of_text(text: bytes) -> Any:
    """The faults of a script."""
    try:
        return read_faults(text)
    except BadScript as error:
        raise invalid({"faults": str(error)}, "The fault script is not valid") from None


async def clear_faults(request: Request) -> Response:
    """DELETE /_a2c/faults."""
    require_local(request)
    _script(request).clear()
    return Response(status_code=204)


async def clock(request: Request) -> Response:
    """GET /_a2c/clock."""
    require_local(request)
    return JSONResponse({"now": service_of(request).clock.now()})


async def advance(request: Request) -> Response:
    """POST /_a2c/clock: {"advance": seconds}."""
    require_local(request)
    body = await read_json(request, SCRIPT_LIMIT)
    seconds = body.get("advance") if isinstance(body, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 10**9:
        raise invalid({"advance": "This must be a number of seconds"})
    return JSONResponse({"now": service_of(request).clock.advance(seconds)})


async def expire(request: Request) -> Response:
    """POST /_a2c/jobs/{id}/expire: its outputs are gone from now on."""
    require_local(request)
    service = service_of(request)
    job = service.store.job(request.path_params["job_id"])
    if job is None:
        raise not_found("job")
    expire_outputs(service, job)
    return Response(status_code=204)


async def reset(request: Request) -> Response:
    """POST /_a2c/reset: as if nothing had ever happened; faults included."""
    require_local(request)
    service = service_of(request)
    service.store.reset()
    service.blobs.clear()
    _script(request).clear()
    return Response(status_code=204)
