"""`a2c-spec doctor`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_spec.commands.doctor import EXTRAS
from tests.conftest import Command


def checks(a2c: Command, *flags: str) -> dict[str, tuple[bool | None, str]]:
    rows = json.loads(a2c("doctor", "--json", *flags).out)
    return {row["check"]: (row["ok"], row["text"]) for row in rows}


def test_the_local_api_needs_nothing(project: Path, a2c: Command) -> None:
    found = checks(a2c, "--local")
    assert found["project"] == (True, str(project))
    assert found["service"][0] is True
    assert "statuses" in found["service"][1]
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
