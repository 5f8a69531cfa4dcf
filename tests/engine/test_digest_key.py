"""Digests of secrets: their key lies outside the project or travels on purpose, and a state knows its own."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.desired import Secret
from a2c_spec.engine.digest_key import given_key, secret_fingerprints
from a2c_spec.errors import SpecError, UsageError
from tests.engine.projects import project_in, session_in

KEY = bytes(range(40))


def fingerprints(root: Path, **environ: str) -> Any:
    return secret_fingerprints(project_in(root, environ))


def test_a_secret_is_known_by_its_reference_and_a_keyed_digest(tmp_path: Path) -> None:
    one = fingerprints(tmp_path, A2C_VAR_WORD="a")
    mark = one(Secret("env:A2C_VAR_WORD"))
    reference, _, digest = mark.partition("#")
    assert (reference, bool(digest)) == ("env:A2C_VAR_WORD", True)
    assert fingerprints(tmp_path, A2C_VAR_WORD="a")(Secret("env:A2C_VAR_WORD")) == mark
    assert fingerprints(tmp_path, A2C_VAR_WORD="b")(Secret("env:A2C_VAR_WORD")) != mark
    assert one("a") == f"literal#{digest}"


def test_the_key_lies_outside_and_another_key_gives_another_digest(tmp_path: Path) -> None:
    first = fingerprints(tmp_path, A2C_VAR_WORD="a")(Secret("env:A2C_VAR_WORD"))
    assert (tmp_path / "data/a2c-spec/hmac.key").is_file()
    assert (
        fingerprints(tmp_path, A2C_VAR_WORD="a", XDG_DATA_HOME=str(tmp_path / "other"))(Secret("env:A2C_VAR_WORD"))
        != first
    )


def test_a_secret_out_of_reach_is_known_by_its_reference_alone(tmp_path: Path) -> None:
    assert fingerprints(tmp_path)(Secret("env:A2C_VAR_WORD")) == "env:A2C_VAR_WORD"
    with pytest.raises(SpecError):
        project_in(tmp_path).reveal(Secret("env:A2C_VAR_WORD"))
    assert project_in(tmp_path, {"A2C_VAR_WORD": "a"}).reveal(Secret("env:A2C_VAR_WORD")) == "a"


def test_a_command_is_run_only_if_that_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        project_in(tmp_path).reveal(Secret("cmd:echo word"))
    allowed = project_in(tmp_path, {"PATH": "/usr/bin:/bin"}, allow_cmd=("echo",))
    assert allowed.reveal(Secret("cmd:echo word")) == "word"


def test_each_secret_is_looked_up_once(tmp_path: Path) -> None:
    environ = {"A2C_VAR_WORD": "a"}
    one = secret_fingerprints(project_in(tmp_path, environ))
    first = one(Secret("env:A2C_VAR_WORD"))
    one.known["env:A2C_VAR_WORD"] = "env:A2C_VAR_WORD#before"
    assert one(Secret("env:A2C_VAR_WORD")) == "env:A2C_VAR_WORD#before" != first


def test_the_key_lies_in_the_home_folder_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    fingerprints(tmp_path, XDG_DATA_HOME="")("a")
    assert (tmp_path / "home/.local/share/a2c-spec/hmac.key").is_file()


def test_the_key_is_not_made_before_a_secret_is_met(tmp_path: Path) -> None:
    """So that a home folder that cannot be written is no hindrance to those who have none."""
    (tmp_path / "data").write_text("no folder")
    one = fingerprints(tmp_path, A2C_VAR_WORD="a")
    assert one(Secret("env:A2C_VAR_OTHER")) == "env:A2C_VAR_OTHER"
    with pytest.raises(SpecError, match="data"):
        one(Secret("env:A2C_VAR_WORD"))


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        KEY.hex().upper(),
        base64.b64encode(KEY).decode(),
        base64.urlsafe_b64encode(KEY).decode().rstrip("="),
        f" {KEY.hex()}\n",
    ],
)
def test_the_key_may_travel_as_hex_or_base64(text: str, tmp_path: Path) -> None:
    assert given_key({"A2C_SPEC_DIGEST_KEY": text}) == KEY
    marks = {
        fingerprints(tmp_path, A2C_VAR_WORD="a", A2C_SPEC_DIGEST_KEY=text, XDG_DATA_HOME=str(tmp_path / home))("a")
        for home in ("one", "two")
    }
    assert len(marks) == 1
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize("text", ["x", "not a key!", KEY[:31].hex(), base64.b64encode(KEY[:31]).decode(), "ä" * 64])
def test_a_key_that_is_none_is_refused_and_not_shown(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 32 bytes") as error:
        fingerprints(tmp_path, A2C_SPEC_DIGEST_KEY=text)
    assert text == "x" or text not in f"{error.value.message}{error.value.hint}"


def test_no_key_is_given_where_the_variable_is_empty() -> None:
    assert given_key({}) == given_key({"A2C_SPEC_DIGEST_KEY": " "}) == b""


def test_a_state_takes_the_first_key_and_knows_another_one(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        session.fingerprint_secret("a")
    (tmp_path / "data/a2c-spec/hmac.key").unlink()
    with session_in(tmp_path) as session, pytest.raises(UsageError, match="written with another digest key"):
        session.fingerprint_secret("a")


def test_no_home_and_no_place_for_the_key_are_told_once_a_secret_is_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_class: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(none))
    waiting = fingerprints(tmp_path, XDG_DATA_HOME="")
    with pytest.raises(UsageError, match="there is no home for the key") as caught:
        waiting("secret")
    assert "A2C_SPEC_DIGEST_KEY" in caught.value.hint
    (tmp_path / "file").write_text("")
    with pytest.raises(SpecError, match=r"cannot be kept in .*hmac\.key: Not a directory") as refused:
        fingerprints(tmp_path, XDG_DATA_HOME=str(tmp_path / "file"))("secret")
    assert "XDG_DATA_HOME" in refused.value.hint
