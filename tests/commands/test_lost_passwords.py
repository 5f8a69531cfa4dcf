"""Passwords of results that cannot be had, or that have another value than at the run: a plan says what apply meets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Somebody, in_dist, spent, wait_for
from tests.conftest import Command

SECRET = "{secret: env:A2C_VAR_PW}"
JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: i, path: {name}.txt}}]
conversions: [{{id: c, category: hash, target: md5{conversion}}}]
outputs: [{{from: c, filename: {name}, save: dist/{output}}}]
{job}
"""
PLACES = {
    "of the output": {"output": f", download_password: {SECRET}"},
    "of the conversion": {"conversion": f", options: {{download_password: {SECRET}}}"},
    "of the job": {"job": f"job: {{download_passwords: [{SECRET}]}}"},
}
REFUSED = "refused: the secret env:A2C_VAR_PW is not set"
EVERYWHERE = pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)


def write(project: Path, name: str, places: dict[str, str]) -> None:
    (project / f"{name}.txt").write_text(name)
    texts = {"output": "", "conversion": "", "job": "", **places}
    (project / f"{name}.yaml").write_text(JOB.format(name=name, **texts))


def start(project: Path, a2c: Command, places: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Starts the job ``one``, with its secret, and does not wait for it."""
    write(project, "one", places)
    monkeypatch.setenv("A2C_VAR_PW", "a long secret")
    assert a2c("apply", "one.yaml", "--detach").code == 0


@EVERYWHERE
def test_a_download_is_refused_by_every_form_of_the_plan(
    places: dict[str, str], project: Path, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(project, a2c, places, monkeypatch)
    (row,) = somebody("GET", "/jobs")
    wait_for(somebody, row["id"], "completed")
    for _ in ("after --detach", "a file that is missing"):
        monkeypatch.delenv("A2C_VAR_PW")
        for command in ("plan", "plan --detailed-exitcode", "plan --markdown", "apply", "wait", "download"):
            ran = a2c(*command.split(), "one.yaml", "--no-cache" if command == "apply" else "-v")
            assert (ran.code, REFUSED in ran.out) == (5, True), f"{command}: {ran.code} {ran.out} {ran.err}"
        told = a2c("plan", "one.yaml", "--json")
        (change,) = json.loads(told.out)["changes"]
        assert (told.code, f"refused: {change['problem']}") == (5, REFUSED)
        monkeypatch.setenv("A2C_VAR_PW", "a long secret")
        assert a2c("wait", "one.yaml").code + a2c("download", "one.yaml").code == 0
        assert in_dist(project) == ["one.md5"]
        (project / "dist/one.md5").unlink()


@EVERYWHERE
def test_a_running_job_whose_result_cannot_be_opened_is_no_promise(
    places: dict[str, str], project: Path, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(project, a2c, places, monkeypatch)
    monkeypatch.delenv("A2C_VAR_PW")
    for command in ("plan", "wait"):
        ran = a2c(command, "one.yaml")
        assert (ran.code, REFUSED in ran.out) == (5, True), ran.out
    assert len(somebody("GET", "/jobs")) == 1


@EVERYWHERE
def test_nothing_is_paid_for_a_result_that_could_not_be_opened(
    places: dict[str, str], project: Path, a2c: Command, somebody: Somebody
) -> None:
    for name in ("one", "two"):
        write(project, name, places)
    write(project, "free", {})
    ran = a2c("plan", "one.yaml", "two.yaml", "free.yaml")
    assert (ran.code, ran.out.count(REFUSED)) == (5, 2), ran.out
    ran = a2c("apply", "one.yaml", "two.yaml", "free.yaml")
    assert (ran.code, spent(somebody), in_dist(project)) == (9, 1, ["free.md5"]), ran.err
    assert "one, two" in ran.out, "each by its own address"


@EVERYWHERE
def test_another_value_than_at_the_run_is_said_before_and_after(
    places: dict[str, str], project: Path, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "one", places)
    monkeypatch.setenv("A2C_VAR_PW", "a long secret")
    assert a2c("apply", "one.yaml").code == 0
    (project / "dist/one.md5").unlink()
    monkeypatch.setenv("A2C_VAR_PW", "another secret")
    forms = [a2c("plan", "one.yaml", *form).out for form in ((), ("--markdown",), ("--json",))]
    if "output" in places:  # which the service lets change
        assert all("output of c: download_password (sensitive: changed)" in out for out in forms), forms
        assert a2c("apply", "one.yaml", "--no-cache").code == 0
        return
    named = "job.download_passwords" if "job" in places else "download_password of c"
    assert all(f"{named} changed after the run" in out for out in forms), forms
    ran = a2c("apply", "one.yaml", "--no-cache", "--quiet")
    assert (ran.code, "has the password of its run" in ran.err) == (3, True), ran.err
    assert spent(somebody) == 1
    monkeypatch.setenv("A2C_VAR_PW", "a long secret")
    assert "changed after the run" not in a2c("plan", "one.yaml").out
    assert (a2c("apply", "one.yaml").code, in_dist(project)) == (0, ["one.md5"])
