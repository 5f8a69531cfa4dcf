"""Whatever a service sends, or packs into a few bytes: reading it ends soon, and takes little memory."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable

import httpx
import pytest

from a2c_spec.api.http import transport
from a2c_spec.api.http.concurrency import Limiter
from a2c_spec.api.http.network import open_client
from a2c_spec.api.http.replies import DEEPEST, LARGEST_REPLY, MOST_VALUES
from a2c_spec.api.http.transport import Wire
from a2c_spec.api.http.unpack import PIECE, NotRead, unpacked
from a2c_spec.errors import NetworkError
from tests.api.http.raw_server import raw_server
from tests.api.wires import Clock

BYTES = b"some bytes that are packed " * 5000


class Body(httpx.AsyncByteStream):
    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    async def __aiter__(self):  # type: ignore[no-untyped-def]  # an async generator
        for piece in self.pieces:
            yield piece


def read(encoding: str, *pieces: bytes) -> list[bytes]:
    async def all_pieces() -> list[bytes]:
        headers = {"Content-Encoding": encoding} if encoding else {}
        request = httpx.Request("GET", "http://x.test")
        response = httpx.Response(200, headers=headers, stream=Body(*pieces), request=request)
        return [piece async for piece in unpacked(response)]

    return asyncio.run(all_pieces())


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED: dict[str, tuple[str, bytes]] = {
    "not": ("", BYTES),
    "identity": ("identity", BYTES),
    "gzip": ("gzip", gzip.compress(BYTES)),
    "GZIP": (" GZIP ,identity", gzip.compress(BYTES)),
    "deflate": ("deflate", zlib.compress(BYTES)),
    "deflate without a head": ("deflate", raw_deflate(BYTES)),
}


@pytest.mark.parametrize("name", PACKED)
def test_what_was_packed_is_had_in_whatever_pieces_it_comes(name: str) -> None:
    encoding, data = PACKED[name]
    for step in (1, 7, 1000, len(data)):
        pieces = read(encoding, *(data[at : at + step] for at in range(0, len(data), step)))
        assert b"".join(pieces) == BYTES


def test_an_answer_without_a_body_is_empty_whatever_its_encoding() -> None:
    assert read("br") == []


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "x" * 5000])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(NotRead, match="in the encoding") as refused:
        read(encoding, b"x")
    assert len(str(refused.value)) < 200


def test_damage_is_told() -> None:
    with pytest.raises(httpx.DecodingError):
        read("gzip", b"no gzip at all")


def test_no_piece_is_large_however_well_it_was_packed() -> None:
    sizes = map(len, read("gzip", gzip.compress(bytes(20_000_000))))
    assert max(sizes) <= PIECE


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def packed_zeros(millions: int) -> Iterable[bytes]:
    packer = zlib.compressobj(wbits=31)
    body = b"".join(packer.compress(bytes(1_000_000)) for _ in range(millions)) + packer.flush()
    yield HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def plain(data: bytes) -> Iterable[bytes]:
    yield HEAD + b"Content-Length: %d\r\n\r\n" % len(data) + data


def endless(head: bytes, piece: bytes) -> Iterable[bytes]:
    yield head
    yield from itertools.repeat(piece * (1 + 65536 // len(piece)))


HOSTILE: dict[str, tuple[Callable[[], Iterable[bytes]], str]] = {
    "packed zeros": (lambda: packed_zeros(400), f"larger than {LARGEST_REPLY} bytes"),
    "an endless text": (lambda: endless(HEAD + b'\r\n"', b"x"), f"larger than {LARGEST_REPLY} bytes"),
    "empty lists": (lambda: plain(b"[" + b"[]," * 5_000_000 + b"1]"), f"more than {MOST_VALUES} values"),
    "lists in lists": (lambda: plain(b"[" * 900 + b"]" * 900), f"more than {DEEPEST} levels"),
    "values deep below": (
        lambda: plain(b'{"a":' * 400 + b"[" + b'"x",' * 500_000 + b"1]" + b"}" * 400),
        f"more than {DEEPEST} levels",
    ),
    "a long number": (lambda: plain(b'{"id": ' + b"9" * 1_000_000 + b"}"), "not JSON"),
    "a long line in the head": (lambda: endless(HEAD + b"X-A: ", b"a"), ""),
    "lines without end in the head": (lambda: endless(HEAD, b"X-A: a\r\n"), ""),
    "a chunk with an endless size": (lambda: endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1"), ""),
    "an endless end": (lambda: endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: a\r\n"), ""),
}


def asked(url: str, path: str = "/jobs/1") -> None:
    async def ask() -> None:
        clock = Clock()
        http = open_client(4, "127.0.0.1", {})
        wire = Wire(lambda: http, url, "key", Limiter(4, clock, clock.sleep), clock.sleep, lambda: 0.0)
        try:
            await wire.call("GET", path)
        finally:
            await wire.close()

    asyncio.run(ask())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_is_refused_soon_and_within_little_memory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the library below makes of broken chunks hangs on how they arrive: some it waits for, which has an end."""
    monkeypatch.setattr(transport, "LONGEST_ANSWER", 5.0)
    answer, told = HOSTILE[name]
    with raw_server(lambda _path: answer()) as url:
        started = time.monotonic()
        tracemalloc.start()
        try:
            with pytest.raises(NetworkError) as refused:
                asked(url)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert told in str(refused.value)
    assert len(str(refused.value)) < 1000
    assert time.monotonic() - started < 60
    assert peak < 400_000_000


@pytest.mark.parametrize(
    "date", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -9999", "x" * 8000]
)
@pytest.mark.parametrize("name", ["Date", "Retry-After"])
def test_no_date_is_too_odd(name: str, date: str) -> None:
    head = f"HTTP/1.1 429 Busy\r\n{name}: {date}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    with raw_server(lambda _path: [head]) as url, pytest.raises(NetworkError):
        asked(url)


def test_an_answer_that_never_comes_to_its_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LONGEST_ANSWER", 0.2)

    def drops() -> Iterable[bytes]:
        yield HEAD + b"\r\n["
        for _ in range(1000):
            time.sleep(0.05)
            yield b" "

    with raw_server(lambda _path: drops()) as url, pytest.raises(NetworkError, match="longer than"):
        asked(url)
