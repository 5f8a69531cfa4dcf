"""What looks like the settings of a project, and is not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from a2c_spec.manifests.discover import find_root, project_within
from a2c_spec.manifests.settings_file import SETTINGS_FILE, not_read, settings_in

LOOK_ALIKES = [
    "a2c.yml",
    "a2c.yaml.txt",
    "A2C.yml.txt",
    "A2C.yaml",
    "a2c.YAML",
    "A2c.Yml",
    ".a2c.yaml",
    "a2c.yaml ",
    "\uff41\uff12c.yaml",
    "a2\u200bc.yml",
]


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_misnamed_file_is_the_root_of_a_project_and_refused(tmp_path: Path, name: str) -> None:
    sub = tmp_path.resolve() / "sub"
    (sub / "in").mkdir(parents=True)
    (sub / name).write_text("budget: {per_run: 0}\n")
    (found,) = not_read(sub, SETTINGS_FILE)
    assert (found.position.file, found.hint) == (str(sub / name), "rename it to a2c.yaml")
    assert found.message == "this file is not read, only a file of the name a2c.yaml is"
    assert find_root([], sub / "in") == sub
    assert project_within(sub / "in", tmp_path.resolve(), lambda _: False) == (sub, name)
    (sub / SETTINGS_FILE).touch()
    (found,) = not_read(sub, SETTINGS_FILE)
    assert found.message == "this file is not read, only a2c.yaml beside it is"
    assert found.hint == "move what it says to a2c.yaml, and remove it"


@pytest.mark.parametrize("name", ["a2c.json", "a2c.yaml.bak", "aa2c.yaml", "a2c.catalog.json", "a2c"])
def test_other_names_mean_other_things(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x: 1\n")
    assert (settings_in(tmp_path), list(not_read(tmp_path, SETTINGS_FILE))) == ([], [])


def test_a_manifest_or_a_folder_of_that_name_is_no_misnamed_file(tmp_path: Path) -> None:
    (tmp_path / "a2c.yml").write_text("# one\napiVersion: a2c-spec/v1\n")
    (tmp_path / "A2C.yaml").mkdir()
    assert settings_in(tmp_path) == []


def test_what_is_no_file_is_told_instead_of_passed_over(tmp_path: Path) -> None:
    file, said = tmp_path / SETTINGS_FILE, "the settings cannot be read: this"
    file.symlink_to("gone/x.yaml")
    (link,) = not_read(tmp_path, SETTINGS_FILE)
    assert link.message == f"{said} link leads to gone/x.yaml, which is not a file"
    file.unlink()
    file.mkdir()
    assert [one.message for one in not_read(tmp_path, SETTINGS_FILE)] == [f"{said} is a folder"]
    file.rmdir()
    os.mkfifo(file)
    assert [one.message for one in not_read(tmp_path, SETTINGS_FILE)] == [f"{said} is not a file"]
    assert list(not_read(tmp_path / "none", SETTINGS_FILE)) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_in_a_folder_that_cannot_be_listed_the_usual_names_are_looked_for(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "a2c.yml").write_text("x: 1\n")
    folder.chmod(0o100)
    assert settings_in(folder) == ["a2c.yml"]
    folder.chmod(0o700)
