"""The body of an answer in pieces of a bounded size, however much a service packs into a few bytes."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

PIECE = 1 << 16
"""Bytes that are unpacked at a time."""

ACCEPTED = "gzip, deflate"
"""What is asked for; an answer in any other encoding is refused, as some grow a million times."""

_GZIP, _ZLIB, _BARE = 31, 15, -15
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class NotRead(httpx.RequestError):
    """An answer that is not read, as it is too large or not what was asked for; the request may have taken effect all
    the same."""


async def unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes that are meant, as they arrive; raises NotRead where they are packed in a way that was not asked for,
    DecodingError where they are damaged."""
    if response.is_stream_consumed:  # it came as a whole
        yield response.content
        return
    unpack: _Unpacking | None = None
    async for chunk in response.aiter_raw():
        unpack = unpack or _Unpacking(response)
        for piece in unpack(chunk) if chunk else ():
            yield piece


class _Unpacking:
    """Takes what arrives, and gives what is meant."""

    def __init__(self, response: httpx.Response) -> None:
        self._request = response.request
        named = [one.strip().lower() for one in response.headers.get("content-encoding", "").split(",")]
        packed = [one for one in named if one not in ("", "identity")]
        if len(packed) > 1 or not _WINDOWS.keys() >= {*packed}:
            raise NotRead(f"in the encoding {', '.join(packed)[:100]}", request=response.request)
        self._windows = _WINDOWS[packed[0]] if packed else 0
        self._inner: Any = None

    def __call__(self, chunk: bytes) -> Iterator[bytes]:
        if not self._windows:
            yield chunk
            return
        if self._inner is None:
            bare = self._windows == _ZLIB and chunk[0] & 15 != zlib.DEFLATED  # some servers leave out the head
            self._inner = zlib.decompressobj(_BARE if bare else self._windows)
        while chunk and not self._inner.eof:
            try:
                yield self._inner.decompress(chunk, PIECE)
            except zlib.error as error:
                raise httpx.DecodingError(str(error), request=self._request) from error
            chunk = self._inner.unconsumed_tail
