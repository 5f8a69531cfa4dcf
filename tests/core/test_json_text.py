"""JSON of others can be written again once it was read."""

from __future__ import annotations

import json

import pytest

from a2c_spec.core.json_text import NotJson, inert_json, read_json, why_not_json

TEXTS = [
    (b'{"a": "\\ud83d", "b": [1]}', {"a": "?", "b": [1]}),
    (b'{"\\uDEAD": "\\ud83d\\ude00"}', {"?": "\U0001f600"}),
    (b'"\xed\xa0\xbd"', "?"),
    (b'"\\u00e9 \xc3\xa9"', "\u00e9 \u00e9"),
]


@pytest.mark.parametrize(("raw", "value"), TEXTS)
def test_half_a_character_is_a_question_mark(raw: bytes, value: object) -> None:
    assert read_json(raw) == value
    assert json.dumps(read_json(raw), ensure_ascii=False).encode()


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"\xc3"])
def test_what_is_no_json_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several kinds of it
        read_json(raw)


@pytest.mark.parametrize(
    "sign",
    [
        "\x7f",
        "\x85",
        "\x9b",
        "\u061c",
        "\u200b",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\xad",
        "\U000e0041",
    ],
)
def test_json_holds_nothing_that_acts_where_it_is_shown(sign: str) -> None:
    tree = {f"a{sign}": [f"{sign}b", "\n\x1b", "caf\u00e9\u200d"]}
    text = inert_json(json.dumps(tree, ensure_ascii=False, indent=1))
    assert (json.loads(text), sign in text, "caf\u00e9\u200d" in text) == (tree, False, True)


NO_JSON = {
    "{": "Expecting property name enclosed in double quotes", "[" * 90_000: "it is nested too deeply",
    "9" * 9_000: "it holds a number that is too long", "NaN": "a word of ours",
}  # fmt: skip


def ours(_word: str) -> object:
    raise NotJson("a word of ours")


@pytest.mark.parametrize("text", NO_JSON)
def test_why_a_text_is_no_json_is_told_in_no_words_of_python(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)) as caught:
        json.loads(text, parse_constant=ours)
    assert why_not_json(caught.value) == NO_JSON[text]
