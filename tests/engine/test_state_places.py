"""One state for the same manifests, wherever one stands; two states are named and not chosen between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.core.events import Event
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.loading import manifest_paths
from a2c_spec.engine.project import Project, open_project
from a2c_spec.engine.runtime import Runtime
from a2c_spec.engine.session import open_state
from a2c_spec.engine.state_places import has_state
from a2c_spec.errors import UsageError
from a2c_spec.state.sqlite import SqliteStore
from tests.conftest import Command

MANIFEST = """\
apiVersion: a2c-spec/v1
kind: Job
name: {}
inputs: [{{id: i, type: remote, source: 'https://x.test/a.png'}}]
conversions: [{{id: h, category: hash, target: sha256}}]
outputs: [{{from: h, save: ''}}]
"""


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A folder with two others, sub and other, in each a manifest."""
    for name in ("sub", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.yaml").write_text(MANIFEST.format(name))
    return tmp_path


def recorded(folder: Path, file: str = ".a2c/state.db") -> None:
    """Something was applied in a folder."""
    store = SqliteStore(folder / file, "local")
    asyncio.run(store.put(JobRecord("job", "local", "done", "j")))
    store.close()


def opened(cwd: Path, *manifests: str, **flags: str) -> Project:
    return open_project(Flags(manifests, chdir=str(cwd), local=True, **flags), Runtime(environ={}))  # type: ignore[arg-type]


def said(cwd: Path, *manifests: str) -> tuple[list[str], list[str]]:
    """What a command hears, and what it is refused with, when it opens the state."""
    heard: list[Event] = []
    try:
        with open_state(replace(opened(cwd, *manifests), tell=heard.append)):
            return [event.text for event in heard], []
    except UsageError as error:
        return [event.text for event in heard], [error.message, error.hint or ""]


def test_only_a_state_with_records_counts(top: Path) -> None:
    assert not has_state(top)
    with open_state(opened(top, "sub/sub.yaml")):
        assert not has_state(top)
    recorded(top)
    assert has_state(top)


def test_every_place_of_a_state_counts(top: Path) -> None:
    recorded(top / "sub", ".a2c/env/staging/state.db")
    assert has_state(top / "sub")
    recorded(top / "other", "data/x.db")
    assert not has_state(top / "other")
    with open_state(opened(top / "other", state="data/x.db")):
        assert has_state(top / "other")


def test_a_damaged_state_counts(top: Path) -> None:
    (top / ".a2c").mkdir()
    (top / ".a2c/state.db").write_text("no database, but long enough to be taken for one" * 100)
    assert has_state(top)


@pytest.mark.parametrize("first", ["sub", "."])
@pytest.mark.parametrize(
    ("cwd", "manifests"), [("sub", []), ("sub", ["sub.yaml"]), (".", ["sub/sub.yaml"]), ("other", ["../sub/sub.yaml"])]
)
def test_what_was_applied_is_found_wherever_one_stands(top: Path, first: str, cwd: str, manifests: list[str]) -> None:
    recorded(top / first)
    assert opened(top / cwd, *manifests).root == top / first
    assert said(top / cwd, *manifests) == ([], [])


def test_before_anything_is_applied_the_manifests_decide_unless_they_are_below(top: Path) -> None:
    assert opened(top, "sub/sub.yaml").root == top
    assert opened(top, "sub/sub.yaml", "other/other.yaml").root == top
    assert opened(top / "other", "../sub/sub.yaml").root == top / "sub"
    assert opened(top / "other", "../sub/sub.yaml", "other.yaml").root == top


def test_the_repository_is_where_the_search_for_a_state_ends(top: Path) -> None:
    recorded(top)
    (top / "sub/.git").mkdir()
    assert opened(top / "sub").root == top / "sub"
    assert opened(top / "other").root == top


@pytest.mark.parametrize("manifests", [[], ["."], ["sub/sub.yaml", "other/other.yaml"]])
def test_a_second_state_is_not_begun_above_one(top: Path, manifests: list[str]) -> None:
    recorded(top / "sub")
    paths, problems = manifest_paths(opened(top, *manifests))
    assert [Path(path).name for path in paths] == ["other.yaml"]
    assert [one.message for one in problems] == [
        "sub/.a2c has a state, and so has, or would have, the project that it is in, ./.a2c"
    ]
    assert "an empty sub/a2c.yaml makes sub a project of its own" in (problems[0].hint or "")


def test_a_link_to_a_manifest_belongs_where_the_manifest_does(top: Path) -> None:
    recorded(top / "sub")
    (top / "link.yaml").symlink_to("sub/sub.yaml")
    (top / "a2c.yaml").write_text("")
    paths, problems = manifest_paths(opened(top, "link.yaml"))
    assert (paths, [one.position.file for one in problems]) == ([], ["link.yaml"])


def test_settings_above_a_state_are_not_passed_over(top: Path) -> None:
    recorded(top / "sub")
    (top / "a2c.yaml").write_text("")
    assert opened(top / "sub").root == top
    assert [one.message for one in manifest_paths(opened(top / "sub", "sub.yaml"))[1]] == [
        "./.a2c has a state, and so has, or would have, the project that it is in, ../.a2c"
    ]
    _, refused = said(top / "sub")
    assert refused[0] == "./.a2c has a state, and so has, or would have, the project that it is in, ../.a2c"
    (top / "sub/a2c.yaml").write_text("")
    assert said(top / "sub") == ([], [])


def test_a_state_is_not_begun_elsewhere_while_the_current_folder_has_one(top: Path) -> None:
    recorded(top / "other")
    _, refused = said(top / "other", "../sub/sub.yaml")
    assert refused == [
        "the manifests belong to the project in ../sub, where nothing is recorded, and the current folder has a state "
        "of its own, .a2c",
        "`-C ../sub` begins a state there; to go on with this one, name manifests of this folder",
    ]
    recorded(top / "sub")
    assert said(top / "other", "../sub/sub.yaml") == ([], [])


def test_a_command_without_manifests_tells_of_states_below(top: Path) -> None:
    recorded(top / "sub")
    assert said(top) == (["nothing is recorded in .; there is a state in sub (`-C FOLDER`)"], [])
    assert said(top, "other/other.yaml") == ([], [])
    recorded(top)
    assert said(top) == ([], [])


@pytest.mark.parametrize("sign", ["a2c.yaml", ".git"])
def test_a_project_within_the_project_is_left_out_unless_it_is_named(top: Path, sign: str) -> None:
    (top / "sub" / sign).touch()
    for given in ([], ["."], ["*/*.yaml"]):
        assert manifest_paths(opened(top, *given)) == (["other/other.yaml"], [])
    paths, problems = manifest_paths(opened(top, "other/other.yaml", "./sub/sub.yaml"))
    expected = Diagnostic(
        problems[0].position,
        f"belongs to the project in sub ({sign}), others to that in .",
        "apply one project after the other",
    )
    assert (paths, problems) == (["other/other.yaml"], [expected])
    (top / "other/other.yaml").unlink()
    with pytest.raises(UsageError, match=r"no manifest found below .*; a project of its own: sub \(`-C FOLDER`\)"):
        manifest_paths(opened(top))


def test_what_stays_on_the_service_is_not_paid_again_from_another_folder(project: Path, a2c: Command) -> None:
    (project / "a2c.yaml").unlink()
    (project / "sub").mkdir()
    (project / "sub/a.txt").write_text("A")
    (project / "sub/c.yaml").write_text(
        MANIFEST.format("c").replace("type: remote, source: 'https://x.test/a.png'", "path: a.txt")
    )
    assert a2c("apply", "-C", "sub", "--local", "--no-cache").code == 0
    again = a2c("apply", "sub/c.yaml", "--local", "--no-cache")
    assert (again.code, again.err.splitlines()[-1:], again.out.splitlines()[-1:]) == (
        0,
        [],
        ["Nothing to do."],
    )
    assert not (project / ".a2c").exists()
