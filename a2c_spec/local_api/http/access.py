"""Who calls: the account key or the job's own token, under either family of header names."""

from __future__ import annotations

import hmac

from starlette.requests import Request

from a2c_spec.local_api.jobs.identity import owner_of
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.refusals import not_found, unauthorized
from a2c_spec.local_api.jobs.service import Service

KEY_HEADERS = ("x-api2convert-api-key", "x-oc-api-key")
TOKEN_HEADERS = ("x-api2convert-token", "x-oc-token")
PASSWORD_HEADERS = ("x-api2convert-download-password", "x-oc-download-password")
PASSWORD_COOKIE = "x-oc-download-password"  # noqa: S105 - a cookie's name


def service_of(request: Request) -> Service:
    """The service that answers this request."""
    service: Service = request.scope["a2c.service"]
    return service


def base_of(request: Request) -> str:
    """The scheme and host under which the client reached us."""
    host = request.headers.get("host") or "localhost"
    return f"{request.scope.get('scheme', 'http')}://{host}"


def header(request: Request, names: tuple[str, ...]) -> str:
    """The first of these headers that is there."""
    return next((value for name in names if (value := request.headers.get(name))), "")


def account(request: Request) -> str:
    """The account of the key, or an empty string when there is no valid key."""
    key = header(request, KEY_HEADERS)
    known = service_of(request).settings.api_keys
    if not key or (known and not any(hmac.compare_digest(key.encode(), entry.encode()) for entry in known)):
        return ""
    return owner_of(key)


def require_account(request: Request) -> str:
    """The account, or 401."""
    owner = account(request)
    if not owner:
        raise unauthorized()
    return owner


def require_job(request: Request, job_id: str = "") -> Job:
    """The job of the path: 401 without a valid key or token, 404 when it is not there for the caller."""
    job = service_of(request).store.job(job_id or request.path_params["job_id"])
    owner, token = account(request), header(request, TOKEN_HEADERS)
    if not owner and not token:
        raise unauthorized()
    if job is not None and (job.owner == owner or (token and hmac.compare_digest(token.encode(), job.token.encode()))):
        return job
    if not owner:
        raise unauthorized()
    raise not_found("job")
