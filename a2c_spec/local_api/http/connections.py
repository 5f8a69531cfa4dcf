"""One connection to the service: what it may send before anything reads it, in which time, and how many there are."""

from __future__ import annotations

import asyncio
import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
"""Bytes of the head of a request, of what follows a body in pieces, and of anything else that is no body."""
MOST_LINES = 100
"""Lines of a head."""
HEAD_SECONDS = 30.0
"""Seconds in which a head must come, counted from its first byte, or from when the connection was opened."""
STALLED = 120.0
"""Seconds in which some of a body must come."""
SLOWEST = 1_000
"""Bytes a second of a body, as an average, once it takes longer than that."""
MOST_CONNECTIONS = 400
"""Connections that are open at once; each may hold so much memory."""
TICK = 5.0

TOO_LARGE = (
    431,
    "Request Header Fields Too Large",
    f"The head is larger than {LARGEST_HEAD} bytes, or {MOST_LINES} lines",
)
TOO_SLOW = (408, "Request Timeout", "The request comes too slowly")
TOO_MANY = (503, "Service Unavailable", f"There are {MOST_CONNECTIONS} connections already")


class Connection(HttpToolsProtocol):
    """A connection that is closed where a request has a head without end, or does not come to its end.

    The time in which we read nothing of a body, because what it was sent to is busy, does not count.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        self._timer: asyncio.TimerHandle | None = None
        self._refused = self._in_body = False
        self._lines = self._size = self._fruitless = self._body = 0
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(*TOO_MANY)
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._timer is None and not self._in_body:
            self._expect_head()
        self._fruitless += len(data)
        super().data_received(data)
        if self._fruitless > LARGEST_HEAD:
            self._refuse(*TOO_LARGE)

    def on_message_begin(self) -> None:
        self._lines = self._size = self._fruitless = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._size += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._lines += 1
        self._size += len(name) + len(value)
        if self._lines > MOST_LINES or self._size > LARGEST_HEAD:
            self._refuse(*TOO_LARGE)
        if not self._refused:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self._refused:
            self._stop()
            self._in_body, self._body, self._fruitless = True, 0, 0
            self._begun = self._heard = self.loop.time()
            self._timer = self.loop.call_later(TICK, self._look)
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            self._fruitless, self._heard = 0, self.loop.time()
            self._body += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._refused:
            self._stop()
            self._in_body, self._fruitless = False, 0
            super().on_message_complete()

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._refuse, *TOO_SLOW)

    def _look(self) -> None:
        """Looks, now and then, whether a body still comes."""
        now = self.loop.time()
        if self.flow.read_paused:
            self._begun, self._heard = self._begun + TICK, now
        if now - self._heard > STALLED or now - self._begun > STALLED + self._body / SLOWEST:
            self._refuse(*TOO_SLOW)
        else:
            self._timer = self.loop.call_later(TICK, self._look)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: int, reason: str, message: str) -> None:
        """Closes the connection; says why, unless an answer has begun."""
        if self._refused:
            return
        self._refused = True
        self._stop()
        body = json.dumps({"message": message}).encode()
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        self.transport.close()
