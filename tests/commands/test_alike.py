"""What several changes of one plan make alike is paid for once, and never more than the plan said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.engine.reuse import Results
from a2c_spec.errors import SpecError
from a2c_spec.local_api.server import Background
from a2c_spec.state.results_cache import ResultsCache
from tests.commands.conftest import Somebody, spent
from tests.conftest import Command


@pytest.fixture
def three(project: Path, server: Background) -> Path:
    """Three addresses of one recipe."""
    assert server
    (project / "a.txt").write_text("a")
    for name in ("one", "two", "three"):
        lines = ["apiVersion: a2c-spec/v1", "kind: Job", f"name: {name}", "inputs: [{id: i, path: a.txt}]"]
        lines += ["conversions: [{id: c, category: hash, target: md5}]", f"outputs: [{{from: c, filename: {name}}}]"]
        (project / f"{name}.yaml").write_text("\n".join([*lines, ""]))
    return project


def test_a_plan_says_once_what_is_paid_once_and_limits_allow_it(three: Path, a2c: Command, somebody: Somebody) -> None:
    told = json.loads(a2c("plan", "--json").out)
    assert (told["totals"]["credits"], told["totals"]["jobs_started"]) == (1, 1)
    assert [row["alike"] for row in told["changes"]] == ["", "one", "one"]
    assert "about 1 credit. 2 calls (POST 2)" in a2c("plan").out
    assert a2c("plan", "--out", "p.a2cplan.json", "-q").code == 0
    assert a2c("apply", "p.a2cplan.json", "--max-credits", "1").code == 0
    assert (spent(somebody), len([*(three / "dist").iterdir()])) == (1, 3)
    assert a2c("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("way", ["--detach", "--no-cache"])
def test_no_more_is_paid_than_the_plan_says(three: Path, a2c: Command, somebody: Somebody, way: str) -> None:
    cost = json.loads(a2c("plan", "--json", *([way] if way == "--no-cache" else [])).out)["totals"]["credits"]
    done = a2c("apply", "-q", way)
    assert (cost, done.code) == (3 if way == "--no-cache" else 1, 0), done.out
    assert a2c("apply", "-q").code == 0
    assert (spent(somebody), len([*(three / "dist").iterdir()])) == (cost, 3)
    assert ("two: left to the next apply: one makes the same, and is not" in done.out) is (way == "--detach"), done.out


def test_what_was_made_before_a_crash_is_kept_for_the_others(
    three: Path, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job is recorded as done once its results are in the cache, and not before: nobody looks again then."""

    def crash(*_args: Any) -> None:
        raise SpecError("the end")

    with monkeypatch.context() as patch:
        patch.setattr(Results, "keep", crash)
        assert a2c("apply", "-q", "--target", "one").code != 0
    told = json.loads(a2c("plan", "--json").out)
    assert told["totals"]["credits"] == 0
    assert a2c("apply", "-q").code == 0
    assert (spent(somebody), len([*(three / "dist").iterdir()])) == (1, 3)


def test_what_others_take_is_made_once_for_all_that_ask_for_the_same(
    three: Path, a2c: Command, somebody: Somebody
) -> None:
    lines = ["apiVersion: a2c-spec/v1", "kind: Job", "name: late", "inputs: [{id: i, from: two.c}]"]
    (three / "late.yaml").write_text("\n".join([*lines, "conversions: [{id: c, category: hash, target: sha1}]", ""]))
    told = json.loads(a2c("plan", "--json").out)
    assert {row["address"]: row["alike"] for row in told["changes"]} == {
        "one": "two",
        "two": "",
        "three": "two",
        "late": "",
    }
    assert told["totals"]["credits"] == 2
    assert a2c("apply", "-q").code == 0
    assert spent(somebody) == 2


def test_a_job_that_ended_and_is_not_here_yet_is_what_the_others_wait_for(
    three: Path, a2c: Command, somebody: Somebody
) -> None:
    assert a2c("apply", "-q", "--detach", "--target", "one").code == 0
    while any(row["status"]["code"] != "completed" for row in somebody("GET", "/jobs")):
        pass
    told = json.loads(a2c("plan", "--json").out)
    assert told["totals"]["credits"] == 0
    assert a2c("apply", "-q", "--detach").code == 0
    assert a2c("apply", "-q", "--max-credits", "0").code == 0
    assert (spent(somebody), len([*(three / "dist").iterdir()])) == (1, 3)


def test_where_nothing_can_be_kept_each_is_paid_for_as_planned(
    three: Path, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ResultsCache, "writable", False)
    assert json.loads(a2c("plan", "--json").out)["totals"]["credits"] == 3
    assert a2c("apply", "-q").code == 0


def test_what_is_asked_for_anew_is_made_anew_once(three: Path, a2c: Command, somebody: Somebody) -> None:
    assert a2c("apply", "-q").code == 0
    told = json.loads(a2c("plan", "--json", "--replace", "*").out)
    assert (told["totals"]["credits"], told["totals"]["jobs_started"]) == (1, 1)
    assert a2c("apply", "-q", "-y", "--replace", "*", "--max-replace", "0").code == 11
    assert a2c("apply", "-q", "-y", "--replace", "*", "--max-credits", "1", "--max-replace", "1").code == 0
    assert (spent(somebody), len(somebody("GET", "/jobs"))) == (2, 2)
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_what_is_asked_for_anew_is_not_the_old_one_where_the_new_one_is_not_here(three: Path, a2c: Command) -> None:
    assert a2c("apply", "-q").code == 0
    done = a2c("apply", "-q", "-y", "--replace", "*", "--detach")
    assert (done.code, "one makes the same, and is not waited for" in done.out) == (0, True)


def test_what_is_left_to_the_next_apply_is_no_failure(three: Path, a2c: Command, somebody: Somebody) -> None:
    lines = ["apiVersion: a2c-spec/v1", "kind: Job", "name: late", "inputs: [{id: i, from: two.c}]"]
    (three / "late.yaml").write_text("\n".join([*lines, "conversions: [{id: c, category: hash, target: sha1}]", ""]))
    done = a2c("apply", "--detach", "--json")
    told = json.loads(done.out.splitlines()[-1])
    why = dict.fromkeys(("one", "three"), "two makes the same, and is not waited for")
    assert (done.code, told["errors"]) == (0, [])
    assert told["later"] == why | {"late": "it needs two, which is not waited for"}
    assert a2c("wait").code == 0
    assert a2c("apply", "-q").code == 0
    assert spent(somebody) == 2
