"""Bodies fit to be shown: no secret, no content, ids that are not known yet by name."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.calls import Payload, Ref
from a2c_spec.core.desired import Content, Secret
from a2c_spec.views.redact import redacted

SECRET = Secret("env:WORD")
HIDDEN = "(sensitive)"

BODIES: list[tuple[Any, Any]] = [
    (None, None),
    (5, 5),
    (True, True),
    ("plain", "plain"),
    ("", ""),
    (SECRET, "(sensitive: env:WORD)"),
    (Ref("inputs.cover"), "<inputs.cover>"),
    ((1, SECRET), [1, "(sensitive: env:WORD)"]),
    ({"options": {"quality": 80}}, {"options": {"quality": 80}}),
    ({"credentials": {"token": "word", "port": 21}}, {"credentials": {"token": HIDDEN, "port": 21}}),
    ({"download_passwords": ["one", SECRET]}, {"download_passwords": [HIDDEN, "(sensitive: env:WORD)"]}),
    ({"password": ""}, {"password": ""}),
    ({"password": None}, {"password": None}),
    ({"keys_format": "shown"}, {"keys_format": "shown"}),
]


@pytest.mark.parametrize(("body", "shown"), BODIES)
def test_secrets_show_as_references_and_literals_under_their_names_not_at_all(body: Any, shown: Any) -> None:
    assert redacted(body) == shown


@pytest.mark.parametrize("key", ["download_password", "user_password", "credentials", "secretaccesskey"])
def test_each_of_these_keys_hides_its_literal_however_deep(key: str) -> None:
    assert redacted([{"a": {key: "word"}, "b": "word"}]) == [{"a": {key: HIDDEN}, "b": "word"}]


CONTENT = Content(3, "ab" * 32, "cd" * 16)


def test_an_upload_shows_what_is_sent_and_not_the_bytes() -> None:
    shown = {"file": "src/a.png", "filename": "a.png", "size": 3, "sha256": "ab" * 32}
    assert redacted(Payload("a", "a.png", CONTENT, path="src/a.png")) == shown


@pytest.mark.parametrize(("password", "said"), [("word", HIDDEN), (SECRET, "(sensitive: env:WORD)")])
def test_bytes_of_the_manifest_and_their_password_stay_hidden(password: Any, said: str) -> None:
    shown = redacted(Payload("a", "a.png", CONTENT, base64="QUJD", decrypt_password=password))
    assert (shown["file"], shown["decrypt_password"]) == ("(base64 in the manifest)", said)
    assert "QUJD" not in str(shown)
