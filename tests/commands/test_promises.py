"""Commands do what they say: `wait` starts nothing, a failure is that of one job, what was changed too late is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: i, path: {name}.txt{more}}}]
conversions: [{{id: h, category: hash, target: sha256}}]
outputs: [{{from: h{output}}}]
{extra}
"""
NAMES = ("a", "b", "c")


def job(project: Path, name: str, *, more: str = "", output: str = "", extra: str = "") -> None:
    (project / f"{name}.txt").write_text(name)
    (project / f"{name}.yaml").write_text(JOB.format(name=name, more=more, output=output, extra=extra))


@pytest.fixture
def three(project: Path, server: Background) -> Path:
    for name in NAMES:
        job(project, name)
    return project


def faults(server: Background, *rows: dict[str, Any]) -> None:
    httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=list(rows)).raise_for_status()


def summary(out: str) -> dict[str, Any]:
    told: dict[str, Any] = next(row for row in map(json.loads, out.splitlines()) if row.get("event") == "summary")
    return told


def record(a2c: Command, address: str) -> dict[str, Any]:
    shown = json.loads(a2c("state", "show", address, "--json").out)
    found: dict[str, Any] = shown if isinstance(shown, dict) else shown[0]
    return found


def test_a_read_that_fails_is_that_of_one_job(three: Path, a2c: Command, server: Background) -> None:
    assert a2c("apply", "--detach", "--no-cache").code == 0
    broken = record(a2c, "b")["job_id"]
    faults(server, {"do": "status", "status": 500, "method": "GET", "path": f"/jobs/{broken}", "times": None})
    assert a2c("plan").code == 8, "and what is known is shown all the same"
    waited = a2c("wait", "--json")
    (failed,) = summary(waited.out)["errors"]
    assert (waited.code, failed["address"], failed["error"]) == (9, "b", "ReadFailed")
    assert sorted(path.name for path in (three / "dist").iterdir()) == ["a.sha256", "c.sha256"]
    alone = a2c("wait", "b.yaml")
    assert (alone.code, "error: b: the service failed with 500" in alone.err) == (8, True), alone.err
    httpx.delete(f"{server.url.removesuffix('/v2')}/_a2c/faults").raise_for_status()
    assert a2c("wait").code == 0


@pytest.mark.parametrize("status", [401, 403])
def test_a_result_that_no_password_opens_stops_nobody_else(
    three: Path, a2c: Command, server: Background, status: int
) -> None:
    faults(server, {"do": "status", "status": status, "method": "GET", "path": "*/a.sha256", "times": None})
    applied = a2c("apply", "--json", "--no-cache", "--parallelism", "1")
    told = summary(applied.out)
    assert (applied.code, [row["address"] for row in told["errors"]], told["unstarted"]) == (9, ["a"], 0)
    assert sorted(path.name for path in (three / "dist").iterdir()) == ["b.sha256", "c.sha256"]


KNOWN = {
    "default name": ("", "a.sha256"),
    "a name": (", filename: x", "x.sha256"),
    "made from the input": (", filename: '${{ input.stem }}-1'", "a-1.sha256"),
    "a folder from the input": (", filename: x, save: 'dist/${{ input.stem }}/'", "a/x.sha256"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_file_in_the_way_is_told_before_anything_is_paid(
    project: Path, a2c: Command, somebody: Somebody, name: str
) -> None:
    output, path = KNOWN[name]
    job(project, "a", output=output)
    (project / "dist" / path).parent.mkdir(parents=True)
    (project / "dist" / path).write_text("mine")
    refused = a2c("apply", "--no-cache")
    assert (refused.code, f"dist/{path} exists" in refused.err, somebody("GET", "/jobs") or []) == (13, True, [])


LATE = {
    "callback": ({"extra": "job: {callback: 'https://ci.example.com/hook'}"}, "job.callback changed after the run"),
    "download_passwords": (
        {"extra": "job: {download_passwords: [{secret: 'file:word'}]}"},
        "job.download_passwords changed after the run",
    ),
    "decrypt_password": (
        {"more": ", decrypt_password: {secret: 'file:word'}"},
        "decrypt_password (sensitive: changed)",
    ),
    "download_password": (
        {"output": ", download_password: {secret: 'file:word'}"},
        "download_password (sensitive: changed)",
    ),
}


@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("first", ["another value", "nothing"])
def test_what_is_changed_after_the_run_is_seen_and_said(
    project: Path, server: Background, a2c: Command, name: str, first: str
) -> None:
    changed, told = LATE[name]
    (project / "word").write_text("first\n")
    before = {key: text.replace("hook", "before") for key, text in changed.items()} if first != "nothing" else {}
    job(project, "a", **before)
    assert a2c("apply", "--no-cache").code == 0
    (project / "word").write_text("second\n")
    job(project, "a", **changed)
    shown = a2c("plan", "--no-cache")
    said = told if name != "decrypt_password" or first != "nothing" else "decrypt"
    assert (shown.code, said in shown.out) == (0, True), shown.out


@pytest.mark.parametrize("name", sorted({*LATE} - {"callback"}))
def test_a_secret_that_cannot_be_read_is_not_called_unchanged(
    project: Path, server: Background, a2c: Command, name: str
) -> None:
    (project / "word").write_text("first\n")
    job(project, "a", **LATE[name][0])
    assert a2c("apply", "--no-cache").code == 0
    assert "cannot be read" not in a2c("plan", "-o", "all.a2cplan.json").out
    (project / "word").unlink()
    told = "Secrets that cannot be used here: file:word cannot be read: No such file or directory."
    for form in (("plan",), ("plan", "--markdown"), ("plan", "-o", "less.a2cplan.json"), ("show", "less.a2cplan.json")):
        assert told in a2c(*form).out
    assert json.loads(a2c("plan", "--json").out)["unread_secrets"] == [
        "file:word cannot be read: No such file or directory"
    ]


@pytest.mark.parametrize(("text", "why"), [("", "is empty"), ("oth\u200ber", "holds the character U+200B ")])
def test_a_secret_that_is_none_is_told_with_why_and_a_plan_that_sends_it_ends_as_apply_does(
    project: Path, server: Background, a2c: Command, text: str, why: str
) -> None:
    (project / "word").write_text("first\n")
    job(project, "a", **LATE["decrypt_password"][0])
    assert a2c("apply", "--no-cache").code == 0
    (project / "word").write_text(text)
    for command in ("plan", "apply", "plan --offline --replace a"):
        ran = a2c(*command.split())
        assert (ran.code, f"cannot be used here: file:word {why}" in ran.out) == (0, True), ran
    for command in ("plan --replace a", "apply -y --replace a"):
        ran = a2c(*command.split())
        assert (ran.code, f"error: a: the secret file:word {why}" in ran.err) == (5, True), ran


def test_a_job_is_imported_once(three: Path, a2c: Command) -> None:
    assert a2c("apply").code == 0
    taken = record(a2c, "a")["job_id"]
    assert a2c("state", "rm", "a").code == 0
    (three / "a.yaml").unlink()
    (three / "dist/a.sha256").unlink()
    assert a2c("import", taken, "--name", "first").code == 0
    refused = a2c("import", taken, "--name", "second")
    assert (refused.code, f"job {taken} is recorded already, as first" in refused.err) == (2, True)
    assert not (three / "second.yaml").exists()
