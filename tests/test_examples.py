"""Every example validates, applies on the local API, and needs nothing the second time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import EXAMPLES, Command

RECIPES = sorted(path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*.yaml") if "vars" not in path.parts)


@pytest.fixture
def examples(project: Path) -> Path:
    shutil.copytree(EXAMPLES, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("dist", ".a2c"))
    return project


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_an_example_applies_once_and_then_is_done(recipe: Path, examples: Path, a2c: Command) -> None:
    assert a2c("validate", str(recipe)).code == 0
    first = a2c("apply", str(recipe), "--local")
    assert first.code == 0, first.err
    second = a2c("apply", str(recipe), "--local", "--json")
    assert second.code == 0, second.err
    plan, summary = json.loads(second.out.splitlines()[0]), json.loads(second.out.splitlines()[-1])
    assert plan["noop"]
    assert plan["totals"]["requests"] == 0
    assert set(summary["requests"]) <= {"GET"}
    finished = all(job["phase"] == "done" for job in summary["jobs"])
    assert not (finished and summary["requests"]), "a finished job needs no call at all"
