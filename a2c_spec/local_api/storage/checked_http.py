"""HTTP to hosts that a client names: connected to the very addresses that were checked, never to a name."""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit

import httpx

from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.address_rules import addresses_of

PORTS = {"http": 80, "https": 443}


class Checked(httpx.BaseTransport):
    """Looks a host up, checks all its addresses, and connects to one of them; its certificate is that of the name."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; TransferFailed when the host has an address that must not be reached."""
        named = request.url
        host = named.raw_host.decode("ascii")
        addresses = addresses_of(host, named.port or PORTS[named.scheme], private=False)
        request.extensions = {**request.extensions, "sni_hostname": host}
        for address in addresses[:-1]:
            try:
                return self._sent(request, named, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._sent(request, named, addresses[-1])

    def _sent(self, request: httpx.Request, named: httpx.URL, address: str) -> httpx.Response:
        request.url = named.copy_with(host=address)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()


def open_client(url: str, settings: Settings, seconds: float) -> httpx.Client:
    """A client for requests to this host. A proxy of the environment looks names up itself, so it decides alone."""
    if settings.fetch_private or is_proxied(url):
        return httpx.Client(timeout=seconds, follow_redirects=False)
    return httpx.Client(timeout=seconds, follow_redirects=False, transport=Checked())


def is_proxied(url: str) -> bool:
    """Whether the environment names a proxy for a URL."""
    parts = urlsplit(url)
    return parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(parts.hostname or "")
