"""The settings of a project, and finding its manifests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from a2c_spec.manifests import globs
from a2c_spec.manifests.discover import discover
from a2c_spec.manifests.project_file import Project, load_project

MANIFEST = "# a comment\napiVersion: a2c-spec/v1\nkind: Job\n"


def _project(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(MANIFEST)
    return folder.resolve()


def test_manifests_are_found_by_what_they_say(tmp_path: Path) -> None:
    root = _project(
        tmp_path, "b.yaml", "a/c.yml", "a/d.yaml.j2", ".git/x.yaml", ".a2c/x.yaml", "node_modules/x.yaml", "a/.x.yaml"
    )
    (root / "other.yaml").write_text("apiVersion: v1\nkind: Pod\n")
    (root / "a2c.yaml").write_text("apiVersion: a2c-spec/v1\n")
    assert list(discover([], Project(root), root)) == ["b.yaml", "a/c.yml", "a/d.yaml.j2"]
    assert list(discover([], Project(root), root / "a")) == ["../b.yaml", "c.yml", "d.yaml.j2"]
    assert list(discover(["a", "other.yaml"], Project(root), root)) == ["a/c.yml", "a/d.yaml.j2", "other.yaml"]
    assert list(discover(["**/*.y*ml"], Project(root), root)) == [
        "a/c.yml",
        "a2c.yaml",
        "b.yaml",
        "node_modules/x.yaml",
        "other.yaml",
    ]
    assert list(discover([], Project(root, manifests=("a",)), root)) == ["a/c.yml", "a/d.yaml.j2"]
    assert [str(item) for item in discover(["*.none"], Project(root), root)] == [
        "*.none: error: no manifest found here (a manifest contains `apiVersion: a2c-spec/v1`)"
    ]


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


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.png", "a.png", True),
        ("*.png", "x/a.png", False),
        ("**/*.png", "a.png", True),
        ("**/*.png", "x/y/a.png", True),
        ("x/**", "x/y/a.png", True),
        ("x/**/y/**/*.png", "x/y/a.png", True),
        ("**/.hidden", "x/.hidden", True),
        ("**", ".hidden", False),
        ("[ab]?.png", "a1.png", True),
        ("**/" * 40 + "x", "/".join("a" * 60), False),
        ("*a" * 30 + "b", "a" * 200, False),
    ],
)
def test_patterns_mean_what_people_expect(pattern: str, path: str, fits: bool) -> None:
    assert globs.matches(pattern, path) is fits
