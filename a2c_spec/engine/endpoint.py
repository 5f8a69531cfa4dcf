"""Which service a command talks to, and with which key."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from a2c_spec.engine.project import Project
from a2c_spec.errors import UsageError

SERVICE = "https://api.api2convert.com/v2"
LOCAL = "http://local.a2c/v2"
LOCAL_REALM = "local"


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
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(f"the base URL {base!r} is not a valid http(s) URL", hint=f"for example {SERVICE}")
    key = project.environ.get("API2CONVERT_API_KEY") or config.get("api_key") or ""
    return Endpoint(base.rstrip("/"), key.strip(), f"{parts.netloc}{parts.path}".rstrip("/"))


def _official_config(project: Project) -> dict[str, str]:
    base = Path(project.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    try:
        values = tomllib.loads((base / "api2convert" / "config.toml").read_text())
    except (OSError, ValueError):
        return {}
    return {name: value for name, value in values.items() if isinstance(value, str)}
