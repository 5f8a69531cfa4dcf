"""Nothing is started, or asked for, that takes a result which can be had nowhere, or which a held job would make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Somebody, server, service_settings, somebody
from tests.conftest import Command

__all__ = ["server", "service_settings", "somebody"]

HEAD = "apiVersion: a2c-spec/v1\nkind: Job\n"
GONE = "it takes up.h, which is no longer here or on the service; `--replace up` makes it again"


def manifest(root: Path, name: str, inputs: str, save: str = "dist/", more: str = "") -> None:
    (root / f"{name}.yaml").write_text(
        f"{HEAD}name: {name}\ninputs: [{{id: i, {inputs}}}]\nconversions: [{{id: h, category: hash, target: sha256}}]\n"
        f"outputs: [{{from: h, filename: {name}, save: '{save}'}}]\n{more}"
    )


@pytest.fixture
def up(project: Path, somebody: Somebody, a2c: Command) -> Path:
    """A job whose result stays on the service, applied; and one that takes it, not applied yet."""
    (project / "a.txt").write_text("A")
    manifest(project, "up", "path: a.txt", save="")
    assert a2c("apply", "--no-cache").code == 0
    manifest(project, "down", "from: up.h")
    return project


def planned(a2c: Command, *flags: str) -> dict[str, dict[str, Any]]:
    tree = json.loads(a2c("plan", "--no-cache", "--json", *flags).out)
    return {change["address"]: change for change in tree["changes"]}


def jobs(somebody: Somebody) -> list[Any]:
    return list(somebody("GET", "/jobs") or [])


@pytest.mark.parametrize("refreshed", [False, True])
def test_a_result_that_has_gone_on_the_service_is_asked_for_before_anything_takes_it(
    up: Path, a2c: Command, somebody: Somebody, refreshed: bool
) -> None:
    somebody("DELETE", f"/jobs/{jobs(somebody)[0]['id']}")
    if refreshed:
        assert a2c("apply", "--refresh-only").code == 0
        assert planned(a2c, "--offline")["down"]["problem"] == GONE
    assert planned(a2c)["down"]["problem"] == GONE
    for flags in ([], ["--yes"], ["--exclude", "up"]):
        ended = a2c("apply", "--no-cache", *flags)
        assert (ended.code, GONE in ended.err) == (13, True)
    assert jobs(somebody) == []
    assert a2c("apply", "--no-cache", "--replace", "up").code == 11
    assert a2c("apply", "--no-cache", "--replace", "up", "--yes").code == 0
    assert sum(job["spent"] for job in jobs(somebody)) == 2


def test_a_result_that_has_expired_has_gone_too(up: Path, a2c: Command, somebody: Somebody) -> None:
    job = jobs(somebody)[0]
    somebody("DELETE", f"/jobs/{job['id']}/output/{job['output'][0]['id']}")
    assert planned(a2c)["down"]["problem"] == GONE


def test_a_result_that_is_there_is_taken(up: Path, a2c: Command, somebody: Somebody) -> None:
    assert planned(a2c)["down"]["problem"] == ""
    assert a2c("apply", "--no-cache").code == 0


def test_what_was_never_made_is_refused_before(up: Path, a2c: Command) -> None:
    manifest(up, "never", "path: a.txt")
    manifest(up, "down", "from: never.h")
    told = "it takes never.h, which has no result yet; an input must be exactly one result"
    assert planned(a2c, "--exclude", "never")["down"]["problem"] == told
    assert a2c("apply", "--no-cache", "--exclude", "never").code == 13
    assert a2c("apply", "--no-cache").code == 0


def test_nothing_is_asked_for_what_a_held_job_would_make(up: Path, a2c: Command, somebody: Somebody) -> None:
    manifest(up, "last", "from: down.h")
    assert a2c("apply", "--no-cache").code == 0
    (up / "a.txt").write_text("B")
    manifest(up, "up", "path: a.txt", save="", more="job: {process: false}\n")
    assert a2c("apply", "--no-cache").err.startswith("error: up would be made anew and held, not started,")
    for _ in range(2):  # the held job is created, and then it is there
        change = planned(a2c)
        assert [change[name]["reasons"][0] for name in ("down", "last")] == [
            "not started as long as up is held",
            "not started as long as down is held",
        ]
        assert [(change[name]["calls"], change[name]["paid_again"]) for name in ("down", "last")] == [([], False)] * 2
        ended = a2c("apply", "--no-cache", "--target", "up", "--yes")
        assert ended.code == 0, ended.err
    ended = a2c("apply", "--no-cache")
    assert (ended.code, "down: not started: it needs up, which is held" in ended.err + ended.out) == (9, True)
