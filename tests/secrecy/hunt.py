"""Looks for secrets in anything a run leaves behind, in whatever encoding they may hide."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus


def disguises(secret: str) -> Iterator[bytes]:
    """The secret as it may appear: raw, JSON-escaped, URL-encoded, hex, UTF-16, base64 at each of three offsets."""
    raw = secret.encode()
    yield raw
    yield from (text.encode() for text in (json.dumps(secret)[1:-1], quote(secret), quote(secret, safe="")))
    yield from (text.encode() for text in (quote_plus(secret), repr(secret)[1:-1], raw.hex(), raw.hex().upper()))
    yield from (secret.encode("utf-16-le"), secret.encode("utf-16-be"))
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + raw)
        inner = encoded[(lead * 4 + 2) // 3 : (lead + len(raw)) * 4 // 3]
        yield from (inner, inner.replace(b"+", b"-").replace(b"/", b"_"))


def betrayed(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Which secret shows where; empty is as it should be."""
    return [
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, content in places.items()
        if any(disguise in content for disguise in set(disguises(secret)))
    ]


def artefacts(folder: Path, but: set[str]) -> dict[str, bytes]:
    """Every file below a folder by its relative path, those left out that hold a secret on purpose."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in but}
