"""``config`` shows what holds, and says where a setting is wrong."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Command


def test_settings_are_shown_with_their_source(project: Path, a2c: Command) -> None:
    (project / "a2c.yaml").write_text("defaults: {timeout: 60}\nenvironments: {prod: {}}\n")
    ran = a2c("config", "--env", "prod", "--max-credits", "5")
    rows = {line.split()[0]: line.split()[1:] for line in ran.out.splitlines()}
    assert rows["timeout"] == ["60", "a2c.yaml:1:21"]
    assert rows["max_credits"] == ["5", "--max-credits"]
    assert rows["state"] == [".a2c/env/prod/state.db", "built", "in"]
    assert rows["fail_fast"] == ["no", "built", "in"]
    assert json.loads(a2c("config", "--json").out)["timeout"] == {"value": 60, "source": "a2c.yaml:1:21"}


def test_a_wrong_setting_is_told_by_every_command(project: Path, a2c: Command) -> None:
    (project / "a2c.yaml").write_text("defaults: {timeot: 60}\n")
    for command in ("config", "status", "verify", "plan", "apply", "drift", "report"):
        ran = a2c(command, "--local")
        assert (ran.code, "a2c.yaml:1:12: error: `timeot` is not a key of defaults" in ran.err) == (5, True), command
    ran = a2c("doctor", "--local")
    assert (ran.code, "NO  settings     a2c.yaml:1:12: error: `timeot` is not" in ran.out) == (1, True)
    for args in (("cache", "list"), ("state", "list"), ("validate",)):
        assert a2c(*args).code == 5


def test_an_environment_that_nothing_names_is_told(project: Path, a2c: Command) -> None:
    (project / "a2c.yaml").write_text("environments: {production: {}}\n")
    ran = a2c("status", "--local", "--env", "prodution")
    assert (ran.code, "there is no environment `prodution`" in ran.err) == (5, True)
    assert "did you mean `production`?" in ran.err
    assert not (project / ".a2c").exists()
