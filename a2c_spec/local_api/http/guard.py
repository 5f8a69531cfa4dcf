"""Protects the dashboard and the test switches from web pages of other sites."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request

from a2c_spec.local_api.http.access import service_of
from a2c_spec.local_api.jobs.refusals import Refusal


def require_local(request: Request) -> None:
    """403 for a request from a page of another site, and for a host name that is not one of this machine."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Refusal(403, {"message": "Pages of other sites must not use this service"})
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    if origin and urlsplit(origin).netloc != host:
        raise Refusal(403, {"message": "Pages of other sites must not use this service"})
    name = urlsplit(f"//{host}").hostname or ""
    if not (_is_local(name) or name == urlsplit(service_of(request).settings.base_url).hostname):
        raise Refusal(403, {"message": "The host name is not known; to use it, set base_url to it"})


def _is_local(name: str) -> bool:
    """Whether the name is an address, has no dots, or ends in a suffix that is reserved for local use."""
    if "." not in name or name.endswith((".localhost", ".local", ".a2c", ".internal", ".test")):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
