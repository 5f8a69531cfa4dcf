"""Computes checksums; the output file holds only the hexadecimal digits."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request
from a2c_spec.local_api.convert.products import place, product, stem

BLOCK = 1 << 20


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One checksum per input."""
    for source in request.sources:
        path = place(request, request.target)
        digits = digest(source.path, request.target)
        path.write_text(digits, encoding="ascii")
        text = product(path, stem(source), request.target, [source], hash=digits)
        yield replace(text, content_type="text/plain")


def digest(path: Path, algorithm: str) -> str:
    """The checksum of a file in hexadecimal."""
    if algorithm in INCREMENTAL:
        return f"{_incremental(path, INCREMENTAL[algorithm], start=int(algorithm == 'adler32')):08x}"
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def _incremental(path: Path, step: Callable[[bytes, int], int], start: int) -> int:
    value = start
    with path.open("rb") as stream:
        for block in iter(partial(stream.read, BLOCK), b""):
            value = step(block, value)
    return value


INCREMENTAL: dict[str, Callable[[bytes, int], int]] = {"crc32": zlib.crc32, "adler32": zlib.adler32}
