"""`a2c-spec plan` and saved plans, tried as a user would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx
import jsonschema
import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Progression, Settings
from a2c_spec.manifests.schema.published import load_schema
from tests.commands.conftest import PNG, Somebody, in_dist, planned
from tests.conftest import Command


def test_a_plan_of_which_something_is_refused_ends_as_its_apply_does(two: Path, a2c: Command) -> None:
    (two / "dist").mkdir()
    (two / "dist/cover.webp").write_text("mine")
    for more in ((), ("--detailed-exitcode",), ("--markdown",), ("--target", "one")):
        ran = a2c("plan", "two.yaml", "--local", *more)
        told = "error: one: dist/cover.webp exists" if more == ("--target", "one") else "error: refused: one\n"
        assert (ran.code, ran.err.startswith(told)) == (13, True), ran
    assert a2c("apply", "two.yaml", "--local", "--target", "one").code == 13
    (two / "dist/signatures.webp").write_text("mine")
    ran = a2c("plan", "two.yaml", "--local", "--json")
    assert (ran.code, len(json.loads(ran.out)["changes"])) == (13, 2)
    assert ran.err.startswith("error: one: dist/cover.webp exists")


def test_a_selection_is_said_to_be_partial(two: Path, a2c: Command) -> None:
    assert planned(a2c) == {"one": "create", "two": "create"}
    assert planned(a2c, "--target", "o*") == {"one": "create"}
    assert planned(a2c, "--exclude", "one") == {"two": "create"}
    assert planned(a2c, "-l", "team=web") == {"one": "create"}
    assert "PARTIAL" in a2c("plan", "two.yaml", "--local", "--target", "one").out
    assert a2c("plan", "two.yaml", "--local", "--target", "nope").code == 2


@pytest.mark.parametrize(
    "command", ["plan two.yaml --local", "apply two.yaml --local", "wait two.yaml --local", "download two.yaml --local",
                "render two.yaml", "graph two.yaml"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--exclude", "onee"), "no address matches 'onee'\n  did you mean one?"),
        (("-l", "team=wep"), "no manifest has the label 'team=wep'\n  did you mean team=web?"),
    ],
    ids=["exclude", "label"],
)
def test_what_selects_nothing_is_refused_by_every_command(
    flags: tuple[str, str], said: str, command: str, two: Path, a2c: Command
) -> None:
    refused = a2c(*command.split(), *flags)
    assert (refused.code, said in refused.err) == (2, True), refused.err
    assert not (two / "dist").exists()


@pytest.mark.parametrize("command", ["verify", "drift", "destroy -y"])
def test_an_address_that_is_not_recorded_is_refused_and_nothing_is_done(command: str, two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local", "--target", "one").code == 0
    refused = a2c(*command.split(), "one", "onee", "--local")
    assert (refused.code, "nothing is recorded for onee\n  did you mean one?" in refused.err) == (2, True), refused.err
    assert a2c(*command.split(), "on?", "--local").code == 0
    assert (two / "dist").exists()


def test_what_is_in_no_manifest_any_more_can_be_excluded(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    (two / "two.yaml").write_text(PNG.replace("name: two", "name: three"))
    assert planned(a2c, "--exclude", "two") == {"one": "no-op", "three": "cached"}


def test_detailed_exit_codes_are_opt_in(two: Path, a2c: Command) -> None:
    assert a2c("plan", "two.yaml", "--local").code == 0
    assert a2c("plan", "two.yaml", "--local", "--detailed-exitcode").code == 2
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("plan", "two.yaml", "--local", "--detailed-exitcode").code == 0


def test_an_offline_plan_makes_no_api_calls(two: Path, a2c: Command) -> None:
    shown = a2c("plan", "two.yaml", "--offline", "--base-url", "http://127.0.0.1:9/v2")
    assert shown.code == 0
    assert "2 to create" in shown.out


def test_a_saved_plan_does_what_it_shows_once_and_not_when_something_moved(two: Path, a2c: Command) -> None:
    assert a2c("plan", "two.yaml", "--local", "-o", "p.a2cplan.json").code == 0
    tree = json.loads((two / "p.a2cplan.json").read_text())
    jsonschema.validate(tree, load_schema("plan"))
    assert (two / "p.a2cplan.json").stat().st_mode & 0o077 == 0
    assert a2c("show", "p.a2cplan.json", "--exit-code").code == 2
    assert a2c("show", "p.a2cplan.json", "--markdown").out.startswith("<!-- a2c-spec plan -->")
    assert a2c("apply", "p.a2cplan.json", "--local").code == 0
    again = a2c("apply", "p.a2cplan.json", "--local")
    assert (again.code, "once" in again.err) == (10, True)


FLAGS = [
    ("--target", "one"),
    ("--exclude", "one"),
    ("-l", "team"),
    ("--replace", "one"),
    ("--on-conflict", "skip"),
    ("--var", "a=b"),
    ("--no-cache",),
    ("--refresh-only",),
]


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_nothing_is_selected_from_a_saved_plan_or_changed_in_it(
    flags: tuple[str, ...], two: Path, a2c: Command
) -> None:
    assert a2c("plan", "two.yaml", "--local", "-o", "p.a2cplan.json").code == 0
    refused = a2c("apply", "p.a2cplan.json", "--local", *flags)
    said = "--refresh-only is for all records" if flags == ("--refresh-only",) else "is applied as it was saved"
    assert (refused.code, said in refused.err) == (2, True)
    assert a2c("apply", "p.a2cplan.json", "--local", "--parallelism", "2", "-q").code == 0


ELSEWHERE = [([], ["--local"]), (["--local"], []), ([], ["--base-url", "http://127.0.0.1:9/v2"])]


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("made", "applied"), ELSEWHERE, ids=["local", "not local", "another address"])
def test_where_a_plan_goes_is_said_by_the_run_alone_and_another_place_makes_it_stale(
    made: list[str], applied: list[str], two: Path, a2c: Command, somebody: Somebody
) -> None:
    assert a2c("plan", "two.yaml", *made, "-o", "p.a2cplan.json").code == 0
    shutil.rmtree(two / ".a2c")
    refused = a2c("apply", "p.a2cplan.json", *applied)
    assert (refused.code, "the plan was made for" in refused.err) == (10, True)
    assert not (two / ".a2c").exists(), "nothing was opened, so nothing was sent"
    assert not somebody("GET", "/jobs")
    assert a2c("apply", "p.a2cplan.json", *made).code == 0


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("A2C_SPEC_LOCAL", "1", "not for the built-in local API (A2C_SPEC_LOCAL)"),
        ("A2C_SPEC_ENV", "prod", "not for environment prod (A2C_SPEC_ENV)"),
    ],
)
def test_a_variable_that_does_not_fit_a_saved_plan_is_named(
    variable: str, value: str, said: str, two: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert a2c("plan", "two.yaml", "-o", "p.a2cplan.json").code == 0
    monkeypatch.setenv(variable, value)
    refused = a2c("apply", "p.a2cplan.json")
    assert (refused.code, said in refused.err, f"unset {variable}, or" in refused.err) == (10, True, True), refused.err


def test_a_plan_made_without_the_results_cache_is_applied_without_it(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("destroy", "--all", "--local", "-y", "--files").code == 0
    assert "from the results cache" in a2c("plan", "two.yaml", "--local").out
    assert a2c("plan", "two.yaml", "--local", "--no-cache", "-o", "p.a2cplan.json").code == 0
    done = a2c("apply", "p.a2cplan.json", "--local")
    assert (done.code, "2 credits spent" in done.out) == (0, True), done.err


def test_a_plan_cannot_be_saved_of_a_refresh(two: Path, a2c: Command) -> None:
    refused = a2c("plan", "two.yaml", "--local", "--refresh-only", "-o", "p.a2cplan.json")
    assert (refused.code, "makes no plan that could be saved" in refused.err) == (2, True)


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_refresh_selects_nothing(command: str, two: Path, a2c: Command) -> None:
    refused = a2c(command, "two.yaml", "--local", "--refresh-only", "--target", "one")
    assert (two.is_dir(), refused.code, "for all records" in refused.err) == (True, 2, True)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("two.yaml", PNG.replace("width: 64", "width: 65", 1), "one: the manifest changed"),
        ("src/cover.png", "other bytes", "one: the bytes of the input src/cover.png changed"),
    ],
)
def test_a_stale_plan_names_what_moved(name: str, text: str, said: str, two: Path, a2c: Command) -> None:
    assert a2c("plan", "two.yaml", "--local", "-o", "p.a2cplan.json").code == 0
    (two / name).write_text(text)
    refused = a2c("apply", "p.a2cplan.json", "--local")
    assert refused.code == 10
    assert said in refused.err


def test_a_plan_made_before_another_apply_is_stale(two: Path, a2c: Command) -> None:
    assert a2c("plan", "two.yaml", "--local", "-o", "p.a2cplan.json").code == 0
    assert a2c("apply", "two.yaml", "--local").code == 0
    refused = a2c("apply", "p.a2cplan.json", "--local")
    assert (refused.code, "the state changed" in refused.err) == (10, True)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format_version": 1}', '{"format_version": 99}', "\x00", "[" * 9999]
)
def test_a_file_that_is_no_plan_is_refused(text: str, two: Path, a2c: Command) -> None:
    (two / "p.a2cplan.json").write_text(text)
    assert a2c("apply", "p.a2cplan.json", "--local").code == 5
    assert a2c("show", "p.a2cplan.json").code == 5


def test_a_plan_that_is_stale_because_of_a_file_here_says_which(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    (two / "two.yaml").write_text(PNG.replace("filename: cover", "filename: other"))
    assert a2c("plan", "two.yaml", "--local", "-o", "x.a2cplan.json").code == 0
    (two / "dist/cover.webp").unlink()
    ran = a2c("apply", "x.a2cplan.json", "--local")
    assert ran.code == 10
    assert "one: what has to be done changed (dist/cover.webp is missing here" in ran.err
    assert "live job" not in ran.err


@pytest.mark.parametrize("flags", [(), ("--detailed-exitcode",), ("--json",), ("--offline",)])
@pytest.mark.parametrize("also", [False, True], ids=["all of it", "a part"])
def test_a_plan_with_refusals_does_not_end_well(
    project: Path, a2c: Command, also: bool, flags: tuple[str, ...]
) -> None:
    (project / "dist").mkdir()
    (project / "dist/cover.webp").write_text("mine")
    one, two = PNG.split("---\n")
    (project / "one.yaml").write_text(one)
    if also:
        (project / "two.yaml").write_text(two)
    planned = a2c("plan", "--local", *flags)
    assert (planned.code, ("refused: one" if also else "one: dist/cover.webp exists") in planned.err) == (13, True)
    assert "--json" not in flags or json.loads(planned.out)["totals"]["actions"]["refused"] == 1
    assert a2c("apply", "--local").code == (9 if also else 13)


CLAIMED = [
    ("apply two.yaml --local --outputs dist/COVER.webp", "the result dist/cover.webp of one is written there"),
    ("apply two.yaml --local --outputs dist", "the result dist/cover.webp of one is written there"),
    ("apply two.yaml --local --outputs dist/cover.webp/x.json", "the result dist/cover.webp of one is written there"),
    ("apply two.yaml --local --outputs src/page.a2cplan.json", "that is an input of page"),
    ("apply two.yaml --local --outputs two.yaml", "something else is there already"),
    ("plan two.yaml --local --out src/page.a2cplan.json", "that is an input of page"),
    ("plan two.yaml --local --out other.a2cplan.json", "something else is there already"),
]


@pytest.mark.parametrize(("line", "said"), CLAIMED)
def test_a_flag_names_no_file_that_the_plan_reads_or_writes(two: Path, a2c: Command, line: str, said: str) -> None:
    page = """\
