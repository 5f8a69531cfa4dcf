"""Random changes of texts, of JSON and of bytes; the same seed makes the same changes."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Mutate = Callable[[Random, Sequence[bytes]], bytes]
"""Makes one input of some that are well formed."""

LONGEST = 200_000
"""Bytes of an input; what many more would do, the tests of bounds say."""

TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
HOSTILE = (
    "${{ ", " }}", "{% for x in range(9) %}", "{% endfor %}", "&a ", "*a", "<<: *a", "!!python/object:os.system ",
    '"\\ud83d"', "\x00", "\x1b[2J", "\u202e", "\ufeff", "\u2028", "\U0001f600", "é" * 40, "1e999", "-0", "9" * 400,
    "0x1F", "0o7", "1_0", "2024-13-45", "null", "~", "yes", "NaN", "[" * 90, "{" * 90, "- " * 90, "'", '"', "\\", "\t",
    "\r", "---\n", "...\n", "|\n", ">-\n", "? ", ": ", ", ", "#", "..", "/", "../../etc/passwd", ".git/config", "CON",
    "x" * 300, "%00", "%s", "{0}", "!x ", "",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**30, 0.1, -0.0, 1e308, "", "x", "x" * 5000, "\x00", "\ud83d", "é", [],
    {}, [None], {"": None}, [[[]]], {"a": {"a": {"a": 1}}}, "https://x", "output", "completed", "2026-01-01T00:00:00",
)  # fmt: skip
ADDRESSES = (
    "http://[::1", "http://127.0.0.1:%zz/", "http://127.0.0.1:99999/", "http://xn--\udcff.com/", "http://xn--a.com/",
    f"http://{'a' * 70}.com/", "http://user:pw@127.0.0.1:9/x", "http://:@127.0.0.1:9/", "http://\u202e.com/", "http://a\x00b/",
    "http://a\nb/", "http:///x", "//x", "ftp://127.0.0.1/", "data:,x", "http://127.0.0.1:9/" + "x" * 70_000,
)  # fmt: skip
IDS = (
    "../presets/1",
    "..",
    "a/b",
    "a?page=1",
    "a#b",
    "a b",
    "a\n",
    "%2e%2e",
    "\u202e",
    "x" * 300,
    "key",
    "id-key",
    7,
    -7,
    1.5,
)
NUMBERS = (-1, 10**30, -(10**30), 2**64 - 1, 1e308, -1e308, "9" * 5000, "-9", "1e999", 0.5, True)
MEANT: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("uri", "server"), ADDRESSES),
    **dict.fromkeys(("id", "conversion", "input", "id_source", "job"), IDS),
    **dict.fromkeys(("spent", "size", "position", "code", "progress"), NUMBERS),
}
"""What may stand under a name of the API, so that it is believed, or nearly."""
EDGES = (0, 1, 0x7F, 0x80, 0xFF)


def text(rng: Random, corpus: Sequence[bytes]) -> bytes:
    """A text with some of its words, lines and marks changed, doubled, exchanged or left out."""
    words = TOKEN.findall(rng.choice(corpus).decode(errors="replace"))
    for _ in range(rng.choice((1, 1, 2, 3, 5, 9))):
        at, other = rng.randrange(len(words) + 1), rng.randrange(len(words) + 1)
        low, high = min(at, other), max(at, other)
        match rng.randrange(8):
            case 0:
                words[at : at + rng.choice((1, 1, 2, 8))] = []
            case 1:
                words[at:at] = [rng.choice(HOSTILE)]
            case 2:
                words[at : at + 1] = [rng.choice(HOSTILE)]
            case 3:
                words[at : at + 1] = words[other : other + 1]
            case 4:
                words[at:at] = words[low : min(high, low + 60)]
            case 5:
                words[at : at + 1] = words[at : at + 1] * rng.choice((2, 3, 50))
            case 6:
                other_words = TOKEN.findall(rng.choice(corpus).decode(errors="replace"))
                start = rng.randrange(len(other_words) + 1)
                words[at:at] = other_words[start : start + 40]
            case _:
                words[at : at + 1] = [" " * rng.randrange(12)]
    made = "".join(words).encode(errors="surrogatepass")
    return (made if rng.random() < 0.9 else noise(rng, [made]))[:LONGEST]


def tree(rng: Random, corpus: Sequence[bytes]) -> bytes:
    """JSON of which some values have other values, kinds, names and places; sometimes it is none any more."""
    value = json.loads(rng.choice(corpus))
    for _ in range(rng.choice((1, 1, 2, 4))):
        value = _changed(rng, value, corpus)
    made = json.dumps(value).encode()
    return (made if rng.random() < 0.95 else text(rng, [made]))[:LONGEST]


def _changed(rng: Random, value: Any, corpus: Sequence[bytes]) -> Any:
    value = copy.deepcopy(value)
    every = places(value)
    meant = [place for place in every if place and place[-1] in MEANT]
    place = rng.choice(meant if meant and rng.random() < 0.3 else every)
    if not place:
        return rng.choice(VALUES) if rng.random() < 0.2 else value
    inner = value
    for key in place[:-1]:
        inner = inner[key]
    key = place[-1]
    if key in MEANT and rng.random() < 0.5:
        inner[key] = rng.choice(MEANT[key])
        return value
    match rng.randrange(7):
        case 0:
            del inner[key]
        case 1:
            donor = json.loads(rng.choice(corpus))
            part = rng.choice(places(donor))
            for name in part:
                donor = donor[name]
            inner[key] = donor
        case 2 if isinstance(inner, dict):
            inner[rng.choice(("", "id", "x", "\u202e", "type", f"{key}s"))] = inner.pop(key)
        case 3 if isinstance(inner, list):
            inner[key:key] = [copy.deepcopy(inner[key])] * rng.choice((1, 2, 40))
        case 4:
            inner[key] = [inner[key]] if rng.random() < 0.5 else {"x": inner[key]}
        case 5 if isinstance(inner[key], str):
            inner[key] = text(rng, [inner[key].encode(errors="replace") or b"x"]).decode(errors="replace")
        case _:
            inner[key] = rng.choice(VALUES)
    return value


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON tree, as a path of keys."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in below for place in places(item, (*path, key)))]


def noise(rng: Random, corpus: Sequence[bytes]) -> bytes:
    """Bytes of which some are others, twice there, in other places or left out."""
    made = bytearray(rng.choice(corpus))
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at, size = rng.randrange(len(made) + 1), rng.choice((1, 1, 2, 4, 64))
        match rng.randrange(6):
            case 0 if at < len(made):
                made[at] ^= 1 << rng.randrange(8)
            case 1:
                made[at : at + size] = bytes(rng.choice(EDGES) for _ in range(size))
            case 2:
                made[at : at + size] = b""
            case 3:
                made[at:at] = made[at : at + size]
            case 4:
                start = rng.randrange(len(made) + 1)
                made[at : at + size] = made[start : start + size]
            case _:
                made[at:] = made[at:] if rng.random() < 0.8 else b""
    return bytes(made[:LONGEST])


def number(rng: Random, _corpus: Sequence[bytes]) -> bytes:
    """A number that stands for a whole course of events."""
    return str(rng.randrange(10**12)).encode()
