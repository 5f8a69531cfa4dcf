"""The ``Date`` of every answer: the time by the service's own clock, which tests may set and move."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from starlette.types import Message, Send

from a2c_spec.local_api.simulation.fault_middleware import socket_of


class Dated:
    """Sends an answer on, dated; ``transport`` is the connection, None where there is none."""

    def __init__(self, clock: Callable[[], float], send: Send) -> None:
        self._clock, self._send = clock, send
        self.transport: Any = socket_of(send)

    async def send(self, message: Message) -> None:
        """One message of the answer."""
        if message["type"] == "http.response.start":
            date = (b"date", formatdate(self._clock(), usegmt=True).encode())
            message = {**message, "headers": [*message.get("headers", ()), date]}
        await self._send(message)
