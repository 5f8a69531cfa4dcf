"""Saved plans that somebody else wrote or changed: what they name is not read, and what they read is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command

VARS = "apiVersion: a2c-spec/v1\nkind: Job\nname: m\nvars: {token: {default: x, pattern: '^(x|mine)$'}}\n"
JOB = VARS + "inputs: [{id: i, path: a.txt}]\nconversions: [{id: c, category: hash, target: md5}]\n"
PLAN = "p.a2cplan.json"


@pytest.fixture
def other(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file outside of a project that has one job."""
    (project / "a.txt").write_text("a")
    (project / "m.yaml").write_text(JOB)
    (project / "mine.yaml").write_text("token: mine\n")
    file = tmp_path_factory.mktemp("other") / "hosts.yml"
    file.write_text("token: PRIVATE\n")
    return file


def edit(project: Path, **made: Any) -> None:
    tree = json.loads((project / PLAN).read_text())
    tree["made_with"].update(made)
    (project / PLAN).write_text(json.dumps(tree))


@pytest.mark.parametrize("field", ["manifests", "file", "var_file"])
def test_a_plan_leads_to_no_file_elsewhere(field: str, project: Path, other: Path, a2c: Command) -> None:
    assert a2c("plan", "--local", "m.yaml", "-o", PLAN).code == 0
    (project / "link.yaml").symlink_to(other)
    for name in (str(other), "/dev/stdin", "link.yaml"):
        edit(project, **{field: [name]})
        ran = a2c("apply", "--local", PLAN)
        assert (ran.code, "PRIVATE" in ran.out + ran.err) == (10, False), ran.err
        assert f"the plan names the file {name}, which is outside the project root" in ran.err.replace(
            "must be relative to the manifest's folder", "is outside the project root"
        )
        assert name in a2c("show", PLAN).err
        assert name in json.loads(a2c("show", PLAN, "--json").out)["reads"]
    edit(project, manifests=["m.yaml"], file=[], var_file=[], env="../../x")
    assert a2c("apply", "--local", PLAN).code == 10
    assert not (project.parent / "x").exists()


def test_a_plan_with_variables_of_the_project_is_applied_as_it_is(project: Path, other: Path, a2c: Command) -> None:
    for more in ([], ["--var-file", "mine.yaml"]):
        assert a2c("plan", "--local", "m.yaml", "--var-file", "mine.yaml", "-o", PLAN, "--replace", "m").code == 0
        assert "reads m.yaml, mine.yaml" in a2c("show", PLAN).err
        assert a2c("apply", "--local", PLAN, "-y", *more).code == 0
    assert other.exists()


def test_variables_from_elsewhere_are_named_again(project: Path, other: Path, a2c: Command) -> None:
    other.write_text("token: mine\n")
    assert a2c("plan", "--local", "m.yaml", "--var-file", str(other), "-o", PLAN).code == 0
    refused = a2c("apply", "--local", PLAN)
    assert (refused.code, f"repeat --var-file {other}" in refused.err) == (10, True)
    refused = a2c("apply", "--local", PLAN, "--var-file", "mine.yaml")
    assert (refused.code, "made with other variables" in refused.err) == (10, True)
    assert a2c("apply", "--local", PLAN, "--var-file", str(other)).code == 0
    assert project.exists()


def test_variables_that_the_environment_names_are_those_of_the_plan(
    project: Path, other: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert a2c("plan", "--local", "m.yaml", "-o", PLAN).code == 0
    monkeypatch.setenv("A2C_SPEC_VAR_FILE", "mine.yaml")
    refused = a2c("apply", "--local", PLAN)
    assert (refused.code, "A2C_SPEC_VAR_FILE" in refused.err) == (10, True)
    assert a2c("plan", "--local", "m.yaml", "-o", PLAN).code == 0
    assert a2c("apply", "--local", PLAN).code == 0
    assert (project.exists(), other.exists()) == (True, True)
