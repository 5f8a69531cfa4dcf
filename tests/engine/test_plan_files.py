"""What a saved plan may name: files of the project, and what the run names, too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.engine.flags import Flags
from a2c_spec.engine.plan_files import check_files, files_of
from a2c_spec.engine.saved_plan import SavedPlan
from a2c_spec.engine.selection import Selection
from a2c_spec.errors import StalePlan

PLAN = SavedPlan("12345678", "local", {}, Selection(), {}, {})


@pytest.fixture
def inner(tmp_path: Path) -> Path:
    """A project beside another folder, with links out of it."""
    root = tmp_path / "inner"
    for folder in ("vars", ".git", "jobs"):
        (root / folder).mkdir(parents=True)
    for file in ("a2c.yaml", "vars/x.yaml", ".env", "jobs/a.yaml", "../other.yaml"):
        (root / file).write_text("")
    (root / "vars/out.yaml").symlink_to(tmp_path / "other.yaml")
    (root / "vars/env.yaml").symlink_to("../.env")
    (root / "away").symlink_to(tmp_path)
    return root


@pytest.mark.parametrize("field", ["manifests", "file", "var_file"])
@pytest.mark.parametrize(
    "name",
    [
        "../other.yaml", "/etc/passwd", "/dev/stdin", "vars/out.yaml", "away/other.yaml", "away/*.yaml", "../*.yaml",
        ".env", "vars/env.yaml", ".git/config", ".GIT/config", ".a2c/state.db", "/", "..", "a\0b",
    ],
)  # fmt: skip  # a table
def test_nothing_else_is_named_by_a_plan(field: str, name: str, inner: Path) -> None:
    plan = replace(PLAN, made_with={field: ["vars/x.yaml", name]})
    with pytest.raises(StalePlan) as error:
        check_files(plan, Flags(), inner)
    assert name in error.value.message
    assert ("repeat --var-file" in error.value.hint) is (field == "var_file")


MAY: list[dict[str, Any]] = [
    {},
    {"manifests": ["jobs", "jobs/a.yaml", "jobs/*.yaml", ".", "./new.yaml"]},
    {"file": ["jobs/a.yaml"], "var_file": ["vars/x.yaml"], "env": "prod"},
]


@pytest.mark.parametrize("made", MAY)
def test_files_of_the_project_are_named_by_a_plan(made: dict[str, Any], inner: Path) -> None:
    check_files(replace(PLAN, made_with=made), Flags(), inner)
    whole = {key: [str(inner / name) for name in names] for key, names in made.items() if key != "env"}
    check_files(replace(PLAN, made_with=whole), Flags(), inner / "jobs")


@pytest.mark.parametrize("source", ["--var-file", "A2C_SPEC_VAR_FILE"])
def test_what_the_run_names_decides(source: str, inner: Path) -> None:
    run = Flags(var_file=("../other.yaml",), given={"var_file": source})
    check_files(replace(PLAN, made_with={"var_file": [str(inner.parent / "other.yaml")]}), run, inner)
    for names in ([], ["vars/x.yaml"], ["../other.yaml", "vars/x.yaml"]):
        with pytest.raises(StalePlan, match="made with other variables") as error:
            check_files(replace(PLAN, made_with={"var_file": names}), run, inner)
        assert source in error.value.message


@pytest.mark.parametrize("env", ["../x", "a/b", ".", ".."])
def test_an_environment_is_no_path(env: str, inner: Path) -> None:
    with pytest.raises(StalePlan, match="cannot be one"):
        check_files(replace(PLAN, made_with={"env": env}), Flags(), inner)


def test_all_that_it_reads_is_told() -> None:
    made = {"manifests": ["a"], "file": ["b"], "var_file": ["c"], "env": "d", "var": ["e=f"]}
    assert list(files_of(replace(PLAN, made_with=made))) == ["a", "b", "c"]
