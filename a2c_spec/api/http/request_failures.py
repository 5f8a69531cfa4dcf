"""What the failure of a request tells: whether it was sent, and whose fault it was."""

from __future__ import annotations

import socket

import httpx

from a2c_spec.errors import NetworkError, SpecError

UNSENT = (httpx.ConnectError, httpx.PoolTimeout, httpx.ProxyError)
"""Failures which prove that nothing was sent. ConnectTimeout does not: httpx-aiohttp also raises it for connections
that broke after the request."""


def proves_unsent(error: Exception) -> bool:
    """Whether nothing was sent: there was no connection at all, it was refused, or the host has no address."""
    cause = getattr(error.__cause__, "os_error", error.__cause__)
    return isinstance(error, UNSENT) or isinstance(cause, ConnectionRefusedError | socket.gaierror)


def met_while_reading(error: BaseException | None) -> SpecError | None:
    """Our own error, met while the body was read, as where a file changes: the request did not come to its end."""
    while error is not None and not isinstance(error, SpecError):
        error = error.__cause__ or error.__context__
    return error


def address_of_none(said: str) -> NetworkError:
    """The service gave an address, or a name that is part of one, to which nothing can be sent; ``said``: why."""
    return NetworkError(f"the service gave an address that cannot be used ({said})", hint="nothing was sent to it")
