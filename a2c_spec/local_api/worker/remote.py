"""Downloads a URL: http and https to public addresses only, every redirect is checked, size and time are limited."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.address_rules import require_public, require_public_address
from a2c_spec.local_api.storage.blobs import CHUNK, Sink, safe_name
from a2c_spec.local_api.storage.transfer import TransferFailed

if TYPE_CHECKING:
    import httpx

_FILENAME = re.compile(r"filename\*=UTF-8''([^;]+)|filename=\"([^\"]+)\"|filename=([^;\s]+)", re.IGNORECASE)
MESSAGE = "The file could not be downloaded by our servers. Please verify the link you have provided."


@dataclass(frozen=True, slots=True)
class Download:
    """The file that a URL yielded."""

    size: int
    checksum: str
    filename: str


def download(url: str, path: Path, settings: Settings) -> Download:
    """Save what the URL yields to ``path``; TransferFailed when it yields no file."""
    import httpx  # here: it is half of what starting would cost

    deadline = time.monotonic() + settings.limits.fetch_seconds
    with httpx.Client(timeout=min(15, settings.limits.fetch_seconds), follow_redirects=False) as client, _http_errors():
        for _ in range(settings.limits.fetch_redirects + 1):
            require_reachable(url, settings)
            with client.stream("GET", url, headers={"Accept": "*/*", "User-Agent": "a2c-local-api"}) as response:
                _check_peer(response, url, settings)
                if response.has_redirect_location:
                    url = urljoin(url, response.headers["location"])
                    continue
                if not response.is_success:
                    raise TransferFailed(MESSAGE, response.status_code)
                return _saved(response, url, path, settings.limits.upload_bytes, deadline)
    raise TransferFailed("The URL redirects too often.")


def require_reachable(url: str, settings: Settings) -> None:
    """Raise TransferFailed unless the URL is one this service may request."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TransferFailed("Only http and https URLs can be fetched.")
    if _is_proxied(url) and not _is_literal(parts.hostname):
        return
    require_public(parts.hostname, parts.port or 443, private=settings.fetch_private)


def _is_proxied(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(parts.hostname or "")


def _is_literal(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or host.replace(".", "").isdigit() or ":" in host


def _check_peer(response: httpx.Response, url: str, settings: Settings) -> None:
    """Check the address that was really connected to: a second look-up of the name may have given another one."""
    stream = response.extensions.get("network_stream")
    peer = stream.get_extra_info("server_addr") if stream else None
    if peer and not settings.fetch_private and not _is_proxied(url):
        require_public_address(str(peer[0]))


def _saved(response: httpx.Response, url: str, path: Path, limit: int, deadline: float) -> Download:
    sink = Sink(path)
    try:
        for data in response.iter_bytes(CHUNK):
            sink.write(data)
            if sink.size > limit:
                raise TransferFailed("The file is larger than this service takes.")
            if time.monotonic() > deadline:
                raise TransferFailed("The download took too long.")
    except BaseException:
        sink.discard()
        raise
    return Download(sink.size, sink.close(), _name(response, url))


def _name(response: httpx.Response, url: str) -> str:
    found = _FILENAME.search(response.headers.get("content-disposition", ""))
    text = next((part for part in found.groups() if part), "") if found else urlsplit(url).path
    return safe_name(unquote(text), "index.html")


@contextmanager
def _http_errors() -> Iterator[None]:
    """Turn errors of the connection into TransferFailed."""
    import httpx

    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise TransferFailed(MESSAGE, 404) from error
