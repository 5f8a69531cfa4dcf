"""All paths, and the function that answers each of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from a2c_spec.local_api.endpoints import account, catalog, conversions, downloads, inputs, jobs, outputs, uploads
from a2c_spec.local_api.simulation import admin, dashboard

Endpoint = Callable[[Request], Awaitable[Response]]

API_PATHS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/statuses", catalog.statuses),
    ("GET", "/conversions", catalog.conversions),
    ("GET", "/jobs", jobs.listing),
    ("POST", "/jobs", jobs.create),
    ("GET", "/jobs/{job_id}", jobs.read),
    ("PATCH", "/jobs/{job_id}", jobs.change),
    ("DELETE", "/jobs/{job_id}", jobs.remove),
    ("GET", "/jobs/{job_id}/history", jobs.history),
    ("GET", "/jobs/{job_id}/threads", jobs.threads),
    ("GET", "/jobs/{job_id}/conversions", conversions.listing),
    ("POST", "/jobs/{job_id}/conversions", conversions.add),
    ("GET", "/jobs/{job_id}/conversions/{conversion_id}", conversions.read),
    ("PATCH", "/jobs/{job_id}/conversions/{conversion_id}", conversions.change),
    ("DELETE", "/jobs/{job_id}/conversions/{conversion_id}", conversions.remove),
    ("GET", "/jobs/{job_id}/input", inputs.listing),
    ("POST", "/jobs/{job_id}/input", inputs.add),
    ("PATCH", "/jobs/{job_id}/input", inputs.reorder),
    ("GET", "/jobs/{job_id}/input/{file_id}", inputs.read),
    ("PATCH", "/jobs/{job_id}/input/{file_id}", inputs.change),
    ("DELETE", "/jobs/{job_id}/input/{file_id}", inputs.remove),
    ("GET", "/jobs/{job_id}/output", outputs.listing),
    ("PATCH", "/jobs/{job_id}/output", outputs.change_all),
    ("GET", "/jobs/{job_id}/output/{file_id}", outputs.read),
    ("PATCH", "/jobs/{job_id}/output/{file_id}", outputs.change),
    ("DELETE", "/jobs/{job_id}/output/{file_id}", outputs.remove),
    ("GET", "/contracts", account.contracts),
    ("GET", "/presets", account.preset_list),
    ("POST", "/presets", account.preset_add),
    ("GET", "/presets/{preset_id}", account.preset_read),
    ("PATCH", "/presets/{preset_id}", account.preset_change),
    ("DELETE", "/presets/{preset_id}", account.preset_remove),
    ("GET", "/stats/{period}/{value}/{filter}", account.stats),
    ("POST", "/dl/{web}/upload-file/{job_id}", uploads.file),
    ("POST", "/dl/{web}/upload-base64/{job_id}", uploads.encoded),
    ("GET", "/dl/{web}/download-file/{output_id}/{filename:path}", downloads.download),
)

# The paths that the real API does not have.
LOCAL_PATHS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/_a2c/", dashboard.jobs),
    ("GET", "/_a2c/jobs/{job_id}", dashboard.job),
    ("GET", "/_a2c/outputs/{output_id}", dashboard.picture),
    ("GET", "/_a2c/health", admin.health),
    ("GET", "/_a2c/calls", admin.calls),
    ("DELETE", "/_a2c/calls", admin.forget_calls),
    ("GET", "/_a2c/faults", admin.faults),
    ("POST", "/_a2c/faults", admin.add_faults),
    ("DELETE", "/_a2c/faults", admin.clear_faults),
    ("GET", "/_a2c/clock", admin.clock),
    ("POST", "/_a2c/clock", admin.advance),
    ("POST", "/_a2c/reset", admin.reset),
    ("POST", "/_a2c/jobs/{job_id}/expire", admin.expire),
)


def routes() -> list[Route]:
    """All paths below /v2, and also at the root, as on the older host of the API."""
    return [
        Route(prefix + path, by_method(functions), methods=sorted(functions))
        for prefix in ("/v2", "")
        for path, functions in _by_path(API_PATHS + LOCAL_PATHS).items()
    ]


def _by_path(table: tuple[tuple[str, str, Endpoint], ...]) -> dict[str, dict[str, Endpoint]]:
    paths: dict[str, dict[str, Endpoint]] = {}
    for method, path, function in table:
        paths.setdefault(path, {})[method] = function
    return paths


def by_method(functions: dict[str, Endpoint]) -> Endpoint:
    """One endpoint that calls the function of the request's method; so a wrong method is 405 and not 404."""

    async def dispatch(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await functions[method](request)

    return dispatch
