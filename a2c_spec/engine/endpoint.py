"""Which service a command talks to, and with which key."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from a2c_spec.engine.project import Project
from a2c_spec.errors import UsageError

LOCAL_REALM = "local"
SERVICE = "https://api.api2convert.com/v2"
LOCAL = "http://local.a2c/v2"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Base URL and key; ``realm`` names the service in the state, so that records of two services never mix."""

    base_url: str
    key: str
    realm: str


def endpoint(project: Project) -> Endpoint:
    """From --local, --base-url, the environment, and last the official client's config.toml."""
    if project.flags.local:
        return Endpoint(LOCAL, "local", LOCAL_REALM)
    config = _official_config(project)
    base = project.flags.base_url or project.environ.get("API2CONVERT_BASE_URL") or config.get("base_url") or SERVICE
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.netloc or not _is_named(parts):
        raise UsageError(f"the base URL {base!r} is not a valid http(s) URL", hint=f"for example {SERVICE}")
    key = project.environ.get("API2CONVERT_API_KEY") or config.get("api_key") or ""
    return Endpoint(base.rstrip("/"), key.strip(), _realm(parts))


LOOPBACK = ("127.0.0.1", "::1")
"""Other ways to write ``localhost``."""
DEFAULT_PORTS = {"http": 80, "https": 443}


def _is_named(parts: SplitResult) -> bool:
    """Whether host and port of a URL can be read."""
    try:
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _realm(parts: SplitResult) -> str:
    """Host, port and path, the same for every spelling of an address that surely names the same service."""
    host = str(parts.hostname)
    host = "localhost" if host in LOOPBACK else f"[{host}]" if ":" in host else host
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    named = host if port == DEFAULT_PORTS[parts.scheme] else f"{host}:{port}"
    return f"{named}{parts.path}".rstrip("/")


def recorded_realm(realm: str, recorded: Collection[str]) -> str:
    """The name under which a state has the records of a service: an earlier version took the address as it was
    spelled."""
    if realm == LOCAL_REALM or realm in recorded:
        return realm
    return min((one for one in recorded if one != LOCAL_REALM and realm in _normalised(one)), default=realm)


def _normalised(realm: str) -> set[str]:
    """A realm as it was spelled, in the present spelling; its scheme is not known."""
    parts = [urlsplit(f"{scheme}://{realm}") for scheme in DEFAULT_PORTS]
    return {_realm(one) for one in parts if _is_named(one)}


def _official_config(project: Project) -> dict[str, str]:
    base = Path(project.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    try:
        values = tomllib.loads((base / "api2convert" / "config.toml").read_text())
    except (OSError, ValueError):
        return {}
    return {name: value for name, value in values.items() if isinstance(value, str)}
