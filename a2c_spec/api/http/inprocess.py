"""An httpx transport that calls an ASGI application on the client's own event loop and streams both ways."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpx

from a2c_spec.errors import SpecError, why

Message = MutableMapping[str, Any]
App = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

FOLDER_HINT = "it keeps jobs and files in .a2c/local; check free space and permissions"
BUFFERED = 8
"""Response chunks that may wait for the reader before the application has to."""


class _Body(httpx.AsyncByteStream):
    """The response body, chunk by chunk; closing it ends the application's task."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self._exchange.next_message()) is not None:
            if chunk := message.get("body", b""):
                yield chunk
            if not message.get("more_body", False):
                return

    async def aclose(self) -> None:
        await self._exchange.close()


class _Exchange:
    """One request and its response, the application running as a task beside the reader."""

    def __init__(self, app: App, request: httpx.Request) -> None:
        self._request = request
        self._chunks = aiter(request.stream) if isinstance(request.stream, httpx.AsyncByteStream) else None
        self._sent_all = False
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue(BUFFERED)
        self._gone = asyncio.Event()
        self._task = asyncio.create_task(self._run(app))

    async def _run(self, app: App) -> None:
        try:
            await app(_scope(self._request), self._receive, self._send)
        finally:
            self._finished()

    def _finished(self) -> None:
        while True:
            try:
                self._messages.put_nowait(None)
            except asyncio.QueueFull:
                if not self._gone.is_set():
                    return  # the reader sees that the task is done once it has read what is queued
                self._messages.get_nowait()
            else:
                return

    async def _receive(self) -> Message:
        if self._sent_all or self._chunks is None:
            if self._chunks is None and not self._sent_all:
                self._sent_all = True
                return {"type": "http.request", "body": self._request.content, "more_body": False}
            await self._gone.wait()
            return {"type": "http.disconnect"}
        try:
            return {"type": "http.request", "body": await anext(self._chunks), "more_body": True}
        except StopAsyncIteration:
            self._sent_all = True
            return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Message) -> None:
        if self._gone.is_set():
            raise OSError("the client has gone")
        await self._messages.put(message)

    async def next_message(self) -> Message | None:
        """The next message; None at the end. A crash of the application shows as a broken connection."""
        while True:
            if self._task.done() and self._messages.empty():
                message = None
            else:
                message = await self._messages.get()
            if message is None:
                self._raise_crash()
            return message

    def _raise_crash(self) -> None:
        if self._task.done() and not self._task.cancelled() and (error := self._task.exception()):
            if isinstance(error, OSError | sqlite3.Error):  # it could not be opened, so it did nothing
                said = why(error) if isinstance(error, OSError) else str(error)
                raise SpecError(f"the local API cannot use its folder: {said}", hint=FOLDER_HINT) from error
            raise httpx.RemoteProtocolError(f"the local API failed: {type(error).__name__}") from error

    async def close(self) -> None:
        """Ends the exchange; the rest of the response is not read."""
        self._gone.set()
        while not self._messages.empty():
            self._messages.get_nowait()
        if not self._task.done():
            await asyncio.wait({self._task}, timeout=5)
        if not self._task.done():
            self._task.cancel()


def _scope(request: httpx.Request) -> MutableMapping[str, Any]:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.split(b"?")[0],
        "query_string": url.query,
        "server": (url.host, url.port or 80),
        "client": ("127.0.0.1", 0),
        "root_path": "",
    }


class InProcessTransport(httpx.AsyncBaseTransport):
    """Streams request bodies into the application and response bodies out of it, in flat memory."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(self._app, request)
        try:
            start = await exchange.next_message()
        except BaseException:
            await exchange.close()
            raise
        if start is None or start.get("type") != "http.response.start":
            await exchange.close()
            raise httpx.RemoteProtocolError("the local API did not answer")
        return httpx.Response(start["status"], headers=start.get("headers", []), stream=_Body(exchange))
