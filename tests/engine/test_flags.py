"""Shared flags as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.engine.flags import Flags, absolute


def test_arguments_and_file_flags_name_manifests_alike() -> None:
    assert Flags(manifests=("a.yaml", "b"), file=("c.yaml",)).paths == ("a.yaml", "b", "c.yaml")


@pytest.mark.parametrize("flags", [Flags(as_json=True), Flags(verbose=True), Flags(explain=True)])
def test_all_of_each_change_is_kept_where_all_of_it_is_shown(flags: Flags) -> None:
    assert flags.detailed


def test_a_plain_plan_needs_no_details() -> None:
    assert not Flags(quiet=True, no_color=True, offline=True, local=True, outputs="out.json").detailed


def test_a_setting_is_called_as_it_was_given() -> None:
    given = {"timeout": "a2c.yaml:1:12", "max_credits": "A2C_SPEC_MAX_CREDITS"}
    named = [Flags(given=given).named(name) for name in ("timeout", "max_credits", "max_replace")]
    assert named == ["timeout (a2c.yaml:1:12)", "A2C_SPEC_MAX_CREDITS", "--max-replace"]


def test_a_path_counts_from_the_folder_that_the_command_runs_in() -> None:
    cwd = Path("/work/project")
    assert absolute("out/a.json", cwd) == Path("/work/project/out/a.json")
    assert absolute("/tmp/a.json", cwd) == Path("/tmp/a.json")
    assert absolute("a.json", Path("relative")).is_absolute()
