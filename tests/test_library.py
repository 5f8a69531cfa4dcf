"""The package from Python: nothing is printed, nothing exits, results are values."""

from __future__ import annotations

from pathlib import Path

import pytest

import a2c_spec
from a2c_spec.errors import LimitRefused

RECIPE = """apiVersion: a2c-spec/v1
kind: Job
name: small
inputs: [{id: cover, path: src/cover.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 8}}]
outputs: [{from: webp, filename: small, save: dist/}]
"""


@pytest.fixture
def recipe(project: Path) -> Path:
    (project / "small.yaml").write_text(RECIPE)
    return project


def test_a_recipe_is_applied_and_then_has_nothing_to_do(recipe: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert a2c_spec.validate("small.yaml") == ()
    assert [change.action for change in a2c_spec.plan(local=True).changes] == ["create"]
    result = a2c_spec.apply(local=True)
    assert (result.error, result.errors, result.tally.applied) == (None, (), 1)
    ((change, record),) = result.rows
    assert record is not None
    assert (change.address, [file.path for file in record.files]) == ("small", ["dist/small.webp"])
    assert (recipe / "dist/small.webp").exists()
    assert a2c_spec.plan("small.yaml", local=True).empty
    assert a2c_spec.plan("small.yaml", local=True, offline=True).empty
    assert capfd.readouterr() == ("", "")


def test_what_is_wrong_is_told_with_its_place(recipe: Path) -> None:
    (recipe / "small.yaml").write_text(RECIPE.replace("target", "targt"))
    assert [problem.position.line for problem in a2c_spec.validate()] == [5, 5]


def test_what_was_paid_for_runs_again_only_if_that_is_allowed(recipe: Path) -> None:
    a2c_spec.apply(local=True)
    (recipe / "small.yaml").write_text(RECIPE.replace("width: 8", "width: 9"))
    with pytest.raises(LimitRefused):
        a2c_spec.apply(local=True)
    assert a2c_spec.apply(local=True, yes=True).error is None
