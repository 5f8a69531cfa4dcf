"""Reads PNG files that viewers accept and strict readers refuse: wrong checksums, chunks not where they should be."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
NAME = re.compile(rb"[A-Za-z]{4}")
KNOWN = re.compile(rb"IHDR|PLTE|tRNS|pHYs|IDAT|IEND")
BYTES_PER_PIXEL = 8  # at most: four channels of 16 bits


def mended(data: bytes, most_pixels: int) -> bytes | None:
    """The same pixels in a valid PNG; None when there are none to be read. What is missing is not made up."""
    chunks = list(_chunks(data)) if data.startswith(SIGNATURE) else []
    header = next((body[:13] for name, body in chunks if name == b"IHDR"), b"")
    if len(header) < 13:
        return None
    width, height = struct.unpack(">II", header[:8])
    if width * height > most_pixels:
        return None
    packed = b"".join(body for name, body in chunks if name == b"IDAT")
    try:  # behind its header of two bytes a zlib stream is a raw one, which has no checksum
        pixels = zlib.decompressobj(-15).decompress(packed[2:], width * height * BYTES_PER_PIXEL + height * 8 + 64)
    except zlib.error:
        return None
    kept = [(name, body) for name, body in chunks if name in (b"PLTE", b"tRNS", b"pHYs")]
    parts = [(b"IHDR", header), *kept, (b"IDAT", zlib.compress(pixels, 1)), (b"IEND", b"")]
    return SIGNATURE + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every known chunk; where a length leads nowhere, the next known name ends the chunk instead."""
    found = KNOWN.search(data, len(SIGNATURE))
    at = found.start() if found else len(data)
    while at < len(data):
        (length,) = struct.unpack(">I", data[at - 4 : at])
        following = at + 4 + length + 8
        if not NAME.match(data, following):
            found = KNOWN.search(data, at + 4)
            following = found.start() if found else len(data) + 8
        yield data[at : at + 4], data[at + 4 : following - 8]
        at = following
