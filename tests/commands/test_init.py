"""`a2c-spec init`, tried as a user would."""

from __future__ import annotations

from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a2c.yml", "hello/a2c.yml: error: this file is not read, only a file of the name a2c.yaml is"),
        ("A2C.yaml", "hello/A2C.yaml: error: this file is not read, only a file of the name a2c.yaml is"),
        ("a2c.yaml/x", "hello/a2c.yaml: error: the settings cannot be read: this is a folder"),
    ],
)
def test_settings_under_another_name_are_told_and_nothing_is_written(
    name: str, said: str, project: Path, a2c: Command
) -> None:
    there = project / "hello" / name
    there.parent.mkdir(parents=True)
    there.write_text("budget: {per_run: 1}\n")
    before = sorted((project / "hello").rglob("*"))
    ran = a2c("init", "hello")
    assert (ran.code, said in ran.err, sorted((project / "hello").rglob("*"))) == (5, True, before), ran.err


@pytest.mark.parametrize(("name", "code"), [("recipe.yaml", 2), ("a2c.yaml", 5), ("hello.txt", 0)])
def test_nothing_is_written_through_a_link_to_nothing(name: str, code: int, project: Path, a2c: Command) -> None:
    (project / "hello").mkdir()
    (project / "hello" / name).symlink_to(project / "elsewhere")
    assert a2c("init", "hello").code == code
    assert not (project / "elsewhere").exists()
