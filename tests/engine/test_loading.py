"""The manifests of a project: which are meant, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.core.desired import Job
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.engine.loading import Reading, load_all, manifest_paths, reading
from a2c_spec.errors import InvalidError, UsageError
from tests.engine.projects import project_in

HEAD = "apiVersion: a2c-spec/v1\nkind: Job\n"
REST = "inputs: [{id: a, type: remote, source: 'https://x.test/a.png'}]\nconversions: [{id: webp, target: webp}]\n"


def manifest(name: str, folder: str = "dist/") -> str:
    return f"{HEAD}name: {name}\n{REST}outputs: [{{from: webp, filename: x, save: {folder}}}]\n"


def test_without_a_name_the_manifests_of_the_project_are_meant(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no manifest found below"):
        manifest_paths(project_in(tmp_path))
    (tmp_path / "a.yaml").write_text(manifest("a"))
    assert manifest_paths(project_in(tmp_path)) == (["a.yaml"], [])


def test_a_manifest_named_and_missing_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="1 problem in"):
        load_all(project_in(tmp_path, manifests=("nope.yaml",)))


def test_everything_valid_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(manifest("a"))
    loaded = load_all(project_in(tmp_path))
    assert [one.address for one in loaded.jobs] == ["a"]
    assert (loaded.presets, loaded.warnings) == ((), ())


def problems(root: Path, **texts: str) -> list[str]:
    for name, text in texts.items():
        (root / f"{name}.yaml").write_text(text)
    with pytest.raises(InvalidError) as error:
        load_all(project_in(root))
    count = len(error.value.diagnostics)
    assert error.value.message == f"{count} problem{'s' if count > 1 else ''} in the manifests"
    return [f"{one.position.file}: {one.message}" for one in error.value.diagnostics]


def test_two_jobs_that_would_write_one_path_are_a_problem(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, a=manifest("a"), b=manifest("b"))
    assert found == "b.yaml: b and a would both write dist/x.webp; a is defined at " + found.rpartition(" at ")[2]


def test_problems_between_manifests_are_told_only_once_each_is_right(tmp_path: Path) -> None:
    found = problems(tmp_path, a=manifest("a"), b=manifest("b"), c=manifest("c").replace("target", "targt"))
    assert found
    assert all(one.startswith("c.yaml") for one in found)


def test_warnings_stop_nothing(tmp_path: Path) -> None:
    odd = Diagnostic(Position("a.yaml", 1, 1), "odd", severity="warning")
    stream = Reading(project_in(tmp_path), [], [odd])
    stream.checked([])
    stream.checked([odd])
    assert stream.found == [odd]
    with pytest.raises(InvalidError, match="1 problem in"):
        stream.checked([Diagnostic(Position(), "wrong")])


def test_files_are_named_from_the_current_folder(tmp_path: Path) -> None:
    stream = Reading(project_in(tmp_path), [], [])
    with pytest.raises(InvalidError) as error:
        stream.checked(
            [Diagnostic(Position(str(tmp_path / "sub/a.yaml"), 1, 1), "wrong"), Diagnostic(Position("b"), "x")]
        )
    assert [one.position.file for one in error.value.diagnostics] == ["sub/a.yaml", "b"]


def test_manifests_are_read_anew_each_time(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(manifest("a"))
    stream = reading(project_in(tmp_path))
    assert [one.address for one in stream.items()] == ["a"]
    (tmp_path / "a.yaml").write_text(manifest("b"))
    assert [one.address for one in stream.items() if isinstance(one, Job)] == ["b"]
