"""What somebody else changes on the service: it is shown with both values, put right, and never believed to be ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody
from tests.conftest import Command

HEAD = "apiVersion: a2c-spec/v1\nkind: {kind}\nname: {name}\n"
JOB = HEAD + (
    "job: {{process: {process}}}\ninputs: [{{id: i, path: src/{file}}}]\n"
    "conversions: [{{id: g, category: image, target: jpg, {rest}}}]\noutputs: [{{from: g, filename: {name}}}]\n"
)
PRESET = HEAD + "category: image\ntarget: jpg\noptions: {{quality: {quality}}}\n"
BY_PRESET = "preset: {from: look}"
QUALITY = "options: {quality: 50}"


@pytest.fixture
def write(project: Path) -> Callable[..., None]:
    """Writes a job, or the preset ``look``."""

    def manifest(
        name: str, rest: str = BY_PRESET, *, process: bool = True, quality: int = 0, file: str = "cover.png"
    ) -> None:
        values = {"name": name, "rest": rest, "process": str(process).lower(), "quality": quality, "file": file}
        text = PRESET.format(kind="Preset", **values) if quality else JOB.format(kind="Job", **values)
        (project / f"{name}.yaml").write_text(text)

    return manifest


def plan(a2c: Command, *args: str, code: int = 0) -> dict[str, Any]:
    """The changes by their address."""
    shown = a2c("plan", "--json", *args)
    assert shown.code == code, shown.out + shown.err
    return {change["address"]: change for change in json.loads(shown.out)["changes"]}


def apply(a2c: Command, *args: str, code: int = 0) -> dict[str, Any]:
    """The last line of an apply."""
    done = a2c("apply", "--json", "-y", "--no-cache", *args)
    assert done.code == code, done.out + done.err
    tree: dict[str, Any] = json.loads(done.out.splitlines()[-1])
    return tree


def actions(a2c: Command, *args: str) -> dict[str, str]:
    return {address: change["action"] for address, change in plan(a2c, *args).items()}


def details(change: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(one["path"], one["before"], one["after"]) for one in change["details"]]


def drifted(a2c: Command) -> list[tuple[str, Any, Any]]:
    shown = a2c("drift", "--json")
    return [(one["path"], one["recorded"], one["now"]) for one in json.loads(shown.out)["drift"]]


def preset_of(somebody: Somebody) -> str:
    return f"/presets/{somebody('GET', '/presets')[0]['id']}"


def conversion_of(somebody: Somebody) -> str:
    job = somebody("GET", "/jobs")[0]
    return f"/jobs/{job['id']}/conversions/{job['conversion'][0]['id']}"


def test_a_preset_edited_by_somebody_is_put_right_before_a_job_runs_with_it(
    project: Path, somebody: Somebody, write: Any, a2c: Command
) -> None:
    write("look", quality=30)
    write("a")
    apply(a2c)
    somebody("PATCH", preset_of(somebody), options={"quality": 95, "width": 9})
    assert a2c("plan").out.count("no-op") == 2
    assert a2c("apply", "-v").out.splitlines()[-1] == "Nothing to do; no API calls."
    assert drifted(a2c) == [("options.quality", 30, 95), ("options.width", None, 9)]
    write("b", file="signatures.png")
    found = plan(a2c)
    assert details(found["look"]) == [("options.quality", 95, 30), ("options.width", 9, None)]
    assert found["look"]["reasons"][0] == "changed on the service: options.quality 95 -> 30"
    apply(a2c)
    assert somebody("GET", preset_of(somebody))["options"] == {"quality": 30, "width": None}
    write("c", QUALITY.replace("50", "30"), file="signatures.png")
    apply(a2c)
    assert (project / "dist/b.jpg").read_bytes() == (project / "dist/c.jpg").read_bytes()
    assert (set(actions(a2c).values()), drifted(a2c)) == ({"no-op"}, [])


def test_a_preset_that_somebody_deleted_is_gone_once_it_was_looked_for_and_then_made_anew(
    somebody: Somebody, write: Any, a2c: Command
) -> None:
    write("look", quality=30)
    write("a")
    apply(a2c)
    before = preset_of(somebody)
    somebody("DELETE", before)
    assert drifted(a2c) == [("preset", before.rpartition("/")[2], "gone")]
    assert "apply --refresh-only" in a2c("drift").err
    assert a2c("apply", "-v").out.splitlines()[-1] == "Nothing to do; no API calls."
    assert a2c("plan", "--refresh-only").out == "look: done -> no preset\n"
    assert a2c("apply", "--refresh-only").out == "look: done -> no preset\n"
    assert a2c("apply", "--refresh-only").out.startswith("the state agrees with the service")
    assert drifted(a2c) == []
    found = plan(a2c)
    assert (found["look"]["action"], found["a"]["action"]) == ("create", "no-op")
    assert found["look"]["reasons"] == ["the service no longer has it: preset for jpg"]
    write("b", file="signatures.png")
    refused = apply(a2c, "--exclude", "look", code=13)
    assert "which the service no longer has" in refused["message"]
    apply(a2c)
    assert preset_of(somebody) != before
    assert (set(actions(a2c).values()), drifted(a2c)) == ({"no-op"}, [])


def test_a_preset_that_somebody_changed_is_put_right_once_it_was_looked_for(
    somebody: Somebody, write: Any, a2c: Command
) -> None:
    write("look", quality=30)
    apply(a2c)
    somebody("PATCH", preset_of(somebody), options={"quality": 95})
    assert actions(a2c) == {"look": "no-op"}
    for _ in range(2):
        said = a2c("apply", "--refresh-only").out
        assert said == "look: changed on the service; `a2c-spec apply` does the rest\n"
        assert drifted(a2c) == [("options.quality", 30, 95)]
    assert plan(a2c)["look"]["reasons"] == ["changed on the service: options.quality 95 -> 30"]
    apply(a2c)
    assert somebody("GET", preset_of(somebody))["options"]["quality"] == 30
    assert (actions(a2c), drifted(a2c)) == ({"look": "no-op"}, [])
    assert a2c("apply", "-v").out.splitlines()[-1] == "Nothing to do; no API calls."
    assert a2c("apply", "--refresh-only").out.startswith("the state agrees with the service")


def test_a_preset_that_is_left_out_and_was_edited_runs_nothing(somebody: Somebody, write: Any, a2c: Command) -> None:
    write("look", quality=30)
    apply(a2c)
    somebody("PATCH", preset_of(somebody), options={"quality": 95})
    write("a")
    refused = apply(a2c, "--exclude", "look", code=13)
    assert "needs the preset look, which this plan leaves out" in refused["message"]
    assert "options.quality 30 -> 95" in refused["message"]
    somebody("PATCH", preset_of(somebody), options={"quality": 30})
    assert actions(a2c, "--exclude", "look") == {"a": "create"}
    write("look", quality=31)
    assert actions(a2c, "--exclude", "look") == {"a": "create"}  # it runs with the preset as it was applied


def test_a_preset_that_was_never_applied_cannot_be_left_out(server: Background, write: Any, a2c: Command) -> None:
    write("look", quality=30)
    write("a")
    assert "never applied" in plan(a2c, "--exclude", "look", code=13)["a"]["problem"]


def test_a_target_takes_along_the_preset_that_it_names_and_a_preset_can_be_a_target(
    server: Background, write: Any, a2c: Command
) -> None:
    write("look", quality=30)
    write("a")
    write("b", QUALITY)
    assert actions(a2c, "--target", "look") == {"look": "create"}
    assert actions(a2c, "--target", "a") == {"look": "create", "a": "create"}
    assert actions(a2c, "--target", "b") == {"b": "create"}
    assert apply(a2c, "--target", "a")["errors"] == []


def test_a_preset_deleted_by_somebody_is_made_anew_and_held_jobs_follow_its_id(
    somebody: Somebody, write: Any, a2c: Command
) -> None:
    write("look", quality=30)
    write("held", process=False)
    write("done")
    apply(a2c)
    somebody("DELETE", preset_of(somebody))
    assert set(actions(a2c).values()) == {"no-op"}
    assert [one[0] for one in drifted(a2c)] == ["preset"]
    write("new", BY_PRESET + ", metadata: {title: x}")
    assert actions(a2c) == {"look": "create", "held": "update", "done": "no-op", "new": "create"}
    assert "the preset look has another id" in plan(a2c)["held"]["reasons"][0]
    apply(a2c)
    assert set(actions(a2c).values()) == {"no-op"}
    write("held")
    apply(a2c)


def test_a_held_job_whose_preset_has_another_content_gets_its_conversion_anew(
    project: Path, somebody: Somebody, write: Any, a2c: Command
) -> None:
    """The local API takes the options of a preset when a conversion is made; other services, when the job starts."""
    write("look", quality=30)
    write("a", process=False)
    apply(a2c)
    write("look", quality=60)
    assert [call["kind"] for call in plan(a2c)["a"]["calls"]] == ["delete_conversion", "add_conversions"]
    write("a")
    apply(a2c)
    write("b", "options: {quality: 60}")
    apply(a2c)
    assert (project / "dist/a.jpg").read_bytes() == (project / "dist/b.jpg").read_bytes()


def test_a_change_of_a_preset_whose_answer_was_lost_is_settled_once(
    server: Background, write: Any, a2c: Command
) -> None:
    write("look", quality=30)
    apply(a2c)
    write("look", quality=31)
    faults = f"{server.url.removesuffix('/v2')}/_a2c/faults"
    lost = {"do": "drop", "when": "after", "method": "PATCH", "path": "/presets/*", "times": 9}
    assert httpx.post(faults, json=[lost]).status_code < 300
    apply(a2c, code=8)
    httpx.delete(faults)
    assert "1 call (GET 1)" in a2c("apply", "-v").out
    assert "no API calls" in a2c("apply", "-v").out


def test_a_held_job_edited_by_somebody_is_shown_with_both_values_and_put_back(
    project: Path, somebody: Somebody, write: Any, a2c: Command
) -> None:
    write("a", QUALITY, process=False)
    apply(a2c)
    assert actions(a2c) == {"a": "no-op"}
    place = conversion_of(somebody)
    somebody("PATCH", place, options={"quality": 10, "width": 5}, metadata={"z": "1"})
    somebody("PATCH", place.partition("/conversions")[0], fail_on_conversion_error=False)
    assert details(plan(a2c)["a"]) == [
        ("job.fail_on_conversion_error", False, True),
        ("conversions.g.options.quality", 10, 50),
        ("conversions.g.options.width", 5, None),
        ("conversions.g.metadata.z", "1", None),
    ]
    told = a2c("plan").out
    assert "conversion g changed on the service: options.quality 10 -> 50" in told
    assert "changed on the service: job.fail_on_conversion_error false -> true" in told
    assert sorted(path for path, *_ in drifted(a2c)) == sorted(path for path, *_ in details(plan(a2c)["a"]))
    write("a", QUALITY)
    apply(a2c)
    write("b", QUALITY)
    apply(a2c)
    assert (project / "dist/a.jpg").read_bytes() == (project / "dist/b.jpg").read_bytes()


ADDED = {
    "conversions": ({"category": "hash", "target": "md5"}, "conversion hash/md5"),
    "input": ({"type": "base64", "content": "aGk=", "filename": "their.txt"}, "input base64 their.txt"),
}
LINK = {"type": "remote", "source": "http://me:word@127.0.0.1/their.png?sig=1"}
FROM_A_LINK = ("input", LINK, "input remote http://(sensitive)@127.0.0.1/their.png is on the service")


def test_an_input_of_somebody_else_without_a_name_is_told_by_its_source(
    somebody: Somebody, write: Any, a2c: Command
) -> None:
    write("a", QUALITY, process=False)
    apply(a2c)
    part, body, told = FROM_A_LINK
    somebody("POST", f"/jobs/{somebody('GET', '/jobs')[0]['id']}/{part}", **body)
    for form in ((), ("-v",), ("--markdown",)):
        shown = a2c("plan", *form).out
        assert (told in shown, "word" in shown) == (True, False), shown


@pytest.mark.parametrize("part", ADDED)
@pytest.mark.parametrize("process", [False, True], ids=["held", "to be started"])
def test_a_part_of_somebody_else_is_told_in_full_wherever_a_plan_is_told(
    somebody: Somebody, write: Any, a2c: Command, part: str, process: bool
) -> None:
    write("a", QUALITY, process=False)
    apply(a2c)
    body, told = ADDED[part]
    somebody("POST", f"/jobs/{somebody('GET', '/jobs')[0]['id']}/{part}", **body)
    write("a", QUALITY, process=process)
    (found,) = plan(a2c)["a"]["details"]
    assert (found["foreign"], found["before"].startswith(told.partition(" ")[2]), found["after"]) == (True, True, None)
    for form in ((), ("-v",), ("--markdown",)):
        assert told in a2c("plan", *form).out
    done = apply(a2c)
    assert done["spent"] == (1 if process else 0)
    assert actions(a2c) == {"a": "no-op"}


@pytest.mark.parametrize("part", ADDED)
def test_a_part_of_ours_that_somebody_removed_is_told_as_that(
    somebody: Somebody, write: Any, a2c: Command, part: str
) -> None:
    write("a", QUALITY, process=False)
    apply(a2c)
    job = somebody("GET", "/jobs")[0]
    key = job["conversion" if part == "conversions" else part][0]["id"]
    somebody("DELETE", f"/jobs/{job['id']}/{part}/{key}")
    (found,) = plan(a2c)["a"]["details"]
    name = {"conversions": "conversions.g", "input": "inputs.i"}[part]
    assert (found["path"], found["foreign"], found["before"]) == (name, True, None)
    told = f"{name.replace('s.', ' ')} is no longer on the service: removed outside a2c-spec"
    assert all(told in a2c("plan", *form).out for form in ((), ("--markdown",)))


def test_an_edit_of_ours_does_not_make_somebody_elses_value_ours(somebody: Somebody, write: Any, a2c: Command) -> None:
    write("a", QUALITY, process=False)
    apply(a2c)
    somebody("PATCH", conversion_of(somebody), options={"width": 5})
    write("a", QUALITY.replace("50", "60"), process=False)
    found = plan(a2c)["a"]
    assert found["calls"][0]["body"] == {"options": {"quality": 60, "width": None}}
    apply(a2c)
    assert actions(a2c) == {"a": "no-op"}


def test_an_edited_job_that_somebody_started_is_not_taken_as_ours(somebody: Somebody, write: Any, a2c: Command) -> None:
    write("a", QUALITY, process=False)
    apply(a2c)
    place = conversion_of(somebody)
    somebody("PATCH", place, options={"width": 5})
    somebody("PATCH", place.partition("/conversions")[0], process=True)
    assert actions(a2c)["a"] in ("replace", "re-run")


def test_a_saved_plan_is_stale_when_a_secret_or_a_preset_changed_meanwhile(
    somebody: Somebody, write: Any, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("look", quality=30)
    apply(a2c)
    write("a")
    assert a2c("plan", "-o", "p.a2cplan.json").code == 0
    somebody("PATCH", preset_of(somebody), options={"quality": 95})
    assert a2c("apply", "p.a2cplan.json").code == 10
    write("a", "options: {download_password: {secret: 'env:A2C_VAR_WORD'}}")
    monkeypatch.setenv("A2C_VAR_WORD", "one")
    assert a2c("plan", "-o", "q.a2cplan.json").code == 0
    monkeypatch.setenv("A2C_VAR_WORD", "two")
    stale = a2c("apply", "q.a2cplan.json")
    assert (stale.code, "a: a secret changed" in stale.err) == (10, True)


def test_a_saved_plan_whose_command_is_not_allowed_here_says_that(somebody: Somebody, write: Any, a2c: Command) -> None:
    assert not somebody("GET", "/jobs")
    write("a", "options: {download_password: {secret: 'cmd:printf x'}}")
    assert a2c("plan", "-o", "p.a2cplan.json", "--allow-cmd", "printf").code == 0
    refused = a2c("apply", "p.a2cplan.json")
    assert (refused.code, "to allow it: --allow-cmd" in refused.err) == (11, True), refused.err
    assert a2c("apply", "p.a2cplan.json", "--allow-cmd", "printf").code == 0


@pytest.mark.parametrize("part", ["input", "conversions"])
@pytest.mark.parametrize("refresh", [True, False])
def test_a_part_deleted_by_somebody_is_made_anew_and_then_nothing_has_drifted(
    somebody: Somebody, write: Any, a2c: Command, part: str, refresh: bool
) -> None:
    write("one", QUALITY, process=False)
    assert a2c("apply").code == 0
    job = somebody("GET", "/jobs")[0]
    key = job["conversion" if part == "conversions" else part][0]["id"]
    somebody("DELETE", f"/jobs/{job['id']}/{part}/{key}")
    assert "gone" in a2c("drift").out
    if refresh:
        assert a2c("apply", "--refresh-only").out.endswith(" gone\n")
        assert a2c("drift").out == "no drift\n"
    assert a2c("apply").code == 0
    assert a2c("drift").out == "no drift\n"
    assert "no-op" in a2c("plan").out


def test_a_held_job_that_somebody_started_is_told_with_what_that_cost(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    (project / "a.txt").write_text("A")
    (project / "held.yaml").write_text(
        "apiVersion: a2c-spec/v1\nkind: Job\nname: held\njob: {process: false}\ninputs: [{id: i, path: a.txt}]\n"
        "conversions: [{id: h, category: hash, target: md5}]\noutputs: [{from: h, filename: x}]\n"
    )
    assert a2c("apply", "--no-cache").code == 0
    assert "started elsewhere" not in a2c("plan", "--no-cache").out
    (job,) = somebody("GET", "/jobs")
    somebody("PATCH", f"/jobs/{job['id']}", process=True)
    a2c("plan", "--no-cache")
    while somebody("GET", f"/jobs/{job['id']}")["status"]["code"] != "completed":
        pass
    told = "started elsewhere, which cost 1 credit; dist/x.md5 not downloaded yet"
    assert told in a2c("plan", "--no-cache").out
    assert a2c("apply", "--no-cache").code == 0
    assert "unchanged, 1 file verified" in a2c("plan", "--no-cache", "-v").out


PAGES = """\
apiVersion: a2c-spec/v1
kind: Job
name: h
inputs: [{id: a, path: src/cover.png}, {id: b, path: src/signatures.png}]
conversions: [{id: c, target: pdf, category: document, options: {merge: true}, metadata: {title: Draft}}]
outputs: [{from: c, filename: out, save: dist}]
job: {process: false}
"""
ORDER = ("order of inputs", ["b", "a"], ["a", "b"])
TITLE = ("conversions.c.metadata.title", "Evil", "Draft")
SAID = "changed on the service: order of inputs b, a -> a, b"


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside another change"])
def test_another_order_of_inputs_is_told_in_every_form(
    project: Path, a2c: Command, somebody: Somebody, server: Background, beside: bool
) -> None:
    (project / "h.yaml").write_text(PAGES)
    apply(a2c)
    job = somebody("GET", "/jobs")[0]
    swapped = [{"id": row["id"], "options": {"position": 2 - place}} for place, row in enumerate(job["input"])]
    url = f"{server.url}/jobs/{job['id']}"
    httpx.patch(f"{url}/input", json=swapped, headers={"x-oc-api-key": "key"}).raise_for_status()
    if beside:
        somebody("PATCH", f"/jobs/{job['id']}/conversions/{job['conversion'][0]['id']}", metadata={"title": "Evil"})
    there = [(path, after, before) for path, before, after in (TITLE, ORDER)[not beside :]]
    assert drifted(a2c) == there
    assert a2c("drift", "--detailed-exitcode").code == 2
    change = plan(a2c)["h"]
    assert details(change) == [(path, now, then) for path, then, now in there]
    assert [one["foreign"] for one in change["details"]] == [True] * len(there)
    a2c("plan", "--out", "h.a2cplan.json")
    for form in (("plan",), ("plan", "-v"), ("plan", "--markdown"), ("show", "h.a2cplan.json")):
        assert SAID in a2c(*form).out, form
    apply(a2c)
    assert (drifted(a2c), actions(a2c)) == ([], {"h": "no-op"})
