"""All that Unicode calls invisible is one set; what is written with joiners stays readable."""

from __future__ import annotations

import re
import unicodedata

import pytest

from a2c_spec.core.unseen import UNSEEN, is_unseen, seen

DEFAULT_IGNORABLE = (
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180F, 0x200B, 0x200D, 0x202A, 0x202E, 0x2060, 0x206F,
    0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0, 0xFFF8, 0x1BCA0, 0x1D173, 0xE0000, 0xE0041, 0xE007F, 0xE0100,
    0xE01EF, 0xE0FFF,
)  # fmt: skip


def test_every_format_character_is_in_the_set() -> None:
    every = "".join(chr(one) for one in range(0x110000) if unicodedata.category(chr(one)) == "Cf")
    assert re.sub(f"[{UNSEEN}]", "", every) == ""


@pytest.mark.parametrize("number", DEFAULT_IGNORABLE)
def test_so_is_what_unicode_lets_be_ignored(number: int) -> None:
    assert (is_unseen(chr(number)), seen(f"a{chr(number)}b")) == (True, "ab")


def test_nothing_that_is_seen_is_in_it() -> None:
    letters = (chr(one) for one in range(0x20, 0x110000) if not 0xD800 <= one < 0xE000)
    shown = [one for one in letters if is_unseen(one) and unicodedata.category(one) not in ("Cf", "Cn", "Mn", "Lo")]
    assert shown == []
    assert [seen(one) for one in ("abc", "Grüße", "日本語", "👩🔬")] == ["abc", "Grüße", "日本語", "👩🔬"]
