"""A result that is left out (`on_conflict: skip`) is told, and whose file stands in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Somebody, spent, wait_for
from tests.conftest import Command


@pytest.mark.parametrize("policy", ["skip", "error", "rename", "overwrite"])
def test_whatever_on_conflict_says_the_other_environment_is_named(policy: str, two: Path, a2c: Command) -> None:
    (two / "a2c.yaml").write_text("environments: {pr: {}}\n")
    assert a2c("apply", "two.yaml", "--local", "--env", "pr", "-q").code == 0
    shown = a2c("plan", "two.yaml", "--local", "--on-conflict", policy)
    assert "cannot be written, because it is a result of one in environment pr" in shown.out, shown.out


LATE = """\
apiVersion: a2c-spec/v1
kind: Job
name: late
inputs: [{id: i, path: scan.txt}]
conversions: [{id: c, category: hash, target: md5}]
outputs: [{from: c, save: dist/, filename: "x-${{ output.index }}", on_conflict: skip}]
"""
LEFT = "skipped: dist/x-1.md5 exists and is not ours; the result stays on the service"


@pytest.mark.parametrize("form", [(), ("-v",), ("--json",)])
def test_a_result_that_is_left_out_after_its_run_is_told(
    form: tuple[str, ...], project: Path, a2c: Command, somebody: Somebody
) -> None:
    _late(project)
    (project / "dist").mkdir()
    (project / "dist/x-1.md5").write_text("mine")
    done = a2c("apply", *form)
    assert done.code == 0
    assert LEFT in done.out + done.err
    assert (project / "dist/x-1.md5").read_text() == "mine"
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_a_result_that_would_be_left_out_is_not_called_downloaded(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    _late(project)
    (project / "dist").mkdir()
    (project / "dist/x-1.md5").write_text("mine")
    a2c("apply", "--detach")
    wait_for(somebody, somebody("GET", "/jobs")[0]["id"], "completed")
    ran = a2c("wait")
    shown = ran.out + ran.err
    assert "it has ended; skipped: dist/x-1.md5 exists and is not ours" in shown
    assert "writes" not in shown
    assert "already downloaded" not in shown
    assert LEFT in shown


def test_a_late_name_that_another_environment_has_is_left_out_as_the_plan_says(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    (project / "a2c.yaml").write_text("environments: {st: {}, pr: {}}\n")
    _late(project)
    assert a2c("apply", "-q", "--env", "pr").code == 0
    (project / "scan.txt").write_text("other")
    done = a2c("apply", "--env", "st")
    assert done.code == 0
    assert (
        "skipped: dist/x-1.md5 cannot be written, because it is a result of late in environment pr"
        in done.out + done.err
    )
    assert spent(somebody) == 2
    shown = a2c("plan", "--env", "st", "--detailed-exitcode")
    assert (shown.code, "1 skipped" in shown.out) == (0, True)


def _late(project: Path) -> None:
    (project / "late.yaml").write_text(LATE)
    (project / "scan.txt").write_text("first")


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("error", "refused: dist/d/scan.sha1 exists and is not recorded"),
        ("overwrite", "replaces dist/d/scan.sha1"),
        ("rename", "writes dist/d/scan-1.sha1"),
        ("skip", "skipped: dist/d/scan.sha1 exists and is not ours"),
    ],
)
def test_the_place_of_what_is_made_of_a_result_is_known_in_every_state_of_that(
    policy: str, told: str, project: Path, a2c: Command, somebody: Somebody
) -> None:
    head = "apiVersion: a2c-spec/v1\nkind: Job\n"
    made = "conversions: [{id: c, category: hash, target: md5}]\n"
    (project / "scan.txt").write_text("scan")
    (project / "f.yaml").write_text(f"{head}name: f\ninputs: [{{id: i, path: scan.txt}}]\n{made}")
    taken = f"{head}name: g\ninputs: [{{id: i, from: f.c}}]\n{made.replace('md5', 'sha1')}"
    (project / "g.yaml").write_text(f"{taken}outputs: [{{from: c, save: dist/d/, on_conflict: {policy}}}]\n")
    (project / "dist/d").mkdir(parents=True)
    (project / "dist/d/scan.sha1").write_text("mine")
    assert told in a2c("plan").out
    assert a2c("apply", "-q", "--detach", "--target", "f").code == 0
    wait_for(somebody, somebody("GET", "/jobs")[0]["id"], "completed")
    assert told in a2c("plan").out, "it has ended, and is not here"
    assert a2c("download", "-q").code in (0, 9, 13)
    assert told in a2c("plan").out


def test_where_all_that_a_job_made_is_left_out_nothing_is_waited_for(
    two: Path, a2c: Command, somebody: Somebody
) -> None:
    assert a2c("apply", "--target", "one", "two.yaml", "--detach", "--on-conflict", "skip").code == 0
    (job,) = somebody("GET", "/jobs")
    wait_for(somebody, job["id"], "completed")
    (two / "dist").mkdir(exist_ok=True)
    (two / "dist/cover.webp").write_text("mine")
    line = ("two.yaml", "--target", "one", "--on-conflict", "skip")
    done = a2c("download", *line)
    assert (done.code, "waits for it" in done.err) == (0, False), done.err
    assert (two / "dist/cover.webp").read_text() == "mine"
