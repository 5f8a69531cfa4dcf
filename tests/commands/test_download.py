"""`a2c-spec download`, tried as a user would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Progression, Settings
from tests.commands.conftest import Faults, Somebody
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: sums
inputs: [{id: i, path: a.txt}]
conversions: [{id: sha, category: hash, target: sha256}, {id: md5, category: hash, target: md5}]
outputs: [{from: sha, filename: a}, {from: md5, filename: a}]
"""
FILES = ("a.sha256", "a.md5")


@pytest.fixture
def sums(project: Path) -> Path:
    (project / "sums.yaml").write_text(JOB)
    (project / "a.txt").write_text("first")
    return project


def run(a2c: Command, command: str, *args: str) -> tuple[int, str, set[str]]:
    """The exit code, what was said, and the methods of the calls."""
    ran = a2c(*command.split(), "sums.yaml", *args, *([] if command.startswith("plan") else ["--json"]))
    last = ran.out.splitlines()[-1:]
    sent = json.loads(last[0]).get("requests", {}) if last and last[0].startswith("{") else {}
    return ran.code, ran.out + ran.err, set(sent)


def test_download_brings_back_what_was_deleted_and_pays_nothing(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    (two / "dist/cover.webp").unlink()
    shown = a2c("download", "two.yaml", "--local", "--json")
    assert shown.code == 0
    assert (two / "dist/cover.webp").exists()
    assert set(json.loads(shown.out.splitlines()[-1])["requests"]) == {"GET"}
    assert json.loads(shown.out.splitlines()[0])["partial"] is False


def test_what_a_download_leaves_to_apply_is_counted(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert "PARTIAL" not in a2c("download", "two.yaml", "--local").out
    (two / "two.yaml").write_text((two / "two.yaml").read_text().replace("width: 64", "width: 65", 1))
    shown = a2c("download", "two.yaml", "--local")
    assert (shown.code, "PARTIAL: 1 other change left to `a2c-spec apply --local`" in shown.out) == (0, True)
    assert "a selection" in a2c("download", "two.yaml", "--local", "--target", "two").out


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("command", ["apply --no-cache", "download", "wait"])
def test_what_its_job_shows_is_downloaded_after_all_and_never_paid_again(
    sums: Path, a2c: Command, refuse: Faults, somebody: Somebody, command: str, status: int
) -> None:
    refuse(status, None, "*.md5")
    for _ in range(3):
        code, said, _ = run(a2c, "apply --no-cache -y")
        assert (code, "a.md5 cannot be downloaded: its job shows it" in said) == (9, True), said
        assert run(a2c, command)[0] == 9
        assert (sums / "dist/a.sha256").exists()
    assert "the state agrees" not in a2c("apply", "--refresh-only").out
    for given in (("plan",), ("plan", "--offline")):
        code, said, _ = run(a2c, *given)
        assert (code, f"a.md5 not downloaded yet; its last download was answered {status}" in said) == (0, True), said
        assert "no longer has it" not in said
    refuse(status, 1, "*.other")
    code, said, sent = run(a2c, command)
    assert (code, sent) == (0, {"GET"}), said
    assert [(sums / "dist" / name).exists() for name in FILES] == [True, True]
    (job,) = somebody("GET", "/jobs")
    assert job["spent"] == 2


def delete_results(somebody: Somebody) -> None:
    (job,) = somebody("GET", "/jobs")
    for one in job["output"]:
        somebody("DELETE", f"/jobs/{job['id']}/output/{one['id']}")


def delete_one(somebody: Somebody) -> None:
    (job,) = somebody("GET", "/jobs")
    one = next(one for one in job["output"] if one["filename"].endswith(".md5"))
    somebody("DELETE", f"/jobs/{job['id']}/output/{one['id']}")


def delete_job(somebody: Somebody) -> None:
    somebody("DELETE", f"/jobs/{somebody('GET', '/jobs')[0]['id']}")


LOST = {"the results": delete_results, "one of them": delete_one, "the job": delete_job}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
@pytest.mark.parametrize("before", ["never downloaded", "downloaded and removed"])
@pytest.mark.parametrize("command", ["download", "wait"])
def test_a_result_that_is_lost_is_named_and_the_command_does_not_end_well(
    sums: Path, a2c: Command, refuse: Faults, somebody: Somebody, lost: Any, before: str, command: str
) -> None:
    if before == "never downloaded":
        refuse(404, None)
        assert run(a2c, "apply --no-cache")[0] == 9
        refuse(404, 1, "*.other")
    else:
        assert run(a2c, "apply --no-cache")[0] == 0
        for name in FILES:
            (sums / "dist" / name).unlink()
    lost(somebody)
    for _ in range(2):
        code, said, _ = run(a2c, command)
        assert (code, "results are still missing: sums: " in said) == (9, True), said
        assert "no longer has" in said
    assert run(a2c, "apply --no-cache")[0] == 11, "it is asked before it is paid again"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, project: Path) -> Iterator[Background]:
    with Background(create_app(Settings(api_keys=("key",), progression=Progression("time", running=600)))) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        yield running


def test_what_still_runs_is_not_here(sums: Path, a2c: Command, slow: Background) -> None:
    assert (slow.url != "", run(a2c, "apply --no-cache", "--detach")[0]) == (True, 0)
    code, said, _ = run(a2c, "download")
    assert (code, "results are still missing: sums: running on the service" in said) == (9, True)
    assert "`a2c-spec wait` waits for it" in said


def test_what_was_never_applied_or_is_of_another_recipe_is_no_result_that_is_missing(
    sums: Path, a2c: Command, server: Background
) -> None:
    assert (server.url != "", run(a2c, "download")[0], run(a2c, "wait")[0]) == (True, 0, 0)
    assert run(a2c, "apply --no-cache")[0] == 0
    (sums / "a.txt").write_text("second")
    assert (run(a2c, "download")[0], run(a2c, "wait")[0]) == (0, 0)


def test_a_result_whose_password_was_taken_out_of_the_manifest_is_downloaded_with_it(
    sums: Path, a2c: Command, server: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = JOB.replace("filename: a}", "filename: a, download_password: {secret: env:A2C_VAR_PW}}")
    (sums / "sums.yaml").write_text(locked)
    monkeypatch.setenv("A2C_VAR_PW", "kept-out-of-sight")
    assert (server.url != "", run(a2c, "apply --no-cache")[0]) == (True, 0)
    (sums / "sums.yaml").write_text(JOB)
    shown = a2c("apply", "--no-cache")
    assert (shown.code, "download_password of sha is no longer in the manifest" in shown.out) == (0, True), shown.out
    for name in FILES:
        (sums / "dist" / name).unlink()
    shown = a2c("apply", "--no-cache", "-v")
    assert (shown.code, (sums / "dist/a.md5").exists()) == (0, True), shown.err
    assert "kept-out-of-sight" not in shown.out + shown.err
    assert "which keeps it" in shown.out + shown.err
    for name in FILES:
        (sums / "dist" / name).unlink()
    monkeypatch.delenv("A2C_VAR_PW")
    code, said, _ = run(a2c, "apply --no-cache")
    assert code in (3, 9), said
    assert "needs another password" in said


def test_a_plan_refuses_a_download_whose_password_cannot_be_had(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "a.txt").write_text("a")
    (project / "locked.yaml").write_text(
        "apiVersion: a2c-spec/v1\nkind: Job\nname: locked\ninputs: [{id: i, path: a.txt}]\n"
        "conversions: [{id: c, category: hash, target: md5}]\n"
        'outputs: [{from: c, filename: r, save: dist/, download_password: {secret: "env:A2C_VAR_PW"}}]\n'
    )
    monkeypatch.setenv("A2C_VAR_PW", "a long secret")
    assert a2c("apply", "--local", "-q").code == 0
    (project / "dist/r.md5").unlink()
    assert a2c("plan", "--local").code == 0
    monkeypatch.delenv("A2C_VAR_PW")
    for command in ("plan", "plan --markdown", "apply", "download"):
        ran = a2c(*command.split(), "--local")
        assert (ran.code, "refused: the secret env:A2C_VAR_PW is not set" in ran.out) == (5, True), ran.out
    monkeypatch.setenv("A2C_VAR_PW", "a long secret")
    assert a2c("download", "--local", "-q").code == 0
