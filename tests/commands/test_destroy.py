"""`a2c-spec destroy`, tried as a user would."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Command


def test_destroy_needs_a_confirmation_and_leaves_nothing_behind(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("destroy", "one", "--local").code == 11
    assert a2c("destroy", "--all", "--local", "-y", "--files").code == 0
    assert not (two / "dist").exists()
    assert "nothing is recorded" in a2c("state", "list", "--local").out
