"""What differs between the two services that worlds run on: source files, targets, options."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.worlds.service_model import described


def text_of(number: int) -> bytes:
    """The bytes of a source file: few different ones of one length, so that equal ones are common."""
    return f"text number {number}\n".encode()


def picture_of(number: int) -> bytes:
    """A tiny PNG image of one colour."""
    line = b"\0" + bytes([40 * number % 256, 90, 17 * number % 256]) * 4

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(line * 4)) + chunk(b"IEND", b"")


@dataclass(frozen=True, slots=True)
class Flavour:
    """``bytes_of`` makes source files; ``options``: by category, what may be set; ``tags``: whether results can have
    metadata; ``pure``: results can be foretold, so that a judge can be as strict as can be; ``catalog``: the file that
    says what the service converts, if that is not what the local API does."""

    name: str
    bytes_of: Callable[[int], bytes]
    targets: tuple[tuple[str, str], ...]
    options: Mapping[str, frozenset[str]]
    tags: bool = True
    pure: bool = True
    catalog: Mapping[str, bytes] = field(default_factory=dict)

    def takes(self, category: str, name: str, value: object) -> bool:
        """Whether an option may be set to this."""
        number = isinstance(value, int) and value < 12
        return name in self.options.get(category, frozenset()) and (self.pure or number or value is None)


OTHER = Flavour(
    "other",
    text_of,
    (
        ("image", "webp"),
        ("image", "png"),
        ("document", "pdf"),
        ("document", "txt"),
        ("hash", "sha256"),
        ("archive", "zip"),
    ),
    {
        "image": frozenset({"width", "color", "rotate", "quality", "allow_multiple_outputs"}),
        "document": frozenset({"quality", "allow_multiple_outputs"}),
        "archive": frozenset({"quality", "compression_level"}),
        "hash": frozenset({"quality", "allow_multiple_outputs"}),
    },
    catalog={"a2c.catalog.json": json.dumps({"format": 1, "date": "", "conversions": described()}).encode()},
)
"""The service written for these tests."""

LOCAL = Flavour(
    "local",
    picture_of,
    (("image", "webp"), ("image", "jpg"), ("hash", "sha256"), ("archive", "zip")),
    {"image": frozenset({"width", "quality", "allow_multiple_outputs"}), "hash": frozenset({"allow_multiple_outputs"})},
    tags=False,
    pure=False,
)
"""The built-in local API, which really converts."""

FLAVOURS = {one.name: one for one in (OTHER, LOCAL)}
