"""Repairs PNG files that viewers show and strict readers refuse: wrong checksums, wrong lengths of chunks."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
NAME = re.compile(rb"[A-Za-z]{4}")
KNOWN = re.compile(rb"IHDR|PLTE|tRNS|pHYs|IDAT|IEND")
BYTES_PER_PIXEL = 8  # at most: four channels of 16 bits


def repaired(data: bytes, max_pixels: int) -> bytes | None:
    """The same pixels as a valid PNG; None when the pixels cannot be read. Missing pixels are not invented."""
    chunks = list(_chunks(data)) if data.startswith(SIGNATURE) else []
    header = next((body[:13] for name, body in chunks if name == b"IHDR"), b"")
    if len(header) < 13:
        return None
    width, height = struct.unpack(">II", header[:8])
    if width * height > max_pixels:
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
    """Name and body of every known chunk. A chunk with a wrong length ends where the next known name begins."""
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
