"""What we keep is for its owner alone, whatever was there before, and links in its place are refused."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from a2c_spec.engine import session as opening
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.private_files import keep_private
from a2c_spec.engine.project import Project, open_project
from a2c_spec.engine.runtime import Runtime
from a2c_spec.engine.state_places import has_state
from a2c_spec.errors import UsageError
from a2c_spec.own_databases import BESIDE
from tests.conftest import Command
from tests.engine.projects import session_in

ONE = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{id: i, path: src/cover.png}]
conversions: [{id: c, category: hash, target: md5}]
outputs: [{from: c, save: dist/}]
"""
CUSTOM = "state: kept/state.db\nenvironments: {live: {}}\n"
OURS = (".a2c", "kept")


@pytest.fixture(params=["", "live"], ids=["plain", "environment"])
def env(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param:
        monkeypatch.setenv("A2C_SPEC_ENV", request.param)
    return str(request.param)


@pytest.fixture(params=["", CUSTOM], ids=["usual state", "another state"])
def one(project: Path, request: pytest.FixtureRequest) -> Path:
    (project / "a2c.yaml").write_text(request.param or "environments: {live: {}}\n")
    (project / "one.yaml").write_text(ONE)
    return project


@pytest.fixture(params=[0o022, 0o000, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def open_to_others(project: Path) -> set[str]:
    paths = [path for name in OURS for path in ((project / name), *(project / name).rglob("*"))]
    return {path.relative_to(project).as_posix() for path in paths if path.exists() and path.stat().st_mode & 0o077}


@pytest.mark.usefixtures("umask", "env")
def test_others_see_nothing_of_it(one: Path, a2c: Command) -> None:
    assert a2c("apply", "--local").code == 0
    assert {path for path in open_to_others(one) if not path.endswith(".gitignore")} == set()


@pytest.mark.usefixtures("env")
def test_what_was_open_before_is_closed_by_the_next_command(one: Path, a2c: Command) -> None:
    assert a2c("apply", "--local").code == 0
    for name in OURS:
        for path in [one / name, *(one / name).rglob("*")]:
            path.exists() and path.chmod(0o755 if path.is_dir() else 0o644)  # type: ignore[func-returns-value]
    assert a2c("status", "--local").code == 0
    below = {
        path for path in open_to_others(one) if {"files", "runners", "entries"} & set(path.split("/"))
    }  # closed doors
    assert open_to_others(one) - below - {"kept", "kept/.gitignore", "kept/env", "kept/env/live"} == set()


def test_a_folder_of_the_user_in_which_the_state_is_stays_as_it_is(project: Path, a2c: Command) -> None:
    (project / "a2c.yaml").write_text("state: kept/state.db\n")
    (project / "one.yaml").write_text(ONE)
    (project / "kept").mkdir(mode=0o755)
    (project / "kept").chmod(0o755)
    (project / "kept/other").write_text("x")
    (project / "kept/other").chmod(0o644)
    assert a2c("apply", "--local").code == 0
    assert [(project / name).stat().st_mode & 0o777 for name in ("kept", "kept/other", "kept/state.db")] == [
        *(0o755, 0o644, 0o600)
    ]


LINKS = (
    ".a2c", ".a2c/state.db", ".a2c/state.db-wal", ".a2c/state.lock", ".a2c/digests.db", ".a2c/outputs.json",
    ".a2c/.outputs.json.draft", ".a2c/.gitignore", ".a2c/spending.db", ".a2c/local", ".a2c/local/store.db",
    ".a2c/local/files", ".a2c/local/runners", ".a2c/cache", ".a2c/env", ".a2c/state.path", ".a2c/anything",
    ".a2c/local/files/job", ".a2c/local/runners/r.lock", ".a2c/cache/entries", ".a2c/cache/entries/ab",
    ".a2c/cache/files", ".a2c/cache/files/ab",
)  # fmt: skip
COMMANDS = (["apply"], ["plan"], ["status"], ["verify"], ["destroy", "one"], ["cache", "list"], ["doctor"])


@pytest.mark.parametrize("there", ["nothing", "file", "folder"])
@pytest.mark.parametrize("link", LINKS)
def test_a_link_in_the_place_of_anything_of_ours_is_refused_and_not_followed(
    project: Path, tmp_path: Path, a2c: Command, link: str, there: str
) -> None:
    (project / "one.yaml").write_text(ONE)
    target = tmp_path / "victim"
    if there == "folder":
        target.mkdir(mode=0o755)
    elif there == "file":
        target.write_text("mine")
    (project / link).parent.mkdir(parents=True, exist_ok=True)
    (project / link).symlink_to(target)
    for command in COMMANDS:
        ran = a2c(*command, "--local") if command[0] != "cache" else a2c(*command)
        said = f"{ran.out}{ran.err}"
        assert (ran.code, f"{link} is a link" in said) == (1 if command == ["doctor"] else 2, True), said
        assert "Traceback" not in said
    assert list(target.iterdir()) == [] if there == "folder" else target.exists() == (there == "file")
    if there == "file":
        assert target.read_text() == "mine"


@pytest.mark.parametrize("link", ["kept/cache", "kept/cache/entries", "kept/cache/files/ab"])
def test_so_is_one_in_a_cache_elsewhere_in_the_project(project: Path, tmp_path: Path, a2c: Command, link: str) -> None:
    (project / "one.yaml").write_text(ONE)
    (project / "a2c.yaml").write_text("cache: kept/cache\n")
    (project / link).parent.mkdir(parents=True)
    (tmp_path / "victim").mkdir()
    (project / link).symlink_to(tmp_path / "victim")
    ran = a2c("apply", "--local")
    assert (ran.code in (2, 5), "link" in ran.err or "outside the project" in ran.err) == (True, True), ran.err
    assert list((tmp_path / "victim").iterdir()) == []


DATABASES = ("state.db", "digests.db", "spending.db", "local/store.db")
PIPES = [*(f".a2c/{name}{end}" for name in DATABASES for end in BESIDE),
         ".a2c/state.lock", ".a2c/outputs.json", ".a2c/.gitignore", ".a2c/states", ".a2c/hmac.key", ".a2c/local/files",
         ".a2c/local/runners", ".a2c/anything"]  # fmt: skip  # a table


@pytest.mark.parametrize("pipe", PIPES)
def test_a_pipe_in_the_place_of_anything_of_ours_is_refused_and_nobody_waits(
    project: Path, a2c: Command, pipe: str
) -> None:
    (project / "one.yaml").write_text(ONE)
    (project / pipe).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(project / pipe)
    for command in (*COMMANDS, ["validate"]):
        ran = a2c(*command, *([] if command[0] in ("cache", "validate") else ["--local"]))
        said = f"{ran.out}{ran.err}"
        code = {"doctor": 1, "validate": 0}.get(command[0], 2)
        assert (ran.code, code == 0 or f"{pipe} is neither a file nor a folder" in said) == (code, True), said


OF_THE_STATE = ("kept", "kept/state.db")


@pytest.mark.parametrize("link", [*OF_THE_STATE, "kept/state.lock", "kept/spending.db"])
def test_so_is_one_in_the_place_of_a_state_elsewhere(project: Path, tmp_path: Path, a2c: Command, link: str) -> None:
    (project / "one.yaml").write_text(ONE)
    (project / "a2c.yaml").write_text("state: kept/state.db\n")
    refused, told = (2, f"{link} is a link"), (5, "outside the project")
    for victim, (code, said) in ((tmp_path, told if link in OF_THE_STATE else refused), (project, refused)):
        (victim / "victim").mkdir() if link == "kept" else (victim / "victim").touch()
        (project / link).parent.mkdir(exist_ok=True)
        (project / link).unlink(missing_ok=True)
        (project / link).symlink_to(victim / "victim")
        ran = a2c("apply", "--local")
        assert (ran.code, said in ran.err) == (code, True), ran.err
        assert list((victim / "victim").iterdir()) == [] if link == "kept" else not (victim / "victim").read_bytes()


def test_a_planted_note_of_where_the_state_is_leads_nowhere_else(project: Path, tmp_path: Path, a2c: Command) -> None:
    """It would be opened, and our tables made in it."""
    (project / "one.yaml").write_text(ONE)
    with sqlite3.connect(tmp_path / "bookmarks.db") as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    before = (tmp_path / "bookmarks.db").read_bytes()
    for place in ("../bookmarks.db", str(tmp_path / "bookmarks.db")):
        (project / ".a2c").mkdir(exist_ok=True)
        (project / ".a2c/state.path").write_text(place)
        assert not has_state(project)
        a2c("plan", "--local")
        assert (tmp_path / "bookmarks.db").read_bytes() == before


def test_drafts_are_not_written_through_links(project: Path, tmp_path: Path, a2c: Command) -> None:
    (project / "one.yaml").write_text(ONE)
    (tmp_path / "victim").write_text("mine")
    for draft in (".out.json.draft", f".p.a2cplan.json.{os.getpid()}"):
        (project / draft).symlink_to(tmp_path / "victim")
    assert a2c("plan", "--local", "-o", "p.a2cplan.json").code == 0
    assert a2c("apply", "--local", "--outputs", "out.json").code == 0
    assert (tmp_path / "victim").read_text() == "mine"
    assert json.loads((project / "out.json").read_text())["format_version"]


def test_what_cannot_be_changed_is_left(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".a2c").mkdir()
    (project / ".a2c").chmod(0o755)
    monkeypatch.setattr(Path, "chmod", lambda *_: (_ for _ in ()).throw(PermissionError(1, "not yours")))
    keep_private(open_project(Flags(local=True), Runtime(environ={})))
    assert (project / ".a2c").stat().st_mode & 0o777 == 0o755


def by_a_link(folder: Path) -> None:
    folder.rename(folder.with_name("away"))
    folder.symlink_to(folder.with_name("away"))


def by_a_folder(folder: Path) -> None:
    folder.rename(folder.with_name("away"))
    folder.mkdir()


@pytest.mark.parametrize("exchange", [by_a_link, by_a_folder])
def test_a_folder_of_ours_that_is_exchanged_while_a_state_is_opened_is_told(
    tmp_path: Path, exchange: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_in(tmp_path):
        pass
    mark = opening._mark_place

    def exchanged(project: Project) -> None:
        mark(project)
        exchange(tmp_path / ".a2c")

    monkeypatch.setattr(opening, "_mark_place", exchanged)
    with pytest.raises(UsageError, match=r"\.a2c"), session_in(tmp_path):
        pytest.fail("nothing is done with it")
