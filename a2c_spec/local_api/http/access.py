"""Who sends a request: an account by its key, or a job's client by its token; and what answers that client."""

from __future__ import annotations

import hmac
from typing import Any

from starlette.requests import Request

from a2c_spec.local_api.http.wire import Wire, wire_for
from a2c_spec.local_api.jobs.identity import account_of
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.refusals import not_found, unauthorized
from a2c_spec.local_api.jobs.service import Service

KEY_HEADERS = ("x-api2convert-api-key", "x-oc-api-key")
TOKEN_HEADERS = ("x-api2convert-token", "x-oc-token")
PASSWORD_HEADERS = ("x-api2convert-download-password", "x-oc-download-password")
PASSWORD_COOKIE = "x-oc-download-password"  # noqa: S105 - a cookie's name


def service_of(request: Request) -> Service:
    """The service that answers the request."""
    service: Service = request.scope["a2c.service"]
    return service


def base_of(request: Request) -> str:
    """The scheme and host that the client used for this service."""
    host = request.headers.get("host") or "localhost"
    return f"{request.scope.get('scheme', 'http')}://{host}"


def wire_of(request: Request) -> Wire:
    """Makes the JSON of the answers to this request."""
    return wire_for(service_of(request), base_of(request))


def job_json(request: Request, job: Job) -> dict[str, Any]:
    """The whole job as the answer to this request shows it."""
    return wire_of(request).job(job, service_of(request).visible(job))


def header(request: Request, names: tuple[str, ...]) -> str:
    """The value of the first of these headers that the request has, or an empty string."""
    return next((value for name in names if (value := request.headers.get(name))), "")


def account(request: Request) -> str:
    """The account of the request's key; an empty string without a valid key."""
    key = header(request, KEY_HEADERS)
    known = service_of(request).settings.api_keys
    if not key or (known and not any(hmac.compare_digest(key.encode(), entry.encode()) for entry in known)):
        return ""
    return account_of(key)


def require_account(request: Request) -> str:
    """The account of the request's key, or 401."""
    owner = account(request)
    if not owner:
        raise unauthorized()
    return owner


def require_job(request: Request) -> Job:
    """The job of the path: 401 without a valid key or token, 404 when the caller has no such job."""
    job = service_of(request).store.job(request.path_params["job_id"])
    owner, token = account(request), header(request, TOKEN_HEADERS)
    if not owner and not token:
        raise unauthorized()
    if job is not None and (job.owner == owner or (token and hmac.compare_digest(token.encode(), job.token.encode()))):
        return job
    if not owner:
        raise unauthorized()
    raise not_found("job")
