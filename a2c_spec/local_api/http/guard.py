"""Decides for every request, before anything else, whether its sender may use this service at all."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.requests import Request

from a2c_spec.local_api.http.access import TOKEN_HEADERS, given_key, header, number_of
from a2c_spec.local_api.jobs.refusals import Refusal
from a2c_spec.local_api.settings import Settings

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""What a proxy adds to requests of others."""
IN_PROCESS = "local.a2c"
"""The name by which a client in this process calls it."""
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]*)(?::[0-9]*)?", re.IGNORECASE)
OTHER_SITE = {"message": "Pages of other sites must not use this service"}
NO_KEY = {"message": "Other machines need the key of this service, also for this: as a header, or as the password"}


def require_allowed(request: Request, path: str, settings: Settings) -> None:
    """Refuse what this service answers nobody.

    From this machine, 403 for a host name that is not one of this machine: a page of another site can have its own name
    point here. From other machines, 401 without the key; the token of a job opens that job, and the files of jobs have
    addresses that nobody can guess. Below /_a2c, 403 for pages of other sites. What else needs the key or a token is
    the matter of the endpoints.
    """
    ours = path == "/_a2c" or path.startswith("/_a2c/")
    here = _is_from_here(request)
    if here and not all(_is_here(name, settings) for name in request.headers.getlist("host") or [""]):
        raise Refusal(403, {"message": "The host name is not one of this machine, so this is not answered"})
    of_a_job = path.startswith("/dl/") or (path.startswith("/jobs/") and header(request, TOKEN_HEADERS))
    others = not here or any(name in request.headers for name in FORWARDED)
    if others and not of_a_job and number_of(given_key(request), settings) is None:
        asking = {"WWW-Authenticate": 'Basic realm="local API", charset="UTF-8"'} if ours else None
        raise Refusal(401, NO_KEY if ours else {"message": "Invalid api key"}, asking)
    if ours:
        _require_same_site(request)


def _require_same_site(request: Request) -> None:
    origin = request.headers.get("origin")
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Refusal(403, OTHER_SITE)
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise Refusal(403, OTHER_SITE)


def _is_from_here(request: Request) -> bool:
    address = _address(request.client.host.partition("%")[0]) if request.client else None
    plain = getattr(address, "ipv4_mapped", None) or address
    return plain is not None and plain.is_loopback


def _is_here(host: str, settings: Settings) -> bool:
    """Whether the Host of a request is an address, which no name can be made to point to, or a name of this machine."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found[1].lower().removesuffix(".")
    own = urlsplit(settings.base_url).hostname
    known = name in ("localhost", IN_PROCESS, own) or name.endswith(".localhost")
    return known or _address(name.strip("[]")) is not None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
