"""The settings of a project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from a2c_spec.manifests.project_file import Project, load_project


def test_an_environment_lies_over_the_general_settings(tmp_path: Path) -> None:
    (tmp_path / "a2c.yaml").write_text(
        "defaults: {env: dev, parallelism: 4, timeout: 10}\nstate: .a2c/state.db\n"
        "cache: {url: /shared, max_age_days: 7}\nenvironments:\n  dev: {}\n"
        "  prod: {vars: {q: 1}, state: 'postgresql://h/db', defaults: {timeout: 99}, cache: 's3://b'}\n"
    )
    dev, problems = load_project(tmp_path)
    assert problems == []
    assert (dev.env, dev.state, dev.cache["url"], dev.defaults["timeout"]) == ("dev", ".a2c/state.db", "/shared", 10)
    prod, _ = load_project(tmp_path, "prod")
    assert (prod.state, prod.cache, prod.vars) == ("postgresql://h/db", {"url": "s3://b"}, {"q": 1})
    assert (prod.defaults["timeout"], prod.defaults["parallelism"]) == (99, 4)
    _, problems = load_project(tmp_path, "prd")
    assert [problem.message for problem in problems] == ["there is no environment `prd`"]
    (tmp_path / "vars").mkdir()
    (tmp_path / "vars" / "prd.yaml").touch()
    assert load_project(tmp_path, "prd")[1] == []


def test_without_settings_there_is_nothing_wrong(tmp_path: Path) -> None:
    assert load_project(tmp_path, "any") == (Project(tmp_path, env="any"), [])
    (tmp_path / "a2c.yaml").write_text("# nothing yet\n")
    assert load_project(tmp_path) == (Project(tmp_path), [])
    (tmp_path / "a2c.yaml").unlink()
    (tmp_path / "a2c.yaml").mkdir()
    assert load_project(tmp_path) == (Project(tmp_path), [])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- 1\n", "a2c.yaml:1:1: error: the settings must be a mapping"),
        ("stat: x\n", "a2c.yaml:1:1: error: `stat` is not a key of a2c.yaml (did you mean `state`?)"),
        ("defaults: {parallelism: 0}\n", "a2c.yaml:1:25: error: `parallelism` must be at least 1, found 0"),
    ],
)
def test_mistakes_in_the_settings_are_told(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "a2c.yaml").write_text(text)
    _, problems = load_project(tmp_path)
    assert [str(found).removeprefix(f"{tmp_path}{os.sep}") for found in problems] == [problem]
