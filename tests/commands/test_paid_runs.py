"""What was paid for stays a fact: jobs that are replaced, that are gone, that failed and cost all the same."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.commands import drift
from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.simulation.faults import Fault
from tests.commands.conftest import Somebody
from tests.conftest import Command

SHA = "{id: sha, category: hash, target: sha256}"
MD5 = "{id: md5, category: hash, target: md5}"
BAD = "{id: sha, category: image, target: png}"
DELETE = "lifecycle: {on_replace: delete}"
GUARDED = "lifecycle: {prevent_replace: true}"
THERE = "outputs: [{from: sha, save: ''}]"


@pytest.fixture
def faults() -> list[Fault]:
    """What the service does wrong."""
    return []


@pytest.fixture
def service_settings(faults: list[Fault]) -> Settings:
    return Settings(faults=tuple(faults))


def write(project: Path, *more: str, made: str = SHA, text: str = "first", name: str = "one") -> None:
    (project / "a.txt").write_text(text)
    lines = ["apiVersion: a2c-spec/v1", "kind: Job", f"name: {name}", "inputs: [{id: i, path: a.txt}]"]
    (project / "one.yaml").write_text("\n".join([*lines, f"conversions: [{made}]", *more, ""]))


def apply(a2c: Command, *args: str) -> int:
    return a2c("apply", "--no-cache", "-q", *args).code


def planned(a2c: Command) -> list[tuple[str, list[str], bool]]:
    """(action, calls without uploads, whether it asks) of each change."""
    tree = json.loads(a2c("plan", "--no-cache", "--json").out)
    rows = [row for row in tree["changes"] if row["action"] != "no-op"]
    return [(row["action"], _kinds(row), row["paid_again"]) for row in rows]


def _kinds(row: dict[str, Any]) -> list[str]:
    return [call["kind"] for call in row["calls"] if not call["kind"].startswith("upload")]


def jobs(somebody: Somebody) -> list[str]:
    return [row["id"] for row in somebody("GET", "/jobs") or ()]


def ended(somebody: Somebody) -> list[dict[str, Any]]:
    """The jobs, once none of them runs."""
    for _ in range(100):
        found: list[dict[str, Any]] = somebody("GET", "/jobs") or []
        if all(row["status"]["code"] in ("completed", "failed") for row in found):
            return found
        time.sleep(0.05)
    raise AssertionError("a job does not end")


def test_a_run_that_fails_leaves_the_one_that_it_was_to_replace(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, THERE, DELETE)
    assert apply(a2c) == 0
    (old,) = jobs(somebody)
    write(project, THERE, DELETE, made=BAD)
    assert planned(a2c) == [("re-run", ["create_job", "delete_job"], True)], "the plan shows what will go"
    assert apply(a2c, "-y") == 6
    assert old in jobs(somebody)
    write(project, THERE, DELETE)
    assert apply(a2c) == 0, "the edit is taken back, and the result is there"
    assert somebody("GET", f"/jobs/{old}")["output"]
    assert planned(a2c) == []


def test_what_our_own_delete_took_away_is_not_told_as_there(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, THERE, DELETE)
    assert apply(a2c) == 0
    write(project, THERE, DELETE, text="second")
    assert apply(a2c, "-y") == 0
    assert len(jobs(somebody)) == 1
    assert planned(a2c) == []
    write(project, THERE, DELETE)
    assert planned(a2c) == [("re-run", ["create_job", "delete_job"], True)]
    assert apply(a2c) == 11
    assert apply(a2c, "-y") == 0
    assert planned(a2c) == []


def test_every_run_that_is_replaced_is_deleted(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, DELETE)
    assert apply(a2c) == 0
    write(project, DELETE, made=f"{SHA}, {MD5}")
    assert apply(a2c) == 0
    assert len(jobs(somebody)) == 2
    write(project, DELETE, made=f"{SHA}, {MD5}", text="second")
    assert planned(a2c) == [("re-run", ["create_job", "delete_job", "delete_job"], True)]
    assert apply(a2c, "-y") == 0
    assert len(jobs(somebody)) == 1
    assert planned(a2c) == []


def test_a_run_of_which_a_part_is_current_stays(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, DELETE, made=f"{SHA}, {MD5}")
    assert apply(a2c) == 0
    other = MD5.replace("}", ", options: {allow_multiple_outputs_threshold: 5}}")
    write(project, DELETE, made=f"{SHA}, {other}")
    assert apply(a2c, "-y") == 0
    assert len(jobs(somebody)) == 2
    assert planned(a2c) == []


def test_a_job_that_is_only_started_replaces_nothing_yet(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, DELETE)
    assert apply(a2c) == 0
    write(project, DELETE, text="second")
    assert apply(a2c, "-y", "--detach") == 0
    assert len(ended(somebody)) == 2
    assert planned(a2c) == [("download", ["delete_job"], False)]
    assert a2c("wait").code == 0
    assert len(jobs(somebody)) == 1
    assert planned(a2c) == []


@pytest.mark.parametrize("faults", [[Fault(do="status", status=400, method="DELETE", path="/jobs/*")]])
def test_a_delete_that_did_not_happen_is_made_up_for(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, DELETE)
    assert apply(a2c) == 0
    write(project, DELETE, text="second")
    assert apply(a2c, "-y") == 9, "the DELETE is refused, and the rest is done"
    assert len(jobs(somebody)) == 2
    assert planned(a2c) == [("delete", ["delete_job"], False)]
    assert "1 job that it replaced is deleted" in a2c("plan", "--no-cache").out
    assert apply(a2c) == 0
    assert len(jobs(somebody)) == 1
    assert planned(a2c) == []


@pytest.mark.parametrize("faults", [[Fault(do="status", status=409, method="DELETE", path="/jobs/*", times=9)]])
def test_a_job_that_the_service_does_not_delete_is_not_tried_again(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, DELETE)
    assert apply(a2c) == 0
    write(project, DELETE, text="second")
    done = a2c("apply", "--no-cache", "-y")
    assert (done.code, "stays on the service" in done.err) == (0, True), done.err
    assert planned(a2c) == []
    write(project, DELETE)
    assert apply(a2c, "-y") == 0, "its result is there still"
    assert len(jobs(somebody)) == 2


def test_a_started_job_that_is_gone_was_paid_for(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, GUARDED)
    assert apply(a2c, "--detach") == 0
    for row in ended(somebody):
        somebody("DELETE", f"/jobs/{row['id']}")
    assert "one: started -> no job" in a2c("apply", "--refresh-only").out
    assert "agrees" in a2c("apply", "--refresh-only").out
    assert "started, job gone" in a2c("state", "list").out
    assert apply(a2c, "-y") == 13, "prevent_replace"
    write(project)
    assert planned(a2c) == [("re-run", ["create_job"], True)]
    assert (apply(a2c), apply(a2c, "-y", "--max-replace", "0")) == (11, 11)
    write(project, name="two")
    assert apply(a2c) == 11, "under another name too"
    write(project)
    assert apply(a2c, "-y") == 0
    assert planned(a2c) == []


def test_so_was_a_part_and_what_was_let_go_meanwhile(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project)
    assert apply(a2c) == 0
    write(project, made=f"{SHA}, {MD5}")
    assert apply(a2c, "--detach") == 0
    (new,) = [row["id"] for row in ended(somebody) if row["conversion"][0]["target"] == "md5"]
    somebody("DELETE", f"/jobs/{new}")
    write(project)
    assert apply(a2c, "-y") == 0, "let go"
    assert "no job" in a2c("apply", "--refresh-only").out
    write(project, made=f"{SHA}, {MD5}")
    assert planned(a2c) == [("re-run", ["create_job"], True)]


def test_a_result_that_stays_on_the_service_is_missed_when_it_is_gone(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, THERE)
    assert apply(a2c) == 0
    assert a2c("drift", "--detailed-exitcode").code == 0
    assert "agrees" in a2c("apply", "--refresh-only").out
    (job,) = jobs(somebody)
    (output,) = somebody("GET", f"/jobs/{job}")["output"]
    somebody("DELETE", f"/jobs/{job}")
    assert f'outputs.{output["id"]}: "on the service" -> "gone"' in a2c("drift").out
    assert "one: 1 result gone, which stayed on the service" in a2c("apply", "--refresh-only").out
    assert a2c("drift", "--detailed-exitcode").code == 0, "it is recorded"
    told = a2c("apply", "--no-cache")
    assert (told.code, "the service no longer has the result of sha" in told.out) == (0, True)
    (row,) = json.loads((project / ".a2c/outputs.json").read_text())["jobs"]
    assert row["problem"] == "the service no longer has the result of sha"
    assert "(no longer on the service)" in a2c("state", "show", "one").out
    write(project)
    assert apply(a2c) == 11, "it was paid for"


def test_an_imported_job_is_not_deleted_as_the_earlier_one_of_another_address(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, DELETE, made=BAD)
    assert (apply(a2c), apply(a2c)) == (6, 6)
    first = min((row for row in somebody("GET", "/jobs")), key=lambda row: row["created_at"])["id"]
    former = [job for job in jobs(somebody) if f"earlier job              {job}" in a2c("state", "show", "one").out]
    assert len(former) == 1, first
    assert a2c("import", former[0], "--name", "old", "--out", "old/old.yaml").code == 0
    write(project, DELETE)
    assert apply(a2c, "one.yaml") == 0
    assert former[0] in jobs(somebody)


def test_a_job_that_is_gone_is_not_said_to_run_on(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project)
    assert apply(a2c, "--detach") == 0
    write(project, name="other", text="second")
    assert planned(a2c)[-1] == ("forget", [], True), "it was started, and nothing of it is here"
    somebody("DELETE", f"/jobs/{ended(somebody)[0]['id']}")
    assert planned(a2c)[-1] == ("forget", [], False)
    told = a2c("apply", "--no-cache")
    assert (
        told.code,
        "one     - forget    no longer in a manifest; the service no longer has its job" in told.out,
    ) == (0, True)


def test_a_finished_job_that_somebody_deleted_is_drift_until_the_service_need_not_keep_it(
    project: Path, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project)
    assert apply(a2c) == 0
    (job,) = jobs(somebody)
    somebody("DELETE", f"/jobs/{job}")
    done = a2c("drift", "--detailed-exitcode")
    assert (done.code, done.out) == (2, f'one: job: "{job}" -> "gone"\n')
    assert "results that are here are not made again" in done.err
    told = "as far as it was read; 1 finished job was not, whose results are here: `a2c-spec drift` reads them\n"
    assert a2c("apply", "--refresh-only").out == f"the state agrees with the service {told}"
    monkeypatch.setattr(drift, "out_of_time", lambda _record, _now: True)
    done = a2c("drift", "--detailed-exitcode")
    assert (done.code, done.out) == (0, "no drift\n")
    assert "no longer on the service (this is not drift: their results are here): one" in done.err
    assert json.loads(a2c("drift", "--json").out) == {"drift": [], "gone": ["one"], "unknown": [], "failed": {}}


def test_a_result_that_somebody_renamed_or_deleted_is_drift(project: Path, a2c: Command, somebody: Somebody) -> None:
    """Also after our own renaming of it. One that is only there gets our name again."""
    write(project, THERE)
    assert apply(a2c) == 0
    write(project, THERE.replace("from: sha", "from: sha, filename: ours"))
    assert apply(a2c) == 0
    assert a2c("drift", "--detailed-exitcode").code == 0
    (job,) = jobs(somebody)
    (output,) = somebody("GET", f"/jobs/{job}")["output"]
    somebody("PATCH", f"/jobs/{job}/output/{output['id']}", filename="theirs")
    told = f'one: outputs.{output["id"]}.filename: "ours.sha256" -> "theirs.sha256"\n'
    assert a2c("drift").out == told
    assert "one: 1 result renamed on the service" in a2c("apply", "--refresh-only").out
    assert a2c("drift").out == "no drift\n"
    assert 'output of sha: "theirs" -> "ours"' in a2c("apply", "--no-cache").out
    assert somebody("GET", f"/jobs/{job}")["output"][0]["filename"] == "ours.sha256"
    assert a2c("drift").out == "no drift\n"
    write(project, THERE.replace("from: sha, save: ''", "from: sha, filename: ours"))
    assert apply(a2c) == 0
    somebody("DELETE", f"/jobs/{job}/output/{output['id']}")
    assert f"outputs.{output['id']}: " in a2c("drift").out


@pytest.mark.parametrize("made", [BAD, BAD.replace("png", "gif")], ids=["the same again", "something else"])
def test_after_a_run_that_failed_what_was_paid_for_before_is_not_replaced_unasked(
    project: Path, a2c: Command, somebody: Somebody, made: str
) -> None:
    write(project)
    assert apply(a2c) == 0
    write(project, made=BAD)
    assert apply(a2c, "-y") == 6
    write(project, made=made)
    assert planned(a2c)[0][2] is True
    assert apply(a2c) == 11
    assert apply(a2c, "-y", "--max-replace", "0") == 11
    write(project, GUARDED, made=made)
    assert apply(a2c, "-y") == 13
    assert len(jobs(somebody)) == 2


def test_two_jobs_that_fail_end_as_one_that_fails(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, "outputs: [{from: sha, filename: one}]", made=BAD)
    (project / "two.yaml").write_text((project / "one.yaml").read_text().replace(": one", ": two"))
    assert apply(a2c) == 6
    assert len(jobs(somebody)) == 2


def test_what_is_refused_does_not_keep_the_rest_from_being_done(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project)
    (project / "two.yaml").write_text((project / "one.yaml").read_text().replace("name: one", "name: two"))
    (project / "dist").mkdir()
    (project / "one.yaml").write_text((project / "one.yaml").read_text() + "outputs: [{from: sha, filename: in}]\n")
    (project / "dist/in.sha256").write_text("mine")
    assert apply(a2c, "--fail-fast") == 9
    assert len(jobs(somebody)) == 1


def test_a_secret_that_is_missing_is_no_part_of_what_a_plan_promises(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project)
    secret = "{id: x, category: archive, target: zip, options: {download_password: {secret: env:A2C_VAR_NOT_SET}}}"
    text = (project / "one.yaml").read_text().replace("name: one", "name: two").replace(SHA, secret)
    (project / "two.yaml").write_text(text)
    told = a2c("plan", "--no-cache")
    assert (told.code, "1 to create, 1 refused: about 1 credit" in told.out, "NOT_SET" in told.out) == (5, True, True)
    assert not jobs(somebody)
    done = a2c("apply", "--no-cache", "--max-credits", "1")
    assert (done.code, "1 to create, 1 refused: about 1 credit" in done.out, len(jobs(somebody))) == (9, True, 1)
    assert a2c("apply", "--no-cache").code == 5


@pytest.mark.parametrize("way", ["held", "at once"])
def test_what_was_never_made_is_not_called_paid_before(
    way: str, project: Path, a2c: Command, somebody: Somebody
) -> None:
    """Also where a job that is held takes the place of a run, and is started then."""
    write(project, made=MD5)
    assert apply(a2c) == 0
    more = "{id: md5, category: hash, target: sha1}, {id: x, category: hash, target: sha512}, " + SHA
    if way == "held":
        write(project, "job: {process: false}", made=more)
        assert "paid before" not in a2c("plan", "--no-cache").out
        assert apply(a2c, "-y") == 0
    write(project, made=more)
    told = a2c("plan", "--no-cache")
    assert "about 3 credits, 1 of them paid before" in told.out
    assert json.loads(a2c("plan", "--no-cache", "--json").out)["totals"]["credits_paid_before"] == 1
