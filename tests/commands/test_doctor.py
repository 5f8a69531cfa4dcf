"""`a2c-spec doctor`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_spec.commands.doctor import EXTRAS
from a2c_spec.local_api.server import Background
from tests.conftest import Command


def checks(a2c: Command, *flags: str) -> dict[str, tuple[bool | None, str]]:
    rows = json.loads(a2c("doctor", "--json", *flags).out)
    return {row["check"]: (row["ok"], row["text"]) for row in rows}


def test_the_local_api_needs_nothing(project: Path, a2c: Command) -> None:
    found = checks(a2c, "--local")
    assert found["project"] == (True, str(project))
    assert found["service"][0] is True
    assert found["service"][1] == "the built-in local API answers"
    assert a2c("doctor", "--local").code == 0


def test_a_missing_key_and_a_service_out_of_reach_are_named(project: Path, a2c: Command) -> None:
    ran = a2c("doctor", "--base-url", "http://127.0.0.1:9/v2")
    assert (project.is_dir(), ran.code) == (True, 1)
    marks = {line.split()[1]: line.split()[0] for line in ran.out.splitlines()}
    assert (marks["key"], marks["state"], marks["service"]) == ("NO", "ok", "NO")
    assert "cannot reach http://127.0.0.1:9/v2" in ran.out


def test_what_is_optional_and_missing_says_how_to_get_it(a2c: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRAS, "local-docs", ("no_such_module",))
    ok, text = checks(a2c, "--local")["local-docs"]
    assert (ok, text) == (None, "missing no_such_module: pip install 'a2c-spec[local-docs]'")


def test_what_is_missing_says_how_to_get_it_and_what_is_wrong_is_named(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = checks(a2c, "--base-url", "http://127.0.0.1:9/v2")
    assert found["key"] == (False, "set API2CONVERT_API_KEY (from your account page), or work with --local")
    assert found["secrets"][0] is True
    monkeypatch.setenv("A2C_SPEC_DIGEST_KEY", "00" * 32)
    assert checks(a2c, "--local")["secrets"] == (True, "their digests use A2C_SPEC_DIGEST_KEY")
    monkeypatch.delenv("A2C_SPEC_DIGEST_KEY")
    monkeypatch.setenv("XDG_DATA_HOME", str(project / "src/cover.png"))
    ok, text = checks(a2c, "--local")["secrets"]
    assert (ok, "cannot be used; where a manifest has secrets, set A2C_SPEC_DIGEST_KEY" in text) == (None, True)
    monkeypatch.setenv("API2CONVERT_API_KEY", "abc\u200b")
    ok, text = checks(a2c)["settings"]
    assert (ok, "the key in API2CONVERT_API_KEY holds the character U+200B" in text) == (False, True)


def test_a_damaged_state_is_not_told_as_a_service_out_of_reach(project: Path, a2c: Command) -> None:
    (project / ".a2c").mkdir()
    (project / ".a2c/state.db").write_bytes(b"no database" * 100)
    found = checks(a2c, "--local")
    assert (found["state"][0], "cannot be read" in found["state"][1], "service" in found) == (False, True, False)


@pytest.mark.parametrize("lacks", ["", "this system has no Landlock, so a converter can read everything"])
def test_it_says_whether_converters_are_confined(a2c: Command, monkeypatch: pytest.MonkeyPatch, lacks: str) -> None:
    monkeypatch.setattr("a2c_spec.local_api.convert.sandbox.confine.missing", lambda: lacks)
    ok, text = checks(a2c, "--local")["sandbox"]
    assert (ok, text) == ((None, lacks) if lacks else (True, "local conversions see no other files and no network"))


def test_a_results_cache_that_cannot_be_written_is_named(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks(a2c, "--local")["cache"] == (True, ".a2c/cache")
    assert not (project / ".a2c/cache").exists()
    monkeypatch.setenv("A2C_SPEC_CACHE", "/proc/cc")
    ok, text = checks(a2c, "--local")["cache"]
    assert (ok, "/proc/cc cannot be written" in text) == (None, True)


def test_a_key_that_the_service_does_not_accept_is_found_out_by_doctor_and_plan(
    two: Path, server: Background, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (two.is_dir(), bool(server.url)) == (True, True)
    assert checks(a2c)["account"] == (True, "the service does not say what is left")
    assert a2c("plan", "two.yaml").code == 0
    monkeypatch.setenv("API2CONVERT_API_KEY", "wrong")
    ok, text = checks(a2c)["account"]
    assert (ok, text.startswith("the service does not accept the API key")) == (False, True)
    assert a2c("plan", "two.yaml").code == 3
    assert a2c("plan", "two.yaml", "--offline").code == 0
