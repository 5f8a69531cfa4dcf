"""Secrets in every form in which they can be written: found, and nothing else is."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable

import pytest

from a2c_spec.core.disguises import disguises, holds, places, unfolded, without
from a2c_spec.core.sensitive import HIDDEN

SECRET = "sk-VICTIMKEY99+abc/\u00e9"
RAW = SECRET.encode()
IN_BASE64 = base64.b64encode(RAW).decode()
WRITTEN: dict[str, str] = {
    "as it is": SECRET,
    "percent-encoded": "".join(f"%{byte:02x}" for byte in RAW),
    "percent-encoded, in large letters": "".join(f"%{byte:02X}" for byte in RAW),
    "percent-encoded twice": "".join(f"%25{byte:02X}" for byte in RAW),
    "as JSON": "".join(f"\\u{ord(one):04x}" for one in SECRET),
    "as JSON in JSON": "".join(f"\\\\u{ord(one):04X}" for one in SECRET),
    "partly escaped": f"s%6B-\\u0056{SECRET[4:]}",
    "as bytes": "".join(f"\\x{byte:02x}" for byte in SECRET.encode("latin-1")),
    "with braces": "".join(f"\\u{{{ord(one):x}}}" for one in SECRET),
    "as entities": "".join(f"&#{ord(one)};" for one in SECRET),
    "as entities in hex, escaped again": "".join(f"&amp;#x{ord(one):X};" for one in SECRET),
    "base64": IN_BASE64,
    "base64url": base64.urlsafe_b64encode(b"x" + RAW).decode(),
    "base64 in lines": "\n".join(IN_BASE64[at : at + 8] for at in range(0, 32, 8)),
    "base64 in lines of JSON": "\\r\\n".join(IN_BASE64[at : at + 8] for at in range(0, 32, 8)),
    "broken": f"{SECRET[:8]}\r\n  {SECRET[8:]}",
    "with what is not seen": f"{SECRET[:8]}\u200b\u2060\u202e{SECRET[8:]}",
    "with what is not seen, escaped": f"{SECRET[:8]}\\u200b%0a{SECRET[8:]}",
    "spaced": " ".join(SECRET),
    "in hex": RAW.hex(),
    "in hex, spaced": RAW.hex(" ").upper(),
    "backwards": SECRET[::-1],
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
def test_it_is_found_however_it_is_written_and_nothing_beside_it_goes(written: str) -> None:
    forms = dict.fromkeys(disguises(SECRET), True)
    shown = without(f"a%20b <<{written}>> c\\u0064", forms)
    assert re.fullmatch(r"a%20b <<\w{0,3}\(sensitive\)[\w\n]{0,3}=*>> c\\u0064", shown)
    assert holds(f"x{written}y", SECRET)


def test_what_is_escaped_in_two_ways_hides_all_of_a_text() -> None:
    assert (
        without("so: " + "".join(f"\\u0025{byte:02x}" for byte in RAW), dict.fromkeys(disguises(SECRET), True))
        == HIDDEN
    )


@pytest.mark.parametrize("text", ["", "sk-VICTIM", "a%zzb\\q&#;&amp;", "\\u{ffffff}", "%", "\\", f"{SECRET[:-1]}e"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert without(text, dict.fromkeys(disguises(SECRET), True)) == text
    assert not holds(text, SECRET)


def test_a_short_secret_is_not_found_across_blanks_nor_within_another_text() -> None:
    forms = {unfolded("hunter2"): False}
    assert without("hun ter2 %68unter2", forms) == f"hun ter2 {HIDDEN}"
    assert (holds("banana", "a"), holds(" %61\n", "a"), holds("YQ==", "a"), holds("", "a")) == (
        False,
        True,
        True,
        False,
    )
    assert not holds("anything", "")


def test_places_are_those_of_the_text_as_it_is_written() -> None:
    text = "a \\u0062%20c%C3%A9d"
    found = [text[start:end] for start, end in places(text, re.compile("bc|\u00e9|d"))]
    assert found == ["\\u0062%20c", "%C3%A9", "d"]


SLOW: list[Callable[[int], str]] = [
    lambda size: "\\" * size,
    lambda size: "%25" * (size // 3),
    lambda size: "&amp;" * (size // 5),
    lambda size: "\\u" * (size // 2),
    lambda size: "a " * (size // 2),
    lambda size: "%e9" * (size // 3) + " ".join(SECRET),
]


@pytest.mark.parametrize("text", [make(2_000_000) for make in SLOW], ids=range(len(SLOW)))
def test_a_long_text_takes_time_in_proportion(text: str) -> None:
    started = time.process_time()
    without(text, dict.fromkeys(disguises(SECRET), True))
    assert time.process_time() - started < 20
