"""A small HTTP/1.1 server on a loopback socket, in a thread of its own: fast, strict, able to break a connection."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

REASONS = {200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 404: "Not Found", 409: "Conflict"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; header names in lowercase. ``whole``: all of its body came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; ``drop``: none is given, the connection breaks instead."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


Handle = Callable[[Request], Reply]


def as_json(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer with a JSON body."""
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


class _Connection(asyncio.Protocol):
    """Reads requests one after another, and answers each before it reads the next."""

    def __init__(self, handle: Handle, open_lines: set[asyncio.Transport]) -> None:
        self._handle = handle
        self._open = open_lines
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (request := self._next()) is not None:
            self._answer(request)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol asks for it
        """A request of which only a part came is passed on as such: some services take what they have."""
        if self._transport is not None:
            self._open.discard(self._transport)
        end = self._buffer.find(b"\r\n\r\n")
        if end > 0 and self._buffer.startswith(b"POST"):
            request = self._parsed(end)
            self._handle(replace(request, body=bytes(self._buffer[end + 4 :]), whole=False))

    def _next(self) -> Request | None:
        """The first whole request of the buffer, taken out of it."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        request = self._parsed(end)
        headers = request.headers
        chunked = headers.get("transfer-encoding") == "chunked"
        found = _dechunked(self._buffer, end + 4) if chunked else _measured(self._buffer, end + 4, headers)
        if found is None:
            return None
        body, used = found
        del self._buffer[:used]
        return replace(request, body=body)

    def _parsed(self, end: int) -> Request:
        """The request whose head ends there, without its body."""
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        method, target, _ = first.split(" ")
        parts = urlsplit(target)
        return Request(method, unquote(parts.path), dict(parse_qsl(parts.query)), headers)

    def _answer(self, request: Request) -> None:
        assert self._transport is not None
        reply = self._handle(request)
        if reply.drop:
            self._buffer.clear()
            self._transport.abort()
            return
        head = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Other')}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        if reply.status != 204:
            head.append(f"Content-Length: {len(reply.body)}")
        whole = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        self._transport.write(whole + (b"" if reply.status == 204 or request.method == "HEAD" else reply.body))


def _measured(buffer: bytearray, start: int, headers: Mapping[str, str]) -> tuple[bytes, int] | None:
    size = int(headers.get("content-length") or 0)
    return (bytes(buffer[start : start + size]), start + size) if len(buffer) >= start + size else None


def _dechunked(buffer: bytearray, start: int) -> tuple[bytes, int] | None:
    body = bytearray()
    while True:
        line = buffer.find(b"\r\n", start)
        if line < 0:
            return None
        size = int(bytes(buffer[start:line]).split(b";")[0], 16)
        if len(buffer) < line + 2 + size + 2:
            return None
        body += buffer[line + 2 : line + 2 + size]
        start = line + 2 + size + 2
        if size == 0:
            return bytes(body), start


class Server:
    """Serves until it is closed; ``url`` is where."""

    def __init__(self, handle: Handle) -> None:
        self._open: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Connection(handle, self._open), "127.0.0.1", 0)
        )
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops serving; connections that are open break."""
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join(10)
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _stop(self) -> None:
        self._server.close()
        for transport in list(self._open):
            transport.abort()
        self._loop.call_soon(self._loop.stop)
