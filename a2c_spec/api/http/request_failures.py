"""What the failure of a request tells: whether it was sent, and whose fault it was; and where none may be sent."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

import httpx

from a2c_spec.api.http.redaction import SecretReturned
from a2c_spec.api.http.unpack import NotRead
from a2c_spec.errors import NetworkError, SpecError

UNSENT = (httpx.ConnectError, httpx.PoolTimeout, httpx.ProxyError)
"""Failures which prove that nothing was sent. ConnectTimeout does not: httpx-aiohttp also raises it for connections
that broke after the request."""


def proves_unsent(error: Exception) -> bool:
    """Whether nothing was sent: there was no connection at all, it was refused, or the host has no address."""
    cause = getattr(error.__cause__, "os_error", error.__cause__)
    return isinstance(error, UNSENT) or isinstance(cause, ConnectionRefusedError | socket.gaierror)


def met_while_reading(error: BaseException | None, before: BaseException | None = None) -> SpecError | None:
    """Our own error, met while the body was read, as where a file changes: the request did not come to its end.

    ``before``: what was being handled when the request was begun, which has nothing to do with it.
    """
    while error is not None and error is not before:
        if isinstance(error, SpecError):
            return error
        error = error.__cause__ or error.__context__
    return None


@contextlib.contextmanager
def explained(said: Callable[[Exception], str], *, sent: bool = False) -> Iterator[None]:
    """Raises NetworkError for whatever the HTTP library, its parts and the system make of an address to which nothing
    can be sent: names that are none, ports out of range, signs that no header has. ``said``: what an error says.

    ``sent``: the address was in use before, so that something else may be wrong, and the request sent; it is raised as
    LocalProtocolError.
    """
    try:
        yield
    except (httpx.InvalidURL, ValueError, OverflowError) as error:
        if sent:
            raise httpx.LocalProtocolError(said(error)) from error
        raise address_of_none(said(error)) from error


def address_of_none(said: str) -> NetworkError:
    """The service gave an address, or a token for it, with which nothing can be sent; ``said``: why."""
    return NetworkError(f"the service gave an address that cannot be used ({said})", hint="nothing was sent to it")


def check_usable(url: httpx.URL) -> None:
    """Raises ValueError for an address to which nothing can ever be sent, so that it is not tried again and again."""
    if url.scheme not in ("http", "https"):
        raise ValueError(f"it begins with neither http:// nor https://, but {url.scheme or 'nothing'}")
    if not url.host or "%" in url.host or set(url.host) & set("[]<>\\^`{|} "):
        raise ValueError("its host is none")
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError(f"its port is {url.port}")


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Where an address leads to, whatever its path is: what was given for one place is not told another."""
    return url.scheme, url.host, url.port


def no_downgrade(before: httpx.URL, after: httpx.URL) -> None:
    """Raises NetworkError when a step leads from https to one without TLS, ValueError when it leads nowhere."""
    check_usable(after)
    if before.scheme == "https" and after.scheme != "https":
        raise NetworkError(f"{before.host} redirects to {after.scheme}://{after.host} without TLS, which is refused")


@contextlib.contextmanager
def harmless(response: httpx.Response) -> Iterator[None]:
    """Raises NotRead where a secret stands in an answer where it cannot be hidden."""
    try:
        yield
    except SecretReturned as found:
        raise NotRead(f"one that holds a secret under `{found}`", request=response.request) from None
