"""``config`` shows what holds, and says where a setting is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Command

ONE = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{id: cover, path: /src/cover.png}]
conversions: [{id: webp, category: image, target: webp}]
"""


def test_settings_are_shown_with_their_source(project: Path, a2c: Command) -> None:
    (project / "a2c.yaml").write_text("defaults: {timeout: 60}\nenvironments: {prod: {}}\n")
    ran = a2c("config", "--env", "prod", "--max-credits", "5")
    rows = {line.split()[0]: line.split()[1:] for line in ran.out.splitlines()}
    assert rows["timeout"] == ["60", "a2c.yaml:1:21"]
    assert rows["max_credits"] == ["5", "--max-credits"]
    assert rows["state"] == [".a2c/env/prod/state.db", "built", "in"]
    assert rows["fail_fast"] == ["no", "built", "in"]
    assert json.loads(a2c("config", "--json").out)["timeout"] == {"value": 60, "source": "a2c.yaml:1:21"}


WRONG = [
    ("a2c.yaml", "a2c.yaml:1:12: error: `timeot` is not a key of defaults"),
    ("a2c.yml", "a2c.yml: error: this file is not read, only a file of the name a2c.yaml is"),
    ("A2C.yaml", "A2C.yaml: error: this file is not read, only a file of the name a2c.yaml is"),
    ("a2c.yaml/x", "a2c.yaml: error: the settings cannot be read: this is a folder"),
]


@pytest.mark.parametrize(("name", "said"), WRONG)
def test_a_wrong_setting_is_told_by_every_command(project: Path, a2c: Command, name: str, said: str) -> None:
    (project / "a2c.yaml").unlink()
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("defaults: {timeot: 60}\n")
    (project / "one.yaml").write_text(ONE)
    local = ("config", "status", "verify", "plan", "apply", "drift", "report", "prune", "wait", "download")
    for command in local:
        ran = a2c(command, "--local")
        assert (ran.code, said in ran.err) == (5, True), (command, ran.err)
    ran = a2c("doctor", "--local")
    assert (ran.code, f"NO  settings     {said}" in ran.out) == (1, True)
    for line in ("cache list", "cache prune", "state list", "validate", "graph", "destroy --all --local"):
        ran = a2c(*line.split())
        assert (ran.code, said in ran.out + ran.err) == (5, True), line


def test_a_misnamed_file_in_a_folder_of_manifests_is_told_from_above(project: Path, a2c: Command) -> None:
    (project / "a2c.yaml").touch()
    (project / "sub").mkdir()
    (project / "sub/a2c.yml").write_text("budget: {per_run: 0}\n")
    (project / "sub/one.yaml").write_text(ONE)
    ran = a2c("plan", "--local")
    assert (ran.code, "sub/a2c.yml: error: this file is not read" in ran.err) == (5, True)


def test_an_environment_that_nothing_names_is_told(project: Path, a2c: Command) -> None:
    (project / "a2c.yaml").write_text("environments: {production: {}}\n")
    ran = a2c("status", "--local", "--env", "prodution")
    assert (ran.code, "error: --env: there is no environment `prodution`" in ran.err) == (2, True)
    assert "did you mean `production`?" in ran.err
    assert not (project / ".a2c").exists()


def test_an_environment_that_nothing_names_has_no_place_in_a_file_that_is_not_there(
    project: Path, a2c: Command
) -> None:
    (project / "a2c.yaml").unlink(missing_ok=True)
    refused = a2c("plan", "--env", "nope")
    assert (refused.code, refused.err.startswith("error: --env: there is no environment `nope`")) == (2, True), (
        refused.err
    )
