"""The project a command works on: where it is, its settings, its secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.engine.flags import Flags, absolute
from a2c_spec.engine.project import open_project
from a2c_spec.errors import UsageError
from tests.engine.projects import project_in


def test_a_project_is_opened_where_chdir_says(tmp_path: Path) -> None:
    (tmp_path / "a2c.yaml").write_text("")
    (tmp_path / "sub").mkdir()
    project = open_project(Flags(chdir=str(tmp_path / "sub")))
    assert (project.cwd, project.root, project.home) == (tmp_path / "sub", tmp_path, tmp_path / ".a2c")
    with pytest.raises(UsageError, match="no such folder"):
        open_project(Flags(chdir=str(tmp_path / "nowhere")))


def test_variables_are_pairs(tmp_path: Path) -> None:
    assert project_in(tmp_path, var=("a=1", "b==", "c=")).settings().vars == (("a", "1"), ("b", "="), ("c", ""))


@pytest.mark.parametrize("text", ["a", "=1", ""])
def test_what_is_no_pair_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected NAME=VALUE"):
        project_in(tmp_path, var=(text,)).settings()


def test_a_path_of_the_command_line_counts_from_the_current_folder() -> None:
    assert absolute("a/b", Path("/work")) == Path("/work/a/b")
    assert absolute("/a", Path("/work")) == Path("/a")
