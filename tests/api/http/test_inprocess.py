"""An application called in this process: bodies stream both ways, and what goes wrong shows as it would on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from a2c_spec.api.http.inprocess import BUFFERED, InProcessTransport

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
START = {"type": "http.response.start", "status": 201, "headers": [(b"x-a", b"1")]}
URL = "http://here:81/v2/a%20b?c=d"


def body(content: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def read(receive: Receive) -> bytes:
    """A whole request body, as an application reads it."""
    found: list[bytes] = []
    while True:
        message = await receive()
        found.append(message["body"])
        if not message["more_body"]:
            return b"".join(found)


def asked(app: Any, **request: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=InProcessTransport(app)) as client:
            return await client.request("POST", URL, **request)

    return asyncio.run(asyncio.wait_for(run(), 10))


def test_a_request_arrives_as_it_was_sent_and_the_answer_as_it_was_given() -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        seen.update(scope, content=await read(receive))
        await send(START)
        await send(body(b"an", more=True))
        await send(body(b"swer"))

    reply = asked(app, content=b"question", headers={"X-B": "2"})
    assert (reply.status_code, reply.headers["x-a"], reply.content) == (201, "1", b"answer")
    assert (seen["method"], seen["path"], seen["raw_path"], seen["query_string"]) == (
        "POST", "/v2/a b", b"/v2/a%20b", b"c=d",
    )  # fmt: skip  # a table
    assert (seen["server"], seen["content"]) == (("here", 81), b"question")
    assert (b"x-b", b"2") in seen["headers"]


def test_a_request_streams_into_the_application() -> None:
    """The second part is only made once the first one was read."""
    read_so_far: list[bytes] = []

    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            assert len(read_so_far) == number
            yield bytes([number])

    async def app(_scope: Any, receive: Receive, send: Send) -> None:
        while (message := await receive())["more_body"]:
            read_so_far.append(message["body"])
        assert (await asyncio.wait_for(asyncio.gather(send(START), send(body(b""))), 5)) is not None

    assert asked(app, content=parts()).status_code == 201
    assert read_so_far == [b"\0", b"\1", b"\2"]


def test_a_long_answer_waits_for_its_reader() -> None:
    sent: list[int] = []

    async def app(_scope: Any, _receive: Receive, send: Send) -> None:
        await send(START)
        for number in range(100):
            await send(body(b"x", more=True))
            sent.append(number)
        await send(body(b""))

    async def run() -> tuple[int, bytes]:
        async with (
            httpx.AsyncClient(transport=InProcessTransport(app)) as client,
            client.stream("GET", URL) as reply,
        ):
            for _ in range(300):
                await asyncio.sleep(0)
            return len(sent), await reply.aread()

    made, content = asyncio.run(run())
    assert made <= BUFFERED + 1, "what nobody reads is not made"
    assert content == b"x" * 100


def test_what_waits_when_the_application_ends_is_still_read() -> None:
    async def app(_scope: Any, _receive: Receive, send: Send) -> None:
        await send(START)
        for number in range(BUFFERED):
            await send(body(bytes([number]), more=number < BUFFERED - 1))

    async def run() -> bytes:
        async with (
            httpx.AsyncClient(transport=InProcessTransport(app)) as client,
            client.stream("GET", URL) as reply,
        ):
            for _ in range(50):
                await asyncio.sleep(0)
            return await reply.aread()

    assert asyncio.run(run()) == bytes(range(BUFFERED))


def test_a_reader_that_goes_ends_the_application() -> None:
    ended: list[str] = []

    async def app(_scope: Any, receive: Receive, send: Send) -> None:
        await read(receive)
        await send(START)
        try:
            while True:
                await send(body(b"x", more=True))
        except OSError as error:
            ended.append(str(error))
            ended.append((await receive())["type"])

    async def run() -> None:
        async with (
            httpx.AsyncClient(transport=InProcessTransport(app)) as client,
            client.stream("GET", URL) as reply,
        ):
            assert await anext(reply.aiter_bytes()) == b"x"

    asyncio.run(run())
    assert ended == ["the client has gone", "http.disconnect"]


async def _fails(_scope: Any, _receive: Receive, _send: Send) -> None:
    raise ValueError("a bug")


async def _fails_in_the_middle(_scope: Any, _receive: Receive, send: Send) -> None:
    await send(START)
    await send(body(b"half", more=True))
    raise ValueError("a bug")


async def _says_nothing(_scope: Any, _receive: Receive, _send: Send) -> None:
    pass


async def _starts_with_its_body(_scope: Any, _receive: Receive, send: Send) -> None:
    await send(body(b"x"))


WRONG = [
    (_fails, "the local API failed: ValueError"),
    (_fails_in_the_middle, "the local API failed: ValueError"),
    (_says_nothing, "the local API did not answer"),
    (_starts_with_its_body, "the local API did not answer"),
]


@pytest.mark.parametrize(("app", "said"), WRONG, ids=[app.__name__ for app, _ in WRONG])
def test_an_application_that_fails_is_a_connection_that_breaks(app: Any, said: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match=said):
        asked(app)
