"""The HTTP client as this machine wants it: with the proxies and the certificates that its environment names."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.request import getproxies

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from a2c_spec.api.http.transport import TIMEOUT
from a2c_spec.api.http.unpack import ACCEPTED
from a2c_spec.errors import NetworkError, UsageError, why

SCHEMES = ("http", "https", "all")
CERTIFICATES = {"SSL_CERT_FILE": "cafile", "SSL_CERT_DIR": "capath"}
PROXY_HINT = "for example http://proxy.example.com:3128; what NO_PROXY names is reached without a proxy"
_HOST = re.compile(r"(\*?\.)?([^\s:/\[\]*.][^\s:/\[\]*]*|\[[^\]]*\])(:[0-9]+)?")


def open_client(width: int, host: str, environ: Mapping[str, str]) -> httpx.AsyncClient:
    """A client with up to ``width`` connections, for a service at ``host``; raises UsageError, naming the variable,
    where the certificates to trust cannot be read."""
    limits = httpx.Limits(max_connections=width, max_keepalive_connections=width)
    trust = trusted(environ)
    mounts: dict[str, httpx.AsyncBaseTransport | None] = dict.fromkeys(without_proxy(getproxies().get("no", ""), host))
    if "all://" in mounts:
        mounts = {}
    else:
        named = proxies(environ).items()
        mounts |= {f"{scheme}://": _line(name, proxy, trust, limits) for scheme, (name, proxy) in named}
    direct = Direct(verify=trust, limits=limits, trust_env=False)
    headers = {"Accept-Encoding": ACCEPTED}
    return httpx.AsyncClient(headers=headers, timeout=TIMEOUT, transport=direct, trust_env=False, mounts=mounts)


def trusted(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The certificates to trust: those that the environment names, else those that come with the HTTP library."""
    for name, kind in CERTIFICATES.items():
        if path := environ.get(name, ""):
            try:
                if kind == "capath" and not any(Path(one).is_dir() for one in path.split(os.pathsep)):
                    raise NotADirectoryError(None, "it is not a folder")
                return ssl.create_default_context(**{kind: path})  # type: ignore[arg-type] # one of its names
            except OSError as error:
                hint = f"correct {name} or unset it; it names the certificates that are trusted"
                raise UsageError(f"{name} is {path}, which cannot be used: {why(error)}", hint=hint) from error
    return httpx.create_ssl_context(trust_env=False)


def proxies(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Scheme -> the variable that names its proxy, and the proxy; a setting of the system counts as a variable does."""
    found = {scheme: text.strip("\"' ") for scheme, text in getproxies().items() if scheme in SCHEMES}
    names = {name.lower(): name for name in environ}
    return {
        scheme: (names.get(f"{scheme}_proxy", "the proxy of the system"), text if "://" in text else f"http://{text}")
        for scheme, text in found.items()
        if text
    }


def without_proxy(text: str, host: str) -> Iterator[str]:
    """The patterns of httpx for what is reached without a proxy: names, addresses, and ranges that ``host`` is in.

    What is none of these, as VPNs and containers write it, says nothing.
    """
    for entry in re.split(r"[\s,;]+", text):
        bare = entry.strip("\"'").rpartition("://")[2].rstrip("/")
        if bare == "*":
            yield "all://"
        elif _in_range(host, bare):
            yield f"all://[{host}]" if ":" in host else f"all://{host}"
        elif pattern := _pattern(bare):
            yield pattern


def _in_range(host: str, text: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return False


def _pattern(text: str) -> str:
    """The pattern for a name or an address with or without a port; empty where it is none."""
    found = _HOST.fullmatch(text)
    if not found:
        return ""
    below, name, port = found.groups(default="")
    exact = name.startswith("[") or name.lower() == "localhost" or re.fullmatch(r"[0-9.]+", name)
    pattern = f"all://{'' if exact else '*'}{'.' if below else ''}{name}{port}"
    try:
        httpx.URL(pattern)
    except httpx.InvalidURL:
        return ""
    return pattern


def _line(name: str, proxy: str, trust: ssl.SSLContext, limits: httpx.Limits) -> httpx.AsyncBaseTransport:
    """What sends through a proxy; where the proxy cannot be used, that is an error once somebody wants it."""
    scheme = proxy.partition("://")[0].lower()
    if scheme not in ("http", "https"):
        return Unusable(f"{name} names a proxy of the kind {scheme}, and only http and https proxies can be used")
    try:
        parsed = httpx.Proxy(proxy)
        named = parsed.url.host and 0 < (parsed.url.port or 80) < 65536
    except (httpx.InvalidURL, ValueError):
        named = False
    if not named:
        return Unusable(f"{name} is not the address of a proxy")  # which may hold a password, so it is not shown
    return ThroughProxy(f"{parsed.url.host}:{parsed.url.port or 80} ({name})", parsed, trust, limits)


class Unusable(httpx.AsyncBaseTransport):
    """Stands for a proxy that cannot be used; says why to whoever wants to send something through it."""

    def __init__(self, said: str) -> None:
        self._said = said

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        raise NetworkError(self._said, hint=PROXY_HINT)


class Direct(AiohttpTransport):
    """Sends without a proxy; an answer that is no HTTP, or has no end of headers, is an error as any other."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except aiohttp.ClientResponseError as error:
            said = f"the answer is not valid HTTP ({error.message[:100]})"
            raise httpx.RemoteProtocolError(said, request=request) from None


class ThroughProxy(Direct):
    """Sends through a proxy, and notes on every failure which one that was."""

    def __init__(self, name: str, proxy: httpx.Proxy, trust: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify=trust, limits=limits, proxy=proxy, trust_env=False)
        self._name = name

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except httpx.RequestError as error:
            error.add_note(f" through the proxy {self._name}")
            raise
