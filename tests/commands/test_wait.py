"""`a2c-spec wait` after an apply that was detached, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Somebody, in_dist, planned, spent
from tests.conftest import Command


def test_detach_returns_early_and_wait_brings_the_results(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local", "--detach").code == 0
    assert not (two / "dist").exists()
    assert a2c("wait", "two.yaml", "--local").code == 0
    assert (two / "dist/cover.webp").exists()
    assert set(planned(a2c).values()) == {"no-op"}


CHAIN = """\
apiVersion: a2c-spec/v1
kind: Job
name: a
inputs: [{id: i, path: a.txt}]
conversions: [{id: c, category: hash, target: sha256}]
---
apiVersion: a2c-spec/v1
kind: Job
name: b
inputs: [{id: i, from: a.c}]
conversions: [{id: c, category: hash, target: md5}]
outputs: [{from: c, filename: b}]
"""


def ended(a2c: Command, somebody: Somebody) -> None:
    """A job of the first manifest was started and has ended; nobody has looked since."""
    assert a2c("apply", "--no-cache", "--detach", "-y", "--target", "a").code == 0
    while any(row["status"]["code"] != "completed" for row in somebody("GET", "/jobs")):
        pass


@pytest.mark.parametrize("before", [False, True], ids=["the first time", "paid before"])
def test_what_takes_a_result_that_is_only_on_the_service_is_planned_asked_for_and_bounded(
    project: Path, a2c: Command, somebody: Somebody, before: bool
) -> None:
    (project / "a.txt").write_text("first")
    (project / "chain.yaml").write_text(CHAIN)
    if before:
        assert a2c("apply", "--no-cache").code == 0
        (project / "a.txt").write_text("second")
    ended(a2c, somebody)
    paid = spent(somebody)
    tree = json.loads(a2c("plan", "--no-cache", "--json").out)
    (row,) = [row for row in tree["changes"] if row["address"] == "b"]
    assert (row["action"], row["credits"], row["paid_again"]) == ("re-run" if before else "create", 1, before)
    assert a2c("apply", "--no-cache", "--max-credits", "0").code == 11
    if before:
        assert a2c("apply", "--no-cache").code == 11
        assert a2c("apply", "--no-cache", "-y", "--max-replace", "0").code == 11
    assert spent(somebody) == paid
    assert a2c("apply", "--no-cache", *(["-y"] if before else [])).code == 0
    assert spent(somebody) == paid + 1
    assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0


def test_nothing_runs_with_an_old_result_whose_new_one_is_under_way(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    (project / "a.txt").write_text("first")
    (project / "chain.yaml").write_text(CHAIN)
    assert a2c("apply", "--no-cache").code == 0
    (project / "a.txt").write_text("second")
    ended(a2c, somebody)
    paid = spent(somebody)
    alone = a2c("apply", "--no-cache", "-y", "--target", "b", "--exclude", "a")
    assert (alone.code, spent(somebody)) in ((0, paid), (13, paid)), alone.out
    assert a2c("apply", "--no-cache", "-y").code == 0
    assert spent(somebody) == paid + 1


@pytest.mark.parametrize("command", ["wait", "download"])
def test_what_goes_for_a_result_that_is_fetched_is_asked_for_and_can_be_allowed(
    command: str, project: Path, a2c: Command, somebody: Somebody
) -> None:
    def written(name: str, target: str) -> None:
        lines = ["apiVersion: a2c-spec/v1", "kind: Job", "name: a", "inputs: [{id: i, path: a.txt}]"]
        lines += [
            f"conversions: [{{id: c, category: hash, target: {target}}}]",
            f"outputs: [{{from: c, filename: {name}}}]",
        ]
        (project / "a.yaml").write_text("\n".join([*lines, "lifecycle: {on_rename: remove}", ""]))

    (project / "a.txt").write_text("a")
    written("old", "md5")
    assert a2c("apply", "-q").code == 0
    written("new", "sha1")
    ended(a2c, somebody)
    refused = a2c(command)
    assert (refused.code, "add -y" in refused.err) == (11, True)
    assert a2c(command, "-y").code == 0
    assert in_dist(project) == ["new.sha1"]
    assert a2c("plan", "--detailed-exitcode").code == 0
