"""Records every request and its answer, for tests and the dashboard."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from a2c_spec.local_api.jobs.secret_values import masked, masked_text
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.simulation.fault_middleware import Handle
from a2c_spec.local_api.simulation.faults import Fault

KEPT_BODY = 64 * 1024


class Call:
    """One request while it is being answered."""

    def __init__(self, service: Service, scope: Scope, path: str, faults: Sequence[Fault]) -> None:
        self._service = service
        self._body, self._json = b"", _is_json(scope)
        self._began = time.perf_counter()
        self._row: dict[str, Any] = {
            "at": service.clock.now(),
            "method": scope["method"],
            "path": path,
            "query": masked_text(f"?{scope['query_string'].decode('latin-1')}")[1:],
            "status": None,
            "bytes_in": 0,
            "bytes_out": 0,
            "faults": [fault.label for fault in faults],
            "lost": any(fault.do in ("drop", "truncate") for fault in faults),
        }
        self._seq = service.store.add_call(self._row)

    def recording(self, handle: Handle) -> Handle:
        """The same handler; the record gets its request and its real answer, before faults change it."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await handle(scope, self._recorded_receive(receive), _RecordedSend(self, send))
            finally:
                self._done()

        return recorded

    def _recorded_receive(self, receive: Receive) -> Receive:
        async def recorded() -> Message:
            message = await receive()
            data = message.get("body", b"")
            self._row["bytes_in"] += len(data)
            if self._json and len(self._body) <= KEPT_BODY:
                self._body += data
            return message

        return recorded

    def record(self, message: Message) -> None:
        """Record a part of the answer."""
        if message["type"] == "http.response.start":
            self._row["status"] = message["status"]
        self._row["bytes_out"] += len(message.get("body", b""))

    def _done(self) -> None:
        self._row["ms"] = round((time.perf_counter() - self._began) * 1000, 2)
        if self._body and len(self._body) <= KEPT_BODY:
            self._row["body"] = _readable(self._body)
        self._service.store.put_call(self._seq, self._row)

    def close(self) -> None:
        """The request is over: give its record to ``on_call``."""
        if self._service.settings.on_call is not None:
            self._service.settings.on_call(self._row)


def _is_json(scope: Scope) -> bool:
    return any(name == b"content-type" and b"json" in value for name, value in scope["headers"])


def _readable(body: bytes) -> Any:
    try:
        return masked(json.loads(body))
    except (ValueError, RecursionError):
        return None


def selected(calls: Sequence[Mapping[str, Any]], query: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The calls that match the query: ``method``, ``path`` (a shell pattern), ``status``, ``lost``."""
    return [row for row in calls if all(_matches(row, name, query[name]) for name in _FILTERS if name in query)]


_FILTERS = ("method", "path", "status", "lost")


def _matches(row: Mapping[str, Any], name: str, value: str) -> bool:
    if name == "path":
        return fnmatchcase(row["path"], value)
    return str(row.get(name)).lower() == value.lower()


class _RecordedSend:
    """Sends an answer on, and records it."""

    def __init__(self, call: Call, send: Send) -> None:
        self._call, self._send = call, send

    async def __call__(self, message: Message) -> None:
        self._call.record(message)
        await self._send(message)
