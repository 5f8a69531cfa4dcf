"""Requests of which a service takes nothing any more are given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx

STALLED = 120.0
"""Seconds in which a service that takes nothing of a request is given up: the HTTP client would wait for ever."""

SLOWEST = 10_000
"""Bytes a second at which a body that is sent in one piece is expected to be taken."""


class _Watched(httpx.AsyncByteStream):
    """A body that is sent in pieces; each that is taken gives the request time for the next."""

    def __init__(self, body: httpx.AsyncByteStream, limit: asyncio.Timeout) -> None:
        self._body = body
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._body:
            self._limit.reschedule(asyncio.get_running_loop().time() + STALLED)
            yield piece


async def taken(http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """The beginning of the answer; raises WriteTimeout when the service stops to take the request."""
    whole = isinstance(request.stream, httpx.ByteStream)
    try:
        async with asyncio.timeout(STALLED + (len(request.content) / SLOWEST if whole else 0)) as limit:
            if not whole and isinstance(request.stream, httpx.AsyncByteStream):
                request.stream = _Watched(request.stream, limit)
            return await http.send(request, stream=True)
    except TimeoutError:
        if not limit.expired():
            raise
        raise httpx.WriteTimeout(f"nothing was taken, or answered, for {STALLED:g} s", request=request) from None
