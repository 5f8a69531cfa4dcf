"""A job that failed while nobody waited for it: what it made, and what it did not, is known before anything is planned
for its manifest as it is now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody, in_dist, spent, wait_for
from tests.conftest import Command

GOOD, BAD, MENDED = "k hash md5", "m document txt", "m hash sha1"
OTHER = "k hash sha256"


def write(project: Path, *conversions: str, name: str = "h") -> None:
    rows = [dict(zip(("id", "category", "target"), row.split(), strict=True)) for row in conversions]
    outputs = [{"from": row["id"], "save": "dist/", "filename": row["id"]} for row in rows]
    head = f"apiVersion: a2c-spec/v1\nkind: Job\nname: {name}\ninputs: [{{id: i, path: a.png}}]\n"
    (project / f"{name}.yaml").write_text(f"{head}conversions: {json.dumps(rows)}\noutputs: {json.dumps(outputs)}\n")


@pytest.fixture
def failed(project: Path, a2c: Command, somebody: Somebody) -> Somebody:
    """A job has made one of two results, and failed for the other: a picture holds no text. It cost 1 credit."""
    (project / "a.png").write_bytes((project / "src/cover.png").read_bytes())
    write(project, GOOD, BAD)
    assert a2c("apply", "-q", "--detach").code == 0
    (job,) = [row["id"] for row in somebody("GET", "/jobs")]
    wait_for(somebody, job, "failed")
    assert spent(somebody) == 1
    return somebody


CASES: list[tuple[str, list[str], list[str], int, int, list[str]]] = [
    ("the bad one is mended", [GOOD, MENDED], ["download", "re-run"], 0, 2, ["k.md5", "m.sha1"]),
    ("the bad one is not asked for", [GOOD], ["download"], 0, 1, ["k.md5"]),
    ("only the bad one is, mended", [MENDED], ["re-run"], 0, 2, ["m.sha1"]),
    ("the good one is another", [OTHER], ["re-run"], 1, 2, ["k.sha256"]),
    ("both are others", [OTHER, MENDED], ["re-run"], 1, 3, ["k.sha256", "m.sha1"]),
    ("a third one is asked for", [GOOD, "n hash sha512"], ["download", "re-run"], 0, 2, ["k.md5", "n.sha512"]),
]


@pytest.mark.parametrize(
    ("asked", "actions", "before", "cost", "files"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_conversion_is_planned_by_what_became_of_it(
    project: Path,
    a2c: Command,
    failed: Somebody,
    asked: list[str],
    actions: list[str],
    before: int,
    cost: int,
    files: list[str],
) -> None:
    write(project, *asked)
    told = json.loads(a2c("plan", "--json").out)
    assert sorted(row["action"] for row in told["changes"] if row["action"] != "no-op") == actions
    assert told["totals"]["credits_paid_before"] == before
    assert a2c("apply", "-q").code == (11 if before else 0)
    assert a2c("apply", "-q", "-y").code == 0
    assert (in_dist(project), spent(failed)) == (files, cost)
    assert a2c("plan", "--detailed-exitcode").code == 0
    assert a2c("verify").code == 0


def test_a_mended_one_beside_another_is_not_said_to_be_paid_before(
    project: Path, a2c: Command, failed: Somebody
) -> None:
    assert spent(failed) == 1
    write(project, OTHER, MENDED)
    assert "about 2 credits, 1 of them paid before" in a2c("plan").out


def test_where_nothing_was_made_one_job_makes_all_of_it(project: Path, a2c: Command, somebody: Somebody) -> None:
    (project / "a.png").write_bytes((project / "src/cover.png").read_bytes())
    write(project, BAD, "n hash md5", "k hash sha512")
    assert a2c("apply", "-q", "--detach").code == 0
    (job,) = [row["id"] for row in somebody("GET", "/jobs")]
    wait_for(somebody, job, "failed")
    write(project, MENDED, "n hash sha256", "k hash sha512")
    told = json.loads(a2c("plan", "--json").out)
    assert [(row["action"], row["paid_again"]) for row in told["changes"]] == [("re-run", False)]
    assert a2c("apply", "-q").code == 0
    assert (len(somebody("GET", "/jobs")), spent(somebody)) == (2, 3)


def test_what_it_cost_is_told_and_counts_for_the_day(
    project: Path, a2c: Command, failed: Somebody, server: Background
) -> None:
    assert server
    write(project, GOOD)
    assert "1 credit spent" in a2c("apply").out
    assert spent(failed) == 1
    assert "1 credit spent" not in a2c("apply").out


@pytest.mark.parametrize("command", ["plan", "status", "drift", "render", "graph"])
def test_what_only_looks_records_nothing(project: Path, a2c: Command, failed: Somebody, command: str) -> None:
    assert spent(failed) == 1
    before = a2c("state", "list", "--json").out
    a2c(command)
    assert a2c("state", "list", "--json").out == before


@pytest.mark.parametrize("command", ["wait", "download"])
def test_what_only_waits_or_downloads_does_not_end_well_where_a_conversion_failed(
    project: Path, a2c: Command, failed: Somebody, command: str
) -> None:
    ran = a2c(command)
    assert (ran.code, "a picture holds no text" in ran.err, in_dist(project)) == (6, True, ["k.md5"]), ran.err
    assert (a2c(command).code, spent(failed)) == (6, 1), "its result is as missing as before"


def test_wait_tells_a_failure_that_a_refresh_has_seen(project: Path, a2c: Command, failed: Somebody) -> None:
    write(project, BAD, name="alone")
    (project / "h.yaml").unlink()
    assert a2c("apply", "-q", "--detach", "-y").code == 0
    for job in failed("GET", "/jobs"):
        wait_for(failed, job["id"], "failed")
    assert a2c("apply", "--refresh-only", "-q").code == 0
    told = a2c("wait")
    assert (told.code, "still missing: alone: the last run failed" in told.err) == (6, True), told.err


@pytest.mark.parametrize("moved", ["", "moved: {from: h}"])
def test_a_manifest_that_was_renamed_and_mended_before_the_failure_was_seen(
    project: Path, a2c: Command, failed: Somebody, moved: str
) -> None:
    (project / "h.yaml").unlink()
    write(project, GOOD, MENDED, "n hash sha512", name="g")
    (project / "g.yaml").write_text((project / "g.yaml").read_text() + moved + "\n")
    assert json.loads(a2c("plan", "--json").out)["totals"]["credits_paid_before"] == 0
    assert a2c("apply", "-q").code == 0
    assert (in_dist(project), spent(failed)) == (["k.md5", "m.sha1", "n.sha512"], 3)
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_a_colleagues_edit_of_what_was_started_and_not_waited_for_is_told_by_wait(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    (project / "a.png").write_bytes((project / "src/cover.png").read_bytes())
    write(project, GOOD, "m image png")
    held = (project / "h.yaml").read_text()
    (project / "h.yaml").write_text(held + "job: {process: false}\n")
    assert a2c("apply", "-q").code == 0
    (job,) = somebody("GET", "/jobs")
    (png,) = [row["id"] for row in job["conversion"] if row["target"] == "png"]
    somebody("PATCH", f"/jobs/{job['id']}/conversions/{png}", options={"width": 7})
    somebody("PATCH", f"/jobs/{job['id']}", process=True)
    wait_for(somebody, job["id"], "completed")
    (project / "h.yaml").write_text(held)
    ran = a2c("wait")
    assert (ran.code, "conversion m changed on the service: options.width 7" in ran.err) == (9, True), ran.err
    assert "conversion m changed on the service: options.width 7" in a2c("plan").out
