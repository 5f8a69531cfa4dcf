"""Which service a command talks to, and with which key."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.sensitive import shown_url
from a2c_spec.core.state import LOCAL_REALM
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.engine.user_config import OFFICIAL_FILE, USER_FILE, allowed_hosts, configured
from a2c_spec.errors import AuthError, InvalidError, UsageError
from a2c_spec.manifests.environment import KEY
from a2c_spec.manifests.secrets import odd_letter
from a2c_spec.manifests.settings_file import SETTINGS_FILE
from a2c_spec.manifests.urls import PORTS, http_parts, is_plain_path, reached

SERVICE = "https://api.api2convert.com/v2"
LOCAL = "http://local.a2c/v2"
PRINTED = re.compile(r"[!-~]+")
PLAIN_URL = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
"""A URL about whose host no two readers can differ."""

NOT_BELOW = {
    "?": ": it has a query, below which no calls can be made",
    "#": ": it has a fragment, below which no calls can be made",
    "@": ": it has a user name; the key is in API2CONVERT_API_KEY",
}
"""What is not shown of a URL, for it may be a secret, and why it cannot stand there."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Base URL and key; ``realm`` names the service in the state, so that records of two services never mix."""

    base_url: str
    key: str
    realm: str


def endpoint(project: Project) -> Endpoint:
    """From --local, --base-url, the environment, a2c.yaml if its host may be told the key, and last the official
    client's config.toml."""
    hosts = allowed_hosts(project.flags, project.environ)
    if project.flags.local:
        both = [project.flags.given.get(name, "") for name in ("local", "base_url")]
        if any(all(one.startswith(kind) for one in both) for kind in ("--", "A2C_SPEC_")):
            raise UsageError(f"{both[0]} and {both[1]} name two services", hint="leave out one of both")
        return Endpoint(LOCAL, "local", LOCAL_REALM)
    given = project.flags.base_url or project.environ.get("API2CONVERT_BASE_URL", "")
    key = project.environ.get(KEY, "").strip()
    config = {} if given and key else _official_config(project.environ)
    base = (given or _of_the_project(project, config, hosts) or config.get("base_url") or SERVICE).strip()
    if (parts := _parts(base)) is None:
        more = next((what for sign, what in NOT_BELOW.items() if sign in base), "")
        odd = odd_letter(base, lambda letter: letter.isprintable() and not letter.isspace())
        more = more or (f": it has {odd}" if odd else "")
        by = named_by(project) or OFFICIAL_FILE
        told = f"the base URL {shown_url(base)!r} ({by}) is not a valid http(s) URL"
        raise UsageError(f"{told}{more}", hint=f"for example {SERVICE}")
    return Endpoint(
        base.rstrip("/"), _usable(key, KEY) or _usable(config.get("api_key", ""), OFFICIAL_FILE), _realm(parts)
    )


def kept_private(where: Endpoint, flags: Flags) -> Endpoint:
    """The service, to which a key is about to be sent; raises UsageError where everybody on the way could read it."""
    parts = urlsplit(where.base_url)
    allowed = flags.local or flags.allow_http or _is_loopback(reached(parts.hostname or ""))
    if where.key and parts.scheme == "http" and not allowed:
        raise UsageError(
            f"{where.base_url} has no TLS, so the key could be read on the way",
            hint="use https; for a service of your own in a network of your own there is --allow-http",
        )
    return where


def named_by(project: Project) -> str:
    """What says which service it is: a flag, a variable, a place in a2c.yaml; empty where none of them does."""
    given = project.flags.given
    if project.flags.local:
        return given.get("local", "--local")
    if project.flags.base_url:
        return given.get("base_url", "--base-url")
    if project.environ.get("API2CONVERT_BASE_URL"):
        return "API2CONVERT_BASE_URL"
    return project.file.place("defaults.base_url")


def _official_config(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in configured(environ, OFFICIAL_FILE).items() if isinstance(value, str)}


def _usable(key: str, where: str) -> str:
    """A key as it is sent; raises AuthError, without its value, where it holds what no header can."""
    key = key.strip()
    if odd := odd_letter(key, lambda letter: "!" <= letter <= "~"):
        raise AuthError(
            f"the key in {where} holds {odd}, which no key has", hint="copy it again, from your account page"
        )
    return key


LOOPBACK = ("127.0.0.1", "::1")
"""Other ways to write ``localhost``."""


def _parts(url: str) -> SplitResult | None:
    """The parts of a URL below which calls can be made; None where it is none."""
    parts = http_parts(url)
    plain = parts and PRINTED.fullmatch(url) and is_plain_path(parts.path)
    return parts if parts and plain and not (parts.query or parts.fragment or "@" in parts.netloc) else None


def _realm(parts: SplitResult) -> str:
    """Host, port and path, the same for every spelling of an address that surely names the same service."""
    host = reached(str(parts.hostname))
    host = "localhost" if host in LOOPBACK else f"[{host}]" if ":" in host else host
    port = parts.port or PORTS[parts.scheme]
    named = host if port == PORTS[parts.scheme] else f"{host}:{port}"
    return f"{named}{parts.path}".rstrip("/")


def recorded_realm(realm: str, recorded: Collection[str]) -> str:
    """The name under which a state has the records of a service: an earlier version took the address as it was
    spelled."""
    if realm == LOCAL_REALM or realm in recorded:
        return realm
    return min((one for one in recorded if one != LOCAL_REALM and realm in _normalised(one)), default=realm)


def _normalised(realm: str) -> set[str]:
    """A realm as it was spelled, in the present spelling; its scheme is not known."""
    parts = [_parts(f"{scheme}://{realm}") for scheme in PORTS]
    return {_realm(one) for one in parts if one}


def _of_the_project(project: Project, config: Mapping[str, str], hosts: Collection[str]) -> str:
    """``base_url`` of a2c.yaml; raises InvalidError, with its place, where whoever can change that file, such as a pull
    request, could so learn the key."""
    url = str(project.file.defaults.get("base_url", ""))
    if not url:
        return ""
    official = [parts for one in (SERVICE, config.get("base_url", "")) if (parts := _parts(one))]
    known = [f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}" for parts in official]
    if why := untrusted(url, {*known, *hosts}):
        problem = Diagnostic(
            project.file.places.get("defaults.base_url", Position(SETTINGS_FILE)),
            f"base_url `{shown_url(url)}` {why[0]}, so it is not told the key",
            why[1],
        )
        raise InvalidError("1 problem in the settings", diagnostics=[project.relative(problem)])
    return url


def untrusted(url: str, allowed: Collection[str]) -> tuple[str, str] | None:
    """Why a URL that a file of the project names is not trusted, and what to do; None when it is.

    ``allowed``: hosts, or host:port."""
    if not PLAIN_URL.fullmatch(url) or _parts(url) is None:
        return "is not a plain URL", f"for example {SERVICE}"
    parts = urlsplit(url)
    host = (parts.hostname or "").casefold()
    if _is_loopback(host):
        return None
    if parts.scheme != "https":
        return "does not start with https", "only a service on this machine may be reached with http"
    host = f"[{host}]" if ":" in host else host
    port = parts.port or PORTS["https"]
    if not {host, f"{host}:{port}"}.isdisjoint(one.casefold() for one in allowed):
        return None
    needed = host if port == PORTS["https"] else f"{host}:{port}"
    outside = f"--allow-host {needed}, A2C_SPEC_ALLOW_HOST, or allowed_hosts in {USER_FILE}"
    return f"is on a host that is not allowed ({needed})", f"allow it outside the project: {outside}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
