"""Keeps web pages of strangers away from the pages and switches that are only for this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request

from a2c_spec.local_api.http.access import service_of
from a2c_spec.local_api.jobs.refusals import Refusal


def require_local(request: Request) -> None:
    """403 for requests that a page of another site makes, also under a name of its own that points here."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Refusal(403, {"message": "Other sites have no business here"})
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    if origin and urlsplit(origin).netloc != host:
        raise Refusal(403, {"message": "Other sites have no business here"})
    name = urlsplit(f"//{host}").hostname or ""
    if not (_ours(name) or name == urlsplit(service_of(request).settings.base_url).hostname):
        raise Refusal(403, {"message": "This name is not known here; set base_url to it"})


def _ours(name: str) -> bool:
    """An address, a name without dots, or one that no public name server answers for."""
    if "." not in name or name.endswith((".localhost", ".local", ".a2c", ".internal", ".test")):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
