"""A service that takes nothing of a request is given up; one that goes on taking has its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from a2c_spec.api.http.replies import LostAnswer
from tests.api.wires import BASE, Clock, in_turn, wire_over


def test_a_service_that_takes_nothing_of_a_request_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The HTTP client alone would wait for ever; whether the request took effect is not known then."""
    monkeypatch.setattr("a2c_spec.api.http.stalled.STALLED", 0.01)

    class Stuck(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            return httpx.Response(200)

    wire = wire_over(in_turn(), Clock())
    wire.open_http = lambda: httpx.AsyncClient(transport=Stuck())
    with pytest.raises(LostAnswer, match="nothing was taken, or answered, for"):
        asyncio.run(wire.call("POST", "/jobs", body={}))


def test_a_body_that_goes_on_being_taken_has_all_the_time_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("a2c_spec.api.http.stalled.STALLED", 0.2)

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert isinstance(request.stream, httpx.AsyncByteStream)
            async for _piece in request.stream:
                await asyncio.sleep(0.05)
            return httpx.Response(200, json={})

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"piece"

    wire = wire_over(in_turn(), Clock())
    wire.open_http = lambda: httpx.AsyncClient(transport=Slow())
    sent = wire.send(lambda: wire.http.build_request("POST", f"{BASE}/x", content=pieces()), repeatable=False)
    assert asyncio.run(sent).status == 200
