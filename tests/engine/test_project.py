"""The project a command works on: where it is, which manifests are meant, what is wrong with them, its secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.desired import Job, Secret
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.engine.flags import Flags, absolute
from a2c_spec.engine.project import Reading, load_all, manifest_paths, open_project, reading, secret_fingerprints
from a2c_spec.errors import InvalidError, SpecError, UsageError
from tests.engine.projects import project_in

HEAD = "apiVersion: a2c-spec/v1\nkind: Job\n"
REST = "inputs: [{id: a, type: remote, source: 'https://x.test/a.png'}]\nconversions: [{id: webp, target: webp}]\n"


def manifest(name: str, folder: str = "dist/") -> str:
    return f"{HEAD}name: {name}\n{REST}outputs: [{{from: webp, filename: x, save: {folder}}}]\n"


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
    assert stream.found == [odd, odd]
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


def fingerprints(root: Path, **environ: str) -> Any:
    return secret_fingerprints(project_in(root, environ))


def test_a_secret_is_known_by_its_reference_and_a_keyed_digest(tmp_path: Path) -> None:
    one = fingerprints(tmp_path, WORD="a")
    mark = one(Secret("env:WORD"))
    reference, _, digest = mark.partition("#")
    assert (reference, bool(digest)) == ("env:WORD", True)
    assert fingerprints(tmp_path, WORD="a")(Secret("env:WORD")) == mark
    assert fingerprints(tmp_path, WORD="b")(Secret("env:WORD")) != mark
    assert one("a") == f"literal#{digest}"


def test_the_key_lies_outside_and_another_key_gives_another_digest(tmp_path: Path) -> None:
    first = fingerprints(tmp_path, WORD="a")(Secret("env:WORD"))
    assert (tmp_path / "data/a2c-spec/hmac.key").is_file()
    assert fingerprints(tmp_path, WORD="a", XDG_DATA_HOME=str(tmp_path / "other"))(Secret("env:WORD")) != first


def test_a_secret_out_of_reach_is_known_by_its_reference_alone(tmp_path: Path) -> None:
    assert fingerprints(tmp_path)(Secret("env:WORD")) == "env:WORD"
    with pytest.raises(SpecError):
        project_in(tmp_path).reveal(Secret("env:WORD"))
    assert project_in(tmp_path, {"WORD": "a"}).reveal(Secret("env:WORD")) == "a"


def test_a_command_is_run_only_if_that_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        project_in(tmp_path).reveal(Secret("cmd:echo word"))
    assert project_in(tmp_path, {"PATH": "/usr/bin:/bin"}, allow_cmd=True).reveal(Secret("cmd:echo word")) == "word"


def test_each_secret_is_looked_up_once(tmp_path: Path) -> None:
    environ = {"WORD": "a"}
    one = secret_fingerprints(project_in(tmp_path, environ))
    first = one(Secret("env:WORD"))
    one.known["env:WORD"] = "env:WORD#before"
    assert one(Secret("env:WORD")) == "env:WORD#before" != first


def test_the_key_lies_in_the_home_folder_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    fingerprints(tmp_path, XDG_DATA_HOME="")
    assert (tmp_path / "home/.local/share/a2c-spec/hmac.key").is_file()
