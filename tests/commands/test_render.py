"""`a2c-spec render`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import Command

RECIPE = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
vars: {size: {type: integer, default: 64}}
inputs: [{id: cover, path: src/cover.png, decrypt_password: {secret: "env:NOT_SET"}}]
conversions: [{id: webp, category: image, target: webp, options: {width: "${{ vars.size * 2 }}"}}]
"""


def widths(trees: list[Any]) -> list[int]:
    return [tree["conversions"][0]["options"]["width"] for tree in trees]


def test_templates_are_filled_in_and_secrets_stay_references(project: Path, a2c: Command) -> None:
    (project / "one.yaml").write_text(RECIPE)
    ran = a2c("render", "one.yaml")
    trees = list(yaml.safe_load_all(ran.out))
    assert widths(trees) == [128]
    assert trees[0]["inputs"][0]["decrypt_password"] == {"secret": "env:NOT_SET"}
    assert "vars" not in trees[0]
    assert json.loads(a2c("render", "one.yaml", "--json").out) == trees
    assert widths(json.loads(a2c("render", "one.yaml", "--json", "--var", "size=5").out)) == [10]


def test_what_is_rendered_plans_the_same(project: Path, a2c: Command) -> None:
    (project / "one.yaml").write_text(RECIPE.replace(', decrypt_password: {secret: "env:NOT_SET"}', ""))
    before = a2c("plan", "one.yaml", "--local", "--json").out
    (project / "one.yaml").write_text(a2c("render", "one.yaml").out)
    assert a2c("plan", "one.yaml", "--local", "--json").out == before


def test_only_what_is_selected_is_rendered(two: Path, a2c: Command) -> None:
    trees = json.loads(a2c("render", "two.yaml", "--exclude", "one", "--json").out)
    assert (two.is_dir(), [tree["name"] for tree in trees]) == (True, ["two"])
