"""Environments do not get into each other's way: states, files, jobs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.engine.project import Project
from a2c_spec.engine.session import open_state
from a2c_spec.engine.workspaces import Workspaces, environments
from a2c_spec.errors import UsageError
from tests.engine.projects import project_in


def of(root: Path, env: str, state: str = "") -> Project:
    project = project_in(root, local=True)
    return replace(project, file=replace(project.file, env=env, environments=("staging", "production"), state=state))


def record(project: Project, address: str, path: str, gone_since: float = 0.0) -> None:
    with open_state(project) as session:
        files = (SavedFile(path, 1, "0" * 64, "o", "c"),)
        asyncio.run(session.store.put(JobRecord(address, "local", "done", "j", files=files, gone_since=gone_since)))


def kept(project: Project, path: str) -> str:
    with Workspaces(project, "local") as others:
        return others.kept(path)


def test_a_path_of_another_environment_is_not_for_results(tmp_path: Path) -> None:
    record(of(tmp_path, "production"), "report", "dist/report.pdf")
    record(of(tmp_path, ""), "old", "dist/old.pdf")
    said = "it is a result of report in environment production; save it in another folder"
    assert kept(of(tmp_path, "staging"), "dist/report.pdf") == said
    assert kept(of(tmp_path, ""), "dist/report.pdf") == said
    assert "without an environment" in kept(of(tmp_path, "staging"), "dist/old.pdf")
    assert kept(of(tmp_path, "production"), "dist/report.pdf") == ""
    assert kept(of(tmp_path, "staging"), "dist/other.pdf") == ""


def test_what_another_environment_let_go_is_free(tmp_path: Path) -> None:
    record(of(tmp_path, "production"), "report", "dist/report.pdf", gone_since=1.0)
    assert kept(of(tmp_path, "staging"), "dist/report.pdf") == ""
    with Workspaces(of(tmp_path, "staging"), "local") as others:
        ((file, whose),) = others.let_go("dist/report.pdf")
    assert (file.sha256, whose) == ("0" * 64, "report in environment production")


def test_every_session_keeps_them_apart(tmp_path: Path) -> None:
    record(of(tmp_path, "production"), "report", "dist/report.pdf")
    with open_state(of(tmp_path, "staging")) as session:
        assert session.store.addresses() == ()
        assert session.files.obstacle("dist/report.pdf").startswith("it is a result of report")
        assert [run.address for run in session.others.records()] == ["report"]


@pytest.mark.parametrize(
    "path", ["data/x.db", "DATA/X.db-wal", "data/x.lock", "data/env/staging/x.db", "data/spending.db"]
)
def test_no_result_takes_the_place_of_our_own_records(tmp_path: Path, path: str) -> None:
    assert kept(of(tmp_path, "", "data/x.db"), path) == "a2c-spec keeps its records there"


def test_an_environment_that_was_taken_out_is_known_by_its_folder(tmp_path: Path) -> None:
    record(replace(of(tmp_path, ""), file=replace(of(tmp_path, "").file, env="old")), "a", "dist/a.pdf")
    assert list(environments(of(tmp_path, ""))) == ["", "old", "production", "staging"]
    assert "in environment old" in kept(of(tmp_path, ""), "dist/a.pdf")


def test_a_state_that_would_begin_anew_in_another_place_is_refused(tmp_path: Path) -> None:
    record(of(tmp_path, "staging"), "report", "dist/report.pdf")
    moved = open_state(of(tmp_path, "staging", "data/x.db"))
    with pytest.raises(UsageError, match=r"so far is recorded in \.a2c/env/staging/state\.db") as error, moved:
        pass
    assert error.value.hint.startswith("move it: mkdir -p data/env/staging && mv ")
    with open_state(of(tmp_path, "", "data/x.db")) as session:
        assert session.store.addresses() == ()


def test_a_state_that_was_elsewhere_is_not_forgotten_either(tmp_path: Path) -> None:
    record(of(tmp_path, "", "data/x.db"), "report", "dist/report.pdf")
    for state in ("", "data/y.db"):
        moved = open_state(of(tmp_path, "", state))
        with pytest.raises(UsageError, match=r"so far is recorded in data/x\.db"), moved:
            pass
    (tmp_path / "data/x.db").rename(tmp_path / ".a2c/state.db")
    with open_state(of(tmp_path, "")) as session:
        assert session.store.addresses() == ("report",)
    assert not (tmp_path / ".a2c/state.path").exists()
