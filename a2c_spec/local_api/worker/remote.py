"""Downloads a URL: http and https to public addresses only, every connection is checked, size and time are limited."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.address_rules import addresses_of
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
    deadline = time.monotonic() + settings.limits.fetch_seconds
    for _ in range(settings.limits.fetch_redirects + 1):
        with _http_errors(), _opened(url, settings) as response:
            if response.has_redirect_location:
                url = urljoin(url, response.headers["location"])
                continue
            if not response.is_success:
                raise TransferFailed(MESSAGE, response.status_code)
            return _saved(response, url, path, settings.limits.upload_bytes, deadline)
    raise TransferFailed("The URL redirects too often.")


@contextmanager
def _opened(url: str, settings: Settings) -> Iterator[httpx.Response]:
    from a2c_spec.local_api.storage.checked_http import open_client  # here: httpx is half of what starting would cost

    require_reachable(url, settings)
    headers = {"Accept": "*/*", "User-Agent": "a2c-local-api"}
    with (
        open_client(url, settings, min(15, settings.limits.fetch_seconds)) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        yield response


def require_reachable(url: str, settings: Settings) -> None:
    """Raise TransferFailed unless the URL is one this service may request; whoever connects checks once more."""
    from a2c_spec.local_api.storage.checked_http import is_proxied  # here: httpx is half of what starting would cost

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TransferFailed("Only http and https URLs can be fetched.")
    if is_proxied(url) and not _is_literal(parts.hostname):
        return
    addresses_of(parts.hostname, parts.port or 443, private=settings.fetch_private)


def _is_literal(host: str) -> bool:
    """Whether a host is an address in any spelling, or a name of this machine, which a proxy would take for its own."""
    name = host.lower().removesuffix(".")
    try:
        socket.inet_aton(name)
    except OSError:
        return name == "localhost" or name.endswith(".localhost") or ":" in name
    return True


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
