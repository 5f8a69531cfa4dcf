"""The ways in which a secret can be written and still be read: escaped letter by letter, broken, in base64 or hex.

A text is unfolded: what is written as an escape becomes its character, and what is not seen, or only breaks lines, is
left out. In that form secrets are looked for. Everything here takes time and memory in proportion to the text.
"""

from __future__ import annotations

import base64
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from a2c_spec.core.sensitive import HIDDEN

LONG = 8
"""Characters. A shorter secret is not found where blanks stand between its letters: they may be those of two words."""
MOST = 2
"""How often a text is escaped by different ways, one upon the other."""

_BLANK = (
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]++"
)
_ESCAPE = (
    r"(?:%(?:25)*[89a-f][0-9a-f])+"  # the bytes of letters beyond ASCII, also where percent signs were escaped again
    r"|%(?:25)*[0-7][0-9a-f]"
    r"|(?<!\\)\\++(?:ud[89ab][0-9a-f]{2}\\++ud[c-f][0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|x[0-9a-f]{2}|[nrt])"
    r"|&(?:amp;)*+#(?:x[0-9a-f]{1,6}|[0-9]{1,7});"
)
_BLANKS = re.compile(_BLANK)
_ESCAPES = re.compile(_ESCAPE, re.IGNORECASE)
_TOKENS = re.compile(f"{_BLANK}|{_ESCAPE}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]+", re.IGNORECASE)


def unfolded(text: str) -> str:
    """A text without blanks and escapes, also those of escapes, in small letters."""
    bare = _BLANKS.sub("", text)
    for _ in range(MOST):
        if not ("%" in bare or "\\" in bare or "&" in bare):
            break
        bare = _BLANKS.sub("", _ESCAPES.sub(_character, bare))
    return bare.lower()


def disguises(secret: str) -> frozenset[str]:
    """How an unfolded text holds a secret: as it is, backwards, in hex, or in base64 at any place."""
    raw = secret.encode(errors="replace")
    found = {unfolded(secret), unfolded(secret[::-1]), raw.hex()}
    found |= {form.lower() for form in in_base64(raw)}
    return frozenset(one for one in found if len(one) >= min(LONG, len(secret)))


def in_base64(raw: bytes) -> Iterator[str]:
    """What is seen of some bytes wherever they stand in base64, in both of its alphabets."""
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + raw).decode()
        inner = encoded[(lead * 4 + 2) // 3 : (lead + len(raw)) * 4 // 3]
        yield from (inner, inner.replace("+", "-").replace("/", "_"))


def holds(text: str, secret: str) -> bool:
    """Whether a text is, or has in it, a secret of ``LONG`` characters in any of these forms; a shorter one only as a
    whole."""
    inside = unfolded(text)
    if len(secret) < LONG:
        whole = base64.b64encode(secret.encode(errors="replace")).decode().rstrip("=").lower()
        return bool(secret) and inside.rstrip("=") in {unfolded(secret), unfolded(secret[::-1]), whole}
    return any(one in inside for one in disguises(secret))


def places(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where a text has, once it is unfolded, what a pattern finds: places of the text as it is written. Of escapes of
    escapes only the outer ones are."""
    before, after, starts, ends = array("q"), array("q", [0]), array("q"), array("q", [0])
    pieces: list[str] = []
    size = at = 0
    for token in _TOKENS.finditer(text):
        size += token.start() - at
        character = "" if token[0][0] not in "%\\&" else _BLANKS.sub("", _character(token))
        pieces += (text[at : token.start()], character)
        before.append(size)
        size, at = size + len(character), token.end()
        starts.append(token.start())
        after.append(size)
        ends.append(at)
    whole = "".join((*pieces, text[at:]))

    def place(of: int) -> tuple[int, int]:
        last = bisect_right(after, of) - 1
        if last < len(before) and before[last] <= of:
            return starts[last], ends[last + 1]
        here = ends[last] + of - after[last]
        return here, here + 1

    for found in pattern.finditer(whole):
        yield place(found.start())[0], place(found.end() - 1)[1]


def without(text: str, forms: Mapping[str, bool]) -> str:
    """A text without what an unfolded text has in one of these forms; each says whether it may have blanks in it."""
    inside = unfolded(text)
    here = {form: may for form, may in forms.items() if form in inside}
    if not here:
        return text
    found = re.compile("|".join(map(re.escape, sorted(here, key=len, reverse=True))), re.IGNORECASE)
    shown: list[str] = []
    at = 0
    for start, end in places(text, found):
        if at <= start and (any(here.values()) or not _BLANKS.search(text, start, end)):
            shown += (text[at:start], HIDDEN)
            at = end
    return "".join((*shown, text[at:])) if shown or not any(here.values()) else HIDDEN


def _character(found: re.Match[str]) -> str:
    """What an escape stands for; the escape itself where it stands for nothing."""
    text = found[0].lower()
    if text[0] == "%":
        data = bytes.fromhex("".join(part[-2:] for part in text.split("%")[1:]))
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.decode("latin-1")
    if text[-2:-1] == "\\":
        return ""
    numbers = [
        int(one, 10 if text[0] == "&" and "#x" not in text else 16)
        for one in re.findall(r"(?:u\{|u|x|#x|#)([0-9a-f]+)", text)
    ]
    if any(number > 0x10FFFF for number in numbers):
        return found[0]
    return "".join(map(chr, numbers)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
