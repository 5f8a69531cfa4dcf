"""A download ends, whatever the service sends: it neither fills the disk nor the memory."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import shutil
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest

from a2c_spec.api.download import Download, Downloads, Fetched
from a2c_spec.api.http.concurrency import Limiter
from a2c_spec.api.http.network import open_client
from a2c_spec.api.http.transport import REDIRECTS, Wire
from a2c_spec.core.live import LiveOutput
from a2c_spec.errors import IntegrityError, LimitRefused, NetworkError, SpecError
from tests.api.http.raw_server import raw_server
from tests.api.wires import Clock

MOST = 3_000_000
HEAD = b"HTTP/1.1 200 OK\r\n"
PIECE = b"x" * 65536


def fetch(url: str, target: Path, size: int = 0) -> Fetched:
    async def get() -> Fetched:
        clock = Clock()
        http = open_client(4, "127.0.0.1", {})
        wire = Wire(lambda: http, url, "key", Limiter(4, clock, clock.sleep), clock.sleep, lambda: 0.0)
        output = LiveOutput("o", filename="a.bin", uri=f"{url}/a.bin", size=size)

        async def renamed(_fetched: Fetched) -> None:
            return

        try:
            downloads = Downloads(wire, clock.sleep, lambda: 0.0, MOST)
            return await downloads.fetch(Download("pack", output, target, lambda _size: None, renamed), "")
        finally:
            await wire.close()

    return asyncio.run(get())


def endless(head: bytes) -> Callable[[str], Iterable[bytes]]:
    return lambda _path: itertools.chain([head], itertools.repeat(PIECE))


def packed(data: bytes, encoding: bytes = b"gzip") -> Callable[[str], Iterable[bytes]]:
    body = gzip.compress(data)
    return lambda _path: [
        HEAD + b"Content-Encoding: " + encoding + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    ]


REFUSED: dict[str, tuple[Callable[[str], Iterable[bytes]], int, type[SpecError], str]] = {
    "no size, and no end": (endless(HEAD + b"\r\n"), 0, LimitRefused, "has more than 3.0 MB"),
    "no size, many packed bytes": (packed(bytes(200_000_000)), 0, LimitRefused, "has more than 3.0 MB"),
    "a size, and no end": (endless(HEAD + b"\r\n"), 1_000_000, IntegrityError, "of 1000000 bytes, twice"),
    "a size, many packed bytes": (packed(bytes(200_000_000)), 1_000_000, IntegrityError, "of 1000000 bytes, twice"),
    "an encoding of its own": (packed(b"x", b"br"), 0, NetworkError, "in the encoding br"),
    "redirects without end": (
        lambda path: [b"HTTP/1.1 302 Found\r\nLocation: " + path.encode() + b"x\r\nContent-Length: 0\r\n\r\n"],
        0,
        NetworkError,
        f"redirects more than {REDIRECTS} times",
    ),
    "an endless refusal": (endless(b"HTTP/1.1 404 No\r\n\r\n"), 0, SpecError, "no longer on the service (404)"),
    "no HTTP": (lambda _path: [b"hello\r\n\r\n"], 0, NetworkError, "keeps failing"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_download_without_end_ends(what: str, tmp_path: Path) -> None:
    answer, size, kind, told = REFUSED[what]
    with raw_server(answer) as url:
        tracemalloc.start()
        try:
            with pytest.raises(kind, match=told.replace("(", r"\(").replace(")", r"\)")):
                fetch(url, tmp_path / "dist" / "a.bin", size)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 100_000_000
    assert sum(path.stat().st_size for path in (tmp_path / "dist").iterdir()) <= MOST


def test_without_a_size_as_much_is_taken_as_is_allowed(tmp_path: Path) -> None:
    head = HEAD + b"Connection: close\r\n\r\n"
    with raw_server(lambda _path: [head, b"x" * MOST]) as url:
        assert fetch(url, tmp_path / "a.bin").size == MOST
    with raw_server(packed(b"y" * 1000)) as url:
        assert fetch(url, tmp_path / "b.bin", 1000).size == 1000


def test_what_the_disk_cannot_hold_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(path: str) -> Iterable[bytes]:
        asked.append(path)
        return [HEAD + b"\r\n", b"x" * 100]

    with raw_server(answer) as url:
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=99))
        with pytest.raises(SpecError, match="the disk is full"):
            fetch(url, tmp_path / "a.bin", 100)
        assert asked == []
        for free in (100, 0):  # some file systems do not tell
            monkeypatch.setattr(shutil, "disk_usage", lambda _path, free=free: SimpleNamespace(free=free))
            assert fetch(url, tmp_path / f"{free}.bin", 100).size == 100