---
apiVersion: a2c-spec/v1
kind: Job
name: page
inputs: [{id: page, path: src/page.a2cplan.json}]
conversions: [{id: c, target: zip}]
"""
    (two / "two.yaml").write_text(PNG + page)
    (two / "src/page.a2cplan.json").touch()
    (two / "other.a2cplan.json").write_text("mine")
    ran = a2c(*line.split())
    assert (ran.code, said in ran.err) == (2, True), ran.err
    assert not (two / "dist").exists()


def test_a_flag_names_no_place_of_a_result_even_if_that_is_missing(two: Path, a2c: Command) -> None:
    a2c("apply", "two.yaml", "--local")
    (two / "dist/cover.webp").unlink()
    for line in ("report --local --out dist/cover.webp", "apply two.yaml --local --outputs dist/cover.webp"):
        ran = a2c(*line.split())
        assert (ran.code, "dist/cover.webp: that is the place of a result of one" in ran.err) == (2, True), ran.err
    assert in_dist(two) == ["signatures.webp"]


def test_a_file_that_only_the_run_named_is_not_written_over(two: Path, a2c: Command) -> None:
    (two / "two.yaml").write_text(PNG.replace("filename: cover", 'filename: "r${{ output.index }}"'))
    ran = a2c("apply", "two.yaml", "--local", "--outputs", "dist/r1.webp")
    assert (ran.code, "cannot write --outputs" in ran.err) == (1, True)
    assert "everything else is done and recorded" in ran.err
    assert a2c("verify", "--local").code == 0


def test_a_name_of_dots_only_is_planned_as_it_is_written(two: Path, a2c: Command) -> None:
    (two / "two.yaml").write_text(PNG.replace("filename: cover", 'filename: "..."'))
    (two / "dist").mkdir()
    (two / "dist/result.webp").write_text("mine")
    ran = a2c("apply", "two.yaml", "--local", "--target", "one")
    assert (ran.code, "dist/result.webp exists" in ran.err, "spent" in ran.out + ran.err) == (13, True, False)
    (two / "dist/result.webp").unlink()
    (change, _) = json.loads(a2c("plan", "two.yaml", "--local", "--json").out)["changes"]
    assert change["writes"] == ["dist/result.webp"]
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert in_dist(two) == ["result.webp", "signatures.webp"]


def test_a_plan_whose_upstream_job_ended_meanwhile_says_that(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody changed a manifest."""
    (project / "a.txt").write_text("a")
    jobs = (("up", "path: a.txt", "md5"), ("late", "from: up.c", "sha1"))
    for name, source, target in jobs:
        lines = ["apiVersion: a2c-spec/v1", "kind: Job", f"name: {name}", f"inputs: [{{id: i, {source}}}]"]
        (project / f"{name}.yaml").write_text("\n".join([*lines, f"conversions: [{{id: c, target: {target}}}]", ""]))
    slow = Settings(api_keys=("key",), progression=Progression("polls", running=4))
    with Background(create_app(slow)) as server, httpx.Client(headers={"x-oc-api-key": "key"}) as client:
        monkeypatch.setenv("API2CONVERT_BASE_URL", server.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        assert a2c("apply", "-q", "--detach", "--target", "up").code == 0
        saved = a2c("plan", "-o", "p.a2cplan.json")
        assert (saved.code, "so it is once a job goes on that runs now (up)" in saved.err) == (0, True), saved.err
        (job,) = client.get(f"{server.url}/jobs").json()
        while client.get(f"{server.url}/jobs/{job['id']}").json()["status"]["code"] != "completed":
            pass
        stale = a2c("apply", "p.a2cplan.json", "-y")
    assert (stale.code, "manifest" in stale.err) == (10, False), stale.err
    assert "the plan is stale: up: the live job changed (running -> completed)\n" in stale.err
