"""Who sends a request: an account by its key, or a job's client by its token; and what answers that client."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any

from starlette.requests import Request

from a2c_spec.local_api.http.wire import Wire, wire_for
from a2c_spec.local_api.jobs.identity import account_of
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.refusals import not_found, unauthorized
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.settings import Settings

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


def number_of(key: str, settings: Settings) -> int | None:
    """Which of the keys of the settings this is; None when it is none of them."""
    matches = [hmac.compare_digest(key.encode(), known.encode()) for known in settings.api_keys]
    return matches.index(True) if key and True in matches else None


def given_key(request: Request) -> str:
    """The key of a request: a header of the API, or the password that a browser asked for."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if (key := header(request, KEY_HEADERS)) or scheme.lower() != "basic":
        return key
    try:
        return base64.b64decode(text.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def account(request: Request) -> str:
    """The account of the request's key; an empty string without a valid key."""
    number = number_of(header(request, KEY_HEADERS), service_of(request).settings)
    return "" if number is None else account_of(number)


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
