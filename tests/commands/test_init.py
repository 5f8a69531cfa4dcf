"""`a2c-spec init`, tried as a user would."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Command


def test_a_first_recipe_can_be_applied_and_nothing_is_overwritten(project: Path, a2c: Command) -> None:
    (project / "hello").mkdir()
    (project / "hello/.gitignore").write_text("dist/\n")
    (project / "hello/hello.txt").write_text("mine")
    assert "a2c-spec apply hello/recipe.yaml --local" in a2c("init", "hello").out
    assert (project / "hello/.gitignore").read_text() == "dist/\n.a2c/\n"
    assert (project / "hello/hello.txt").read_text() == "mine"
    assert a2c("apply", "-C", "hello", "--local").code == 0
    assert (project / "hello/dist/hello.zip").exists()
    again = a2c("init", "hello")
    assert (again.code, "recipe.yaml exists already" in again.err) == (2, True)
