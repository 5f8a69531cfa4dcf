"""Secrets by their names."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.sensitive import HIDDEN, names_secret, replaced_secrets, shown_url

SECRET = [
    *("password", "user_password", "download_passwords", "decrypt-password", "passwd", "passphrase", "pwd", "secret"),
    *("client_secret", "token", "sessiontoken", "sessionToken", "token_2", "credentials", "key", "api_key", "apiKey"),
    *("apikey", "accesskeyid", "secretaccesskey", "accountkey", "keyfile", "API_KEY", "private-key"),
]
ORDINARY = [
    *("keys_format", "keyframe", "key_frame", "monkey", "initialkey", "username", "passes", "width", "tokenizer"),
    *("secretary", "region"),
]


@pytest.mark.parametrize("name", SECRET)
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", ORDINARY)
def test_names_of_anything_else(name: str) -> None:
    assert not names_secret(name)


TREES: list[tuple[Any, Any]] = [
    ({"user_password": "x", "width": "9"}, {"user_password": "<user_password>", "width": "9"}),
    ({"user_password": "", "token": None, "key": 5}, {"user_password": "", "token": None, "key": 5}),
    ({"passwords": ["x", "y"]}, {"passwords": ["<passwords 1>", "<passwords 2>"]}),
    ({"credentials": {"user": "x"}}, {"credentials": {"user": "<credentials user>"}}),
    ({"note": [f"see {HIDDEN}"]}, {"note": ["<note 1>"]}),
]


@pytest.mark.parametrize(("tree", "expected"), TREES)
def test_texts_below_such_a_name_and_hidden_ones_are_replaced(tree: Any, expected: Any) -> None:
    assert replaced_secrets(tree, lambda path: f"<{' '.join(path)}>") == expected


URLS = [
    ("https://x.example/a.png", "https://x.example/a.png"),
    ("https://me:word@x.example/a.png?sig=1", "https://(sensitive)@x.example/a.png"),
    ("me:word@x.example/a", "(sensitive)@x.example/a"),
    ("", ""),
]


@pytest.mark.parametrize(("url", "shown"), URLS)
def test_a_url_is_shown_without_what_may_be_a_password(url: str, shown: str) -> None:
    assert shown_url(url) == shown
