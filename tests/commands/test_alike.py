"""What several changes of one plan make alike is paid for once, and never more than the plan said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.engine import plan_builder
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
    if way == "--detach":
        assert "Done: 1 job started, not waited for, 2 left to the next apply" in done.out
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
    assert len([*(three / "dist").iterdir()]) == 3, "what has ended is not waited for, and is fetched"
    assert a2c("apply", "-q", "--max-credits", "0").code == 0
    assert spent(somebody) == 1


def test_where_nothing_can_be_kept_each_is_paid_for_as_planned(
    three: Path, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ResultsCache, "unwritable", lambda _: "no")
    assert json.loads(a2c("plan", "--json").out)["totals"]["credits"] == 3
    assert a2c("apply", "-q").code == 0


@pytest.mark.parametrize("place", ["cache/entries", "cache/files", "link/x"])
def test_a_cache_that_cannot_be_written_is_told_once_in_every_form(
    place: str, three: Path, a2c: Command, somebody: Somebody
) -> None:
    (three / place).parent.mkdir(exist_ok=True)
    (three / place).write_text("")
    if place == "link/x":
        (three / "gone").symlink_to(three / "nowhere")
    cache = "gone" if place == "link/x" else "cache"
    (three / "a2c.yaml").write_text(f"cache: {cache}\n")
    told = json.loads(a2c("plan", "--json").out)
    assert (told["totals"]["credits"], told["uncached"].startswith(f"{cache} cannot be written (")) == (3, True)
    said = f"Nothing of this can be kept in the results cache: {cache} cannot be written ("
    for command in (["plan"], ["plan", "--markdown"], ["apply"]):
        ran = a2c(*command)
        assert f"{ran.out}{ran.err}".count(said) == 1, ran
    assert spent(somebody) == 3
    assert "results cache" not in a2c("plan").out
    assert json.loads(a2c("plan", "--json", "--no-cache").out)["uncached"] == ""


def test_what_is_asked_for_anew_is_made_anew_once(three: Path, a2c: Command, somebody: Somebody) -> None:
    assert a2c("apply", "-q").code == 0
    told = json.loads(a2c("plan", "--json", "--replace", "*").out)
    assert (told["totals"]["credits"], told["totals"]["jobs_started"]) == (1, 1)
    assert a2c("apply", "-q", "-y", "--replace", "*", "--max-replace", "0").code == 11
    assert a2c("apply", "-q", "-y", "--replace", "*", "--max-credits", "1", "--max-replace", "1").code == 0
    assert (spent(somebody), len(somebody("GET", "/jobs"))) == (2, 2)
    assert a2c("plan", "--detailed-exitcode").code == 0


SHARING = {
    "one conversion": (["sha256", "md5"], ["sha512", "md5"], 4),
    "all of one": (["sha256", "md5"], ["md5"], 2),
    "all of both": (["sha256", "md5"], ["md5", "sha256"], 2),
    "none": (["sha256"], ["sha512"], 2),
}


@pytest.mark.parametrize("saved", [False, True], ids=["as it is", "from a saved plan"])
@pytest.mark.parametrize(("one", "two", "cost"), SHARING.values(), ids=SHARING)
def test_what_is_asked_for_anew_is_made_as_the_plan_says_whatever_is_shared(
    project: Path, a2c: Command, somebody: Somebody, one: list[str], two: list[str], cost: int, saved: bool
) -> None:
    """What nobody else makes anew is not taken from an earlier run, because another part of it is made by others."""
    (project / "a.txt").write_text("a")
    for name, targets in (("one", one), ("two", two)):
        lines = ["apiVersion: a2c-spec/v1", "kind: Job", f"name: {name}", "inputs: [{id: i, path: a.txt}]"]
        made = [f"{{id: {target}, category: hash, target: {target}}}" for target in targets]
        saves = [f"{{from: {target}, save: {name}/}}" for target in targets]
        lines += [f"conversions: [{', '.join(made)}]", f"outputs: [{', '.join(saves)}]", ""]
        (project / f"{name}.yaml").write_text("\n".join(lines))
    assert a2c("apply", "-q").code == 0
    before = spent(somebody)
    planned = a2c("plan", "--json", "--replace", "*", *(["-o", "x.a2cplan.json"] if saved else []))
    told = json.loads(planned.out)
    assert told["totals"]["credits"] == cost
    done = a2c("apply", "-q", "-y", *(["x.a2cplan.json"] if saved else ["--replace", "*"]))
    assert (done.code, spent(somebody) - before) == (0, cost), done.err
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


Jobs = dict[str, tuple[str, dict[str, str]]]
"""Address -> (what it takes, its conversions: id -> kind of digest, with ``!`` before it if its file is named)."""

WORLDS: dict[str, tuple[Jobs, int]] = {
    "a named one first": ({"a": ("a.txt", {"c": "!md5"}), "b": ("b/a.txt", {"c": "md5"})}, 1),
    "a named one last": ({"a": ("a.txt", {"c": "md5"}), "b": ("b/a.txt", {"c": "!md5"})}, 1),
    "two of one job": ({"a": ("a.txt", {"c": "!md5", "d": "md5"})}, 1),
    "each with a dependent": (
        {
            "a": ("a.txt", {"c": "md5"}), "b": ("b/a.txt", {"c": "md5"}),
            "x": ("a.c", {"k": "sha1"}), "y": ("b.c", {"k": "sha1"}),
        },
        2,
    ),
    "one of three is taken": ({"a": ("a.txt", {"k": "md5", "m": "sha1", "l": "sha1"}), "d": ("a.k", {"c": "md5"})}, 3),
    "part of another job, and taken": (
        {
            "a": ("a.txt", {"c": "md5", "e": "sha1"}), "b": ("b/a.txt", {"k": "sha256", "m": "md5"}),
            "d": ("b.k", {"c": "md5"}),
        },
        4,
    ),
    "dependents that make more than one": (
        {
            "a": ("a.txt", {"c": "md5"}),
            "x": ("a.c", {"k": "sha1", "l": "md5"}), "y": ("a.c", {"m": "md5", "n": "sha256"}),
        },
        4,
    ),
    "two of one job, of what is made first": (
        {"a": ("a.txt", {"c": "md5"}), "x": ("a.c", {"k": "!sha1", "l": "!sha1", "m": "md5", "n": "!md5"})},
        3,
    ),
    "a chain on each": (
        {
            "a": ("a.txt", {"c": "md5"}), "b": ("a.c", {"c": "sha1"}), "c": ("b.c", {"c": "!md5"}),
            "p": ("b/a.txt", {"c": "md5"}), "q": ("p.c", {"c": "sha1"}), "r": ("q.c", {"c": "md5"}),
        },
        3,
    ),
}  # fmt: skip


def written(project: Path, jobs: Jobs) -> None:
    (project / "b").mkdir(exist_ok=True)
    for name in ("a.txt", "b/a.txt"):
        (project / name).write_text("a")
    for address, (source, made) in jobs.items():
        lines = ["apiVersion: a2c-spec/v1", "kind: Job", f"name: {address}", "conversions:"]
        lines += [f"- {{id: {name}, category: hash, target: {kind.strip('!')}}}" for name, kind in made.items()]
        lines += [f"inputs: [{{id: i, {'path' if source.endswith('.txt') else 'from'}: {source}}}]", "outputs:"]
        for name, kind in made.items():
            named = f", filename: {address}-{name}" if kind.startswith("!") else ""
            lines.append(f"- {{from: {name}, save: dist/{address}/{named}}}")
        (project / f"{address}.yaml").write_text("\n".join([*lines, ""]))


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("changed", [False, True], ids=["new", "changed"])
def test_the_same_is_paid_for_once(
    name: str, changed: bool, project: Path, server: Background, a2c: Command, somebody: Somebody
) -> None:
    """As planned, also with dependents; and so again once the bytes have changed."""
    jobs, cost = WORLDS[name]
    assert server
    written(project, jobs)
    if changed:
        assert a2c("apply", "-q").code == 0
        for file in ("a.txt", "b/a.txt"):
            (project / file).write_text("other")
    before = spent(somebody) if changed else 0
    assert json.loads(a2c("plan", "--json").out)["totals"]["credits"] == cost
    assert a2c("plan", "--out", "p.a2cplan.json", "-q").code == 0
    done = a2c("apply", "p.a2cplan.json", "-y", "--max-credits", str(cost))
    assert (done.code, spent(somebody) - before) == (0, cost), done.out
    assert len([*(project / "dist").rglob("*.*")]) == sum(len(made) for _, made in jobs.values())
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_what_has_ended_is_not_paid_for_again_by_one_that_others_take(
    project: Path, server: Background, a2c: Command, somebody: Somebody
) -> None:
    assert server
    written(project, {"m": ("a.txt", {"c": "md5"})})
    assert a2c("apply", "-q", "--detach").code == 0
    while any(row["status"]["code"] != "completed" for row in somebody("GET", "/jobs")):
        pass
    written(project, {"b": ("b/a.txt", {"c": "md5"}), "d": ("b.c", {"c": "sha1"})})
    assert json.loads(a2c("plan", "--json").out)["totals"]["credits"] == 1
    assert a2c("apply", "-q").code == 0
    assert spent(somebody) == 2


def test_bytes_that_change_while_one_is_detached_are_paid_for_once(
    project: Path, server: Background, a2c: Command, somebody: Somebody
) -> None:
    assert server
    written(project, {"a": ("a.txt", {"c": "md5"}), "b": ("b/a.txt", {"c": "!md5"})})
    assert a2c("apply", "-q", "--detach").code == 0
    while any(row["status"]["code"] != "completed" for row in somebody("GET", "/jobs")):
        pass
    for file in ("a.txt", "b/a.txt"):
        (project / file).write_text("other")
    assert json.loads(a2c("plan", "--json").out)["totals"]["credits"] == 1
    assert a2c("apply", "-q", "-y", "--max-credits", "1").code == 0
    assert spent(somebody) == 2


def test_more_of_the_same_than_is_kept_in_memory_is_taken_from_the_cache(
    project: Path, server: Background, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the turn of the last ones, their result is in the cache already."""
    assert server
    monkeypatch.setattr(plan_builder, "KEPT_WHOLE", 2)
    for number in range(90):
        (project / f"in/{number}").mkdir(parents=True)
        (project / f"in/{number}/a.txt").write_text("a")
    lines = ["apiVersion: a2c-spec/v1", "kind: Batch", "name: b", 'for_each: {glob: "in/*/a.txt"}']
    lines += ['key: "${{ each.dir | slug }}"', "template:", '  inputs: [{id: i, path: "${{ each.path }}"}]']
    lines += ["  conversions: [{id: c, category: hash, target: md5}]"]
    lines += ['  outputs: [{from: c, save: "dist/${{ each.dir }}/"}]', ""]
    (project / "b.yaml").write_text("\n".join(lines))
    done = a2c("apply", "-q", "--max-credits", "1", "--parallelism", "1")
    assert (done.code, spent(somebody)) == (0, 1), done.out
    assert len([*(project / "dist").rglob("a.md5")]) == 90


def test_what_waits_for_a_conversion_of_its_own_job_says_so(three: Path, a2c: Command) -> None:
    for name in ("two", "three"):
        (three / f"{name}.yaml").unlink()
    text = (three / "one.yaml").read_text().replace("md5}]", "md5}, {id: d, category: hash, target: md5}]")
    (three / "one.yaml").write_text(text.replace("name: one}]", "name: one}, {from: d, filename: two}]"))
    done = a2c("apply", "--detach")
    assert (done.code, "one: left to the next apply: another conversion of it makes the same" in done.out) == (0, True)
    assert "Done: 1 job started, not waited for, 1 left to the next apply" in done.out
