"""A result that was made without an input, because its manifest lets inputs fail: every command says so as long as it
is so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.commands.conftest import Somebody, in_dist, showing, spent, wait_for
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: x
inputs: [{id: i, path: a.txt}, {id: r, source: "http://127.0.0.1:1/none.txt"}]
conversions: [{id: z, category: archive, target: zip}]
outputs: [{from: z, filename: x}]
job: {fail_on_input_error: false}
"""
TOLD = "partial: z was made without r, until --replace runs it again (input r: "


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, project: Path) -> Iterator[Background]:
    with Background(create_app(Settings(api_keys=("key",), fetch_private=True))) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        yield running


def test_every_command_says_that_an_input_is_missing(project: Path, a2c: Command, server: Background) -> None:
    (project / "a.txt").write_text("a")
    (project / "x.yaml").write_text(JOB)
    done = a2c("apply", "--no-cache", "-q")
    assert (done.code, f"x: {TOLD}" in done.out, "Done: 1 applied, 1 partial, 1 credit spent." in done.out) == (
        0,
        True,
        True,
    )
    for command in ("plan", "apply"):
        assert TOLD in a2c(command, "--no-cache").out
    assert "x        done, partial" in a2c("status").out
    assert json.loads(a2c("state", "show", "x", "--json").out)["left_out"] == {"z": ["r"]}
    checked = a2c("verify")
    assert (checked.code, "intact  dist/x.zip  (x): partial: made without r" in checked.out) == (0, True)
    (told,) = json.loads((project / ".a2c/outputs.json").read_text())["jobs"]
    assert told["left_out"] == {"z": ["r"]}


def test_it_is_not_passed_over_where_something_else_of_the_job_changes(
    project: Path, a2c: Command, server: Background
) -> None:
    (project / "a.txt").write_text("a")
    (project / "x.yaml").write_text(JOB)
    assert a2c("apply", "--no-cache").code == 0
    more = JOB.replace("target: zip}", "target: zip}, {id: t, category: hash, target: md5}")
    (project / "x.yaml").write_text(more.replace("filename: x}", "filename: x}, {from: t, filename: y, save: dist/}"))
    for form in ((), ("--json",), ("--markdown",)):
        assert "z was made without r, until" in a2c("plan", "--no-cache", *form).out


def test_what_is_alike_and_not_fit_to_be_kept_is_planned_and_paid_each_by_itself_from_then_on(
    project: Path, a2c: Command, server: Background
) -> None:
    assert server
    (project / "a.txt").write_text("a")
    for name in ("x", "y", "z"):
        text = JOB.replace("name: x", f"name: {name}").replace("filename: x", f"filename: {name}")
        (project / f"{name}.yaml").write_text(text.replace('none.txt"}', f'none.txt", pin: {"ab" * 32}}}'))
    assert json.loads(a2c("plan", "--json").out)["totals"]["credits"] == 1
    first = a2c("apply", "-q")
    assert (first.code, "x made the same, and its result could not be kept" in first.out) == (9, True)
    assert json.loads(a2c("plan", "--json").out)["totals"]["credits"] == 2
    assert a2c("apply", "-q").code == 0
    assert a2c("plan", "--detailed-exitcode").code == 0


EACH = """\
apiVersion: a2c-spec/v1
kind: Job
name: g
inputs: [{id: r, path: b.txt}, {id: j, path: a.txt}]
conversions: [{id: c, category: hash, target: sha256, options: {allow_multiple_outputs: true}}]
outputs: [{from: c, save: dist/, filename: g}]
"""


