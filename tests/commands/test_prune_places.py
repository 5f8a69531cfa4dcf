"""``prune`` beside a manifest that is going to write where a result stands that nobody asks for any more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody, in_dist, spent
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: i, path: {source}}}]
conversions: [{{id: c, category: hash, target: {target}}}{more}]
outputs: [{{from: c, filename: {file}, save: dist/}}{outputs}]
"""


def job(project: Path, name: str, source: str, file: str, target: str = "md5", more: str = "") -> None:
    """A job that makes a hash of a text; ``more``: another hash, beside it."""
    also = f", {{id: d, category: hash, target: {more}}}" if more else ""
    saved = f", {{from: d, filename: {file}, save: dist/}}" if more else ""
    text = JOB.format(name=name, source=source, target=target, file=file, more=also, outputs=saved)
    (project / f"{name}.yaml").write_text(text)


@pytest.fixture
def asked(project: Path, server: Background, a2c: Command) -> Path:
    """A result of ``old``, whose manifest is gone; ``new`` is going to write in its place."""
    for name in "ab":
        (project / f"{name}.txt").write_text(name)
    job(project, "old", "a.txt", "x", more="sha1")
    assert a2c("apply", "--no-cache").code == 0
    (project / "old.yaml").unlink()
    job(project, "new", "b.txt", "x")
    assert server
    return project


STAYS = "dist/x.md5 stays here: new writes there, and replaces it when it is applied"
REPLACES = "replaces dist/x.md5, an earlier result of old"


def test_a_result_whose_place_another_job_is_going_to_take_stays_and_whose_it_is_stays_known(
    asked: Path, a2c: Command, somebody: Somebody
) -> None:
    told = a2c("prune", "--dry-run").out
    assert (STAYS in told, "removes dist/x.sha1" in told, told.count("dist/x.md5")) == (True, True, 1), told
    (change,) = json.loads(a2c("prune", "--dry-run", "--json").out)["changes"]
    assert (change["stays"], change["leaves"], change["removes"]) == ([STAYS], ["dist/x.md5"], ["dist/x.sha1"])
    done = a2c("prune", "-y")
    assert (done.code, in_dist(asked), somebody("GET", "/jobs") or []) == (0, ["x.md5"], []), done.err
    again = a2c("prune", "-y")
    assert (again.code, STAYS in again.out, "delete" in again.out) == (0, True, False), again.out
    assert REPLACES in a2c("plan").out
    refused = a2c("apply")
    assert (refused.code, "dist/x.md5, a result of old, would be replaced" in refused.err) == (11, True), refused.err
    assert a2c("apply", "-y").code == 0
    assert (asked / "dist" / "x.md5").read_text().startswith("92eb5ffee6ae2fec3ad71c777531578f")
    assert a2c("plan", "--detailed-exitcode").code == 0
    assert a2c("verify").code == 0


def test_one_apply_that_prunes_says_only_that_it_is_replaced(asked: Path, a2c: Command) -> None:
    told = a2c("plan", "--prune").out
    assert (REPLACES in told, "stays here" in told) == (True, False), told
    assert a2c("apply", "--prune", "-y").code == 0
    assert in_dist(asked) == ["x.md5"]
    assert [row["address"] for row in json.loads(a2c("state", "list", "--json").out)] == ["new"]


def test_once_nobody_wants_its_place_the_next_prune_removes_it(asked: Path, a2c: Command) -> None:
    assert a2c("prune", "-y").code == 0
    job(asked, "new", "b.txt", "y")
    told = a2c("prune", "--dry-run").out
    assert "removes dist/x.md5" in told, told
    assert (a2c("prune", "-y").code, (asked / "dist").exists()) == (0, False)
    assert "nothing is recorded" in a2c("state", "list").out


def test_what_stayed_is_its_manifests_again_when_that_comes_back(asked: Path, a2c: Command, somebody: Somebody) -> None:
    assert a2c("prune", "-y").code == 0
    (asked / "new.yaml").unlink()
    job(asked, "old", "a.txt", "z")
    done = a2c("apply", "-y", "--no-cache")
    assert (done.code, in_dist(asked), somebody("GET", "/jobs")) == (0, ["z.md5"], None), done.out + done.err
    assert a2c("plan", "--detailed-exitcode", "--no-cache").code == 0
    job(asked, "old", "a.txt", "z", more="sha1")
    done = a2c("apply", "-y", "--no-cache")
    assert (done.code, in_dist(asked), spent(somebody)) == (0, ["z.md5", "z.sha1"], 1), done.out + done.err
