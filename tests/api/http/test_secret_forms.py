"""The ways in which a secret may be written. What is hidden by them is in test_redaction.py."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, unquote

import pytest

from a2c_spec.api.http.secret_forms import SHORT, folded, forms_of, parts_of, texts_of, url_secrets

SECRET = "p/w <ü>\"'7"
WRITTEN = {
    "as it is": SECRET,
    "in an address": quote(SECRET, safe=""),
    "in JSON": json.dumps(SECRET)[1:-1],
    "in hex": SECRET.encode().hex(),
    "in base64": base64.b64encode(SECRET.encode()).decode().rstrip("="),
    "in JSON in an address": quote(json.dumps(SECRET)[1:-1], safe=""),
}


@pytest.mark.parametrize("form", WRITTEN.values(), ids=WRITTEN)
def test_a_secret_is_known_in_every_form(form: str) -> None:
    assert form in forms_of(SECRET, twice=True)


def test_one_of_many_lines_is_escaped_once_only() -> None:
    assert WRITTEN["in JSON in an address"] not in forms_of(SECRET, twice=False)


def test_a_short_one_is_looked_for_as_it_is() -> None:
    assert folded("abc") == frozenset()
    assert folded("abcd") == {"abcd"}
    assert len("abcd") == SHORT
    assert "abcdefgh" in folded("abcdefgh")
    assert len(folded("abcdefgh")) > 1


@pytest.mark.parametrize(
    ("secret", "parts"),
    [
        ("one line alone", []),
        ("first line\nshort\nsecond line", ["first line", "second line"]),
        ('{"a": "sixteen letters!", "b": "few"}', ["sixteen letters!"]),
        ("https://me:pass%21@x/?token=12345678", ["pass%21", "pass!", "bWU6cGFzcyE=", "12345678"]),
    ],
)
def test_parts_of_a_secret_are_secret(secret: str, parts: list[str]) -> None:
    assert list(parts_of(secret)) == parts


def test_what_is_no_address_has_no_password() -> None:
    assert list(url_secrets("http://[::1")) == []


TOKEN, LONG = "s3cretToken", "a-token-of-16-letters"


@pytest.mark.parametrize(
    ("url", "hidden", "told"),
    [
        (f"http://{TOKEN}@proxy:1", {TOKEN}, ""),
        (f"http://{TOKEN}:@proxy:1", {TOKEN}, ""),
        (f"{TOKEN}:x@proxy:1", {TOKEN, "x"}, "x"),
        ("http://tok%2Fen@proxy", {"tok%2Fen", "tok/en"}, ""),
        (f"http://{LONG}:x-oauth-basic@proxy", {LONG, "x-oauth-basic"}, "x-oauth-basic"),
        (f"http://:{TOKEN}@proxy", {TOKEN}, TOKEN),
        (f"http://somebody:{TOKEN}@proxy", {TOKEN}, TOKEN),
    ],
)
def test_a_token_in_the_place_of_a_user_is_one(url: str, hidden: set[str], told: str) -> None:
    user = unquote(url.rpartition("//")[2].partition("@")[0].partition(":")[0])
    assert {*url_secrets(url)} == hidden | {base64.b64encode(f"{user}:{told}".encode()).decode()}


def test_texts_are_all_but_tokens() -> None:
    assert texts_of({"a": ["b", {"c": "d", "token": "e"}], "f": 1}) == ["a", "f", "b", "c", "token", "d"]
