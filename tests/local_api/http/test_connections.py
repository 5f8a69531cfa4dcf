"""A connection to ``serve`` has bounds before anything reads what it sends, and usual clients do not notice them."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.http import connections
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.local_api.harness import KEY, TinyConverters

START = b"GET /v2/statuses HTTP/1.1\r\nHost: 127.0.0.1\r\n"
POST = b"POST /v2/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Oc-Api-Key: " + KEY.encode() + b"\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    app = create_app(Settings(api_keys=(KEY,), data_dir=tmp_path / "data"), TinyConverters())
    with Background(app) as running:
        yield running.url


@contextlib.contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=20) as made:
        yield made


def answer(made: socket.socket) -> bytes:
    with contextlib.suppress(OSError):
        return made.recv(65536)
    return b""


def sent(made: socket.socket, piece: bytes, most: int) -> int:
    """How many bytes are taken before the connection is closed."""
    taken = 0
    with contextlib.suppress(OSError):
        while taken < most:
            made.sendall(piece)
            taken += len(piece)
            time.sleep(0)
    return taken


ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "a header": (START + b"A: ", b"b" * 65536),
    "a name": (START, b"b" * 65536),
    "headers": (START, b"A: b\r\n" * 8192),
    "a path": (b"GET /", b"b" * 65536),
    "a method": (b"", b"B" * 65536),
    "a trailer": (CHUNKED + b"0\r\nA: ", b"b" * 65536),
    "trailers": (CHUNKED + b"0\r\n", b"A: b\r\n" * 8192),
    "an extension of a chunk": (CHUNKED + b"2;a=", b"b" * 65536),
    "empty lines": (b"", b"\r\n" * 32768),
}


@pytest.mark.parametrize(("first", "piece"), ENDLESS.values(), ids=ENDLESS.keys())
def test_what_is_no_body_has_a_bound(url: str, first: bytes, piece: bytes) -> None:
    with connected(url) as made:
        made.sendall(first)
        assert sent(made, piece, 64_000_000) < 32_000_000  # what the system buffers, and not the service
    assert httpx.get(f"{url}/statuses").status_code == 200


@pytest.mark.parametrize("head", [START + b"A: " + b"b" * 70_000, START + b"A: b\r\n" * 101])
def test_a_head_beyond_the_bound_is_refused_in_words(url: str, head: bytes) -> None:
    with connected(url) as made:
        made.sendall(head + b"\r\n\r\n")
        assert re.match(rb"HTTP/1.1 431 .*larger than 65536 bytes, or 100 lines", answer(made), re.DOTALL)


def test_a_usual_head_is_taken_piece_by_piece_and_again(url: str) -> None:
    with connected(url) as made:
        for _ in range(3):
            for line in (START + b"A: " + b"b" * 60_000 + b"\r\n", *[b"B: c\r\n"] * 90, b"\r\n"):
                made.sendall(line)
            said = b""
            while not said.endswith(b"}]"):
                said += made.recv(65536)
            assert said.startswith(b"HTTP/1.1 200")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def set_to(**seconds: float) -> None:
        for name, value in seconds.items():
            monkeypatch.setattr(connections, name, value)

    return set_to


SLOW: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"", b""),
    "a head": (START, b"A"),
    "empty lines": (b"", b"\r\n"),
    "a body": (POST + b"Content-Length: 100000\r\n\r\n", b"x"),
    "a body in pieces": (CHUNKED, b"1\r\nx\r\n"),
    "no more of a body": (CHUNKED, b""),
}


@pytest.mark.parametrize(("first", "drop"), SLOW.values(), ids=SLOW.keys())
def test_what_comes_in_drops_is_given_up(url: str, hurried: Callable[..., None], first: bytes, drop: bytes) -> None:
    hurried(HEAD_SECONDS=0.5, STALLED=0.5, TICK=0.1)
    with connected(url) as made:
        made.sendall(first)
        made.settimeout(0.1)
        began, said = time.monotonic(), b""
        while not said and time.monotonic() - began < 10:
            with contextlib.suppress(TimeoutError):
                said = made.recv(65536)
            with contextlib.suppress(OSError):
                made.sendall(drop)
        assert time.monotonic() - began < 10
        assert b"408 Request Timeout" in said


def test_an_upload_that_takes_its_time_is_taken(url: str, hurried: Callable[..., None]) -> None:
    """Longer than a head may take, and longer than nothing may come."""
    hurried(HEAD_SECONDS=0.5, STALLED=0.5, TICK=0.1)
    key = {"X-Oc-Api-Key": KEY}
    job = httpx.post(f"{url}/jobs", json={"process": False}, headers=key).json()

    def slowly() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(10):
            time.sleep(0.2)
            yield b"x" * 5000
        yield b"\r\n--b--\r\n"

    heads = key | {"Content-Type": "multipart/form-data; boundary=b"}
    done = httpx.post(f"{job['server']}/upload-file/{job['id']}", content=slowly(), headers=heads, timeout=30)
    assert done.status_code == 200
    assert httpx.get(f"{url}/jobs/{job['id']}", headers=key).json()["input"][0]["size"] == 50_000


def test_so_is_a_request_that_waits_on_a_connection_that_was_used(url: str, hurried: Callable[..., None]) -> None:
    hurried(HEAD_SECONDS=0.3, STALLED=0.3, TICK=0.1)
    with httpx.Client() as client:
        for _ in range(2):
            assert client.get(f"{url}/statuses").status_code == 200
            time.sleep(0.6)


def test_so_many_connections_are_open_and_no_more(url: str, hurried: Callable[..., None]) -> None:
    hurried(MOST_CONNECTIONS=5)
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(connected(url)) for _ in range(8)]
        said = [answer(one) for one in opened[5:]]
        assert [one[:12] for one in said] == [b"HTTP/1.1 503"] * 3
        opened[0].sendall(START + b"\r\n")
        assert answer(opened[0]).startswith(b"HTTP/1.1 200")
    time.sleep(0.2)
    assert httpx.get(f"{url}/statuses").status_code == 200
