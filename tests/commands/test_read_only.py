"""A project on a file system that cannot be written: what only reads works there, and what writes says why not."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.server import Background
from tests.conftest import Command

READS = [
    "plan", "plan --offline", "plan --refresh-only", "verify", "drift", "drift --offline", "status", "status one",
    "show one", "state list", "state show one", "history one", "graph",
]  # fmt: skip
WRITES = ["apply", "apply --refresh-only", "state rm one", "state mv one three", "destroy --all -y"]


def frozen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing below the folder can be written by Python; SQLite opens what Python could open."""
    really = os.open

    def opened(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & (os.O_RDWR | os.O_WRONLY | os.O_CREAT) and Path(path).absolute().is_relative_to(folder):
            raise OSError(errno.EROFS, "Read-only file system", path)
        return really(path, flags, *rest, **more)

    def refused(path: Any, *_rest: Any, **_more: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system", path)

    made = os.mkdir

    def make(path: Any, *rest: Any, **more: Any) -> None:
        if Path(path).absolute().is_relative_to(folder):
            refused(path)
        made(path, *rest, **more)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "mkdir", make)
    monkeypatch.setattr(os, "utime", refused)


@pytest.fixture
def applied(two: Path, server: Background, a2c: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A project with results whose file system cannot be written any more."""
    assert server.url
    assert a2c("apply").code == 0
    frozen(two, monkeypatch)
    return a2c


@pytest.mark.parametrize("command", READS)
def test_what_writes_nothing_works_where_nothing_can_be_written(command: str, two: Path, applied: Command) -> None:
    before = {path: path.read_bytes() for path in two.rglob("*") if path.is_file()}
    ran = applied(*command.split())
    assert (ran.code, ran.err) == (0, "")
    assert {path: path.read_bytes() for path in two.rglob("*") if path.is_file()} == before


def test_the_verdicts_are_the_usual_ones(two: Path, applied: Command) -> None:
    assert json.loads(applied("plan", "--json").out)["noop"]
    assert "2 of 2 files intact" in applied("verify").out
    assert len(json.loads(applied("state", "list", "--json").out)) == 2
    (two / "dist/cover.webp").unlink()
    assert applied("verify").code == 14
    assert applied("plan", "--detailed-exitcode").code == 2
    assert applied("drift", "--detailed-exitcode").code == 2


@pytest.mark.parametrize("command", WRITES)
def test_what_writes_says_that_it_cannot(command: str, applied: Command) -> None:
    ran = applied(*command.split())
    assert ran.code == 1
    assert "cannot open the state" in ran.err
    assert "Read-only file system" in ran.err


def test_a_new_project_can_be_planned_there(two: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen(two, monkeypatch)
    assert json.loads(a2c("plan", "--offline", "--json").out)["totals"]["jobs_started"] == 2
    assert not (two / ".a2c").exists()


def test_an_empty_state_beside_others_is_refused_and_how_to_go_on_is_said(two: Path, a2c: Command) -> None:
    assert a2c("apply", "--local").code == 0
    state = two / ".a2c/state.db"
    for ending in ("", "-wal", "-shm"):
        Path(f"{state}{ending}").unlink(missing_ok=True)
    state.touch()
    for command in ("plan", "verify", "apply", "status"):
        ran = a2c(command, "--local")
        assert ran.code == 14
        assert "is empty (0 bytes)" in ran.err
        assert "delete it to begin again" in ran.err
    assert state.read_bytes() == b""
    state.unlink()
    assert a2c("status", "--local").out == "nothing is recorded\n"


def test_an_empty_state_alone_is_a_new_one(two: Path, a2c: Command) -> None:
    (two / ".a2c").mkdir()
    (two / ".a2c/state.db").touch()
    assert a2c("status", "--local").code == 0
