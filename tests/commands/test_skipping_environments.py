"""A result that is left out because another environment has a file there: the plan names that environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Command


@pytest.mark.parametrize("policy", ["skip", "error", "rename", "overwrite"])
def test_whatever_on_conflict_says_the_other_environment_is_named(policy: str, two: Path, a2c: Command) -> None:
    (two / "a2c.yaml").write_text("environments: {pr: {}}\n")
    assert a2c("apply", "two.yaml", "--local", "--env", "pr", "-q").code == 0
    shown = a2c("plan", "two.yaml", "--local", "--on-conflict", policy)
    assert "cannot be written, because it is a result of one in environment pr" in shown.out, shown.out