@pytest.mark.parametrize(("looks", "code"), [(1, 0), (9, 9)])
def test_results_that_the_service_lists_late_are_waited_for_and_never_left(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, looks: int, code: int
) -> None:
    """Two of one conversion: that it gave one is no proof that it gave all."""
    for name in "ab":
        (project / f"{name}.txt").write_text(name)
    (project / "g.yaml").write_text(EACH)
    left = [looks]

    def show(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        late = len(outputs) > 1 and left[0] > 0
        left[0] -= late
        return outputs[:1] if late else outputs

    with Background(showing(show)) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        first = a2c("apply", "--no-cache")
        assert (first.code, len([*(project / "dist").iterdir()])) == (code, 1 if code else 2)
        if code:
            assert "c of j has no result there: the service shows no result of j by c" in first.err
            left[0] = 9
            assert a2c("plan", "--no-cache").code == 13
            left[0] = 0
            again = a2c("apply", "--no-cache")
            assert (again.code, "spent" in again.out) == (0, False)
        assert len([*(project / "dist").iterdir()]) == 2
        assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0


SOURCES: dict[str, tuple[Any, int]] = {
    "no source": (None, 0),
    "an empty source": ({}, 0),
    "a source without the conversion": ({"input": []}, 0),
    "the id of nothing": ({"conversion": "00000000-0000-0000-0000-000000000000", "input": []}, 13),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_result_that_does_not_say_what_made_it_is_taken_or_told_and_never_dropped(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A single conversion made whatever there is; "applied" is said of what is here."""
    source, code = SOURCES[name]
    (project / "a.txt").write_text("a")
    one = EACH.replace("{id: r, path: b.txt}, ", "").replace(", options: {allow_multiple_outputs: true}", "")
    (project / "g.yaml").write_text(one)
    with Background(showing(lambda outputs: [one | {"source": source} for one in outputs])) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        done = a2c("apply", "--no-cache")
        assert (done.code, (project / "dist/g.sha256").exists()) == (code, code == 0)
        assert a2c("plan", "--no-cache", "--detailed-exitcode").code == code
        assert ("does not tell which result is of which of c" in done.err) == (code > 0)


TWO = """\
apiVersion: a2c-spec/v1
kind: Job
name: j
inputs: [{id: i, path: a.txt}]
conversions: [{id: c, category: hash, target: sha256}, {id: d, category: hash, target: md5}]
"""


@pytest.mark.parametrize("silent", [0, 1])
@pytest.mark.parametrize("asked", [TWO, TWO.replace(", {id: d, category: hash, target: md5}", "")])
def test_a_plan_takes_no_result_beside_one_that_does_not_say_what_made_it(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, silent: int, asked: str
) -> None:
    """It may be of any of the conversions; the plan refuses what apply refuses, also once the manifest changed."""
    told = [False]

    def show(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one if told[0] or n != silent else one | {"source": None} for n, one in enumerate(outputs)]

    (project / "a.txt").write_text("a")
    (project / "g.yaml").write_text(TWO)
    with Background(showing(show)) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        assert a2c("apply", "--no-cache").code == 13
        (project / "g.yaml").write_text(asked)
        plan = a2c("plan", "--no-cache")
        assert (plan.code, "writes" in plan.out, "does not tell which result" in plan.out) == (13, False, True)
        assert a2c("apply", "--no-cache").code == 13
        told[0] = True
        again = a2c("apply", "--no-cache")
        assert (again.code, "spent" in again.out) == (0, False), again.err
        assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0


PAIR = """\
apiVersion: a2c-spec/v1
kind: Job
name: h
inputs: [{id: i, path: a.txt}]
conversions: [{id: k, category: hash, target: md5}, {id: m, category: hash, target: sha256}]
outputs: [{from: k, save: dist/, filename: k}, {from: m, save: dist/, filename: m}]
"""
TWIN = """\
apiVersion: a2c-spec/v1
kind: Job
name: x
inputs: [{id: i, path: a.txt}]
conversions: [{id: k, category: hash, target: md5}]
outputs: [{from: k, save: dist/, filename: x}]
"""


def lose_one_of_a_pair(project: Path, a2c: Command, somebody: Somebody) -> None:
    """A job has made two results, one of which somebody deletes on the service before any is fetched."""
    (project / "a.txt").write_text("a")
    (project / "h.yaml").write_text(PAIR)
    assert a2c("apply", "-q", "--detach").code == 0
    (job,) = somebody("GET", "/jobs")
    wait_for(somebody, job["id"], "completed")
    (made,) = [row for row in somebody("GET", f"/jobs/{job['id']}")["output"] if row["filename"].endswith("sha256")]
    somebody("DELETE", f"/jobs/{job['id']}/output/{made['id']}")


def test_what_is_there_is_there_for_others_although_another_result_is_not(
    project: Path, a2c: Command, server: Background, somebody: Somebody
) -> None:
    assert server
    lose_one_of_a_pair(project, a2c, somebody)
    (project / "x.yaml").write_text(TWIN)
    first = a2c("apply")
    assert (first.code, "m has no result there: the service does not say why" in first.out) == (9, True)
    assert ("1 from the results cache" in first.out, spent(somebody)) == (True, 2)
    assert in_dist(project) == ["k.md5", "x.md5"]


TAKES = """\
apiVersion: a2c-spec/v1
kind: Job
name: NAME
inputs: [{id: i, from: h.k}]
conversions: [{id: c, category: hash, target: HASH}]
outputs: [{from: c, save: dist/, filename: NAME}]
"""


def test_what_takes_a_result_that_is_there_is_not_refused_for_another_one_that_is_not(
    project: Path, a2c: Command, server: Background, somebody: Somebody
) -> None:
    assert server
    lose_one_of_a_pair(project, a2c, somebody)
    (project / "d.yaml").write_text(TAKES.replace("NAME", "d").replace("HASH", "md5"))
    assert (a2c("apply", "-q").code, spent(somebody)) == (9, 3)
    rows = {row["address"]: row for row in json.loads(a2c("plan", "--json").out)["changes"]}
    assert (rows["d"]["action"], rows["d"]["problem"], bool(rows["h"]["problem"])) == ("no-op", "", True)
    (project / "e.yaml").write_text(TAKES.replace("NAME", "e").replace("HASH", "sha1"))
    assert (a2c("apply", "-q").code, spent(somebody)) == (9, 4)
    assert in_dist(project) == ["d.md5", "e.sha1", "k.md5"]
