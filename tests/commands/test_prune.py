"""`a2c-spec prune` and `--prune`, tried as a user would: what goes, what must not, and what is said."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.cli import run
from a2c_spec.engine.runtime import Runtime
from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Progression, Settings
from tests.commands.conftest import Somebody, in_dist
from tests.conftest import Command, SkippedTime

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: i, path: {source}}}]
conversions: [{more}]
outputs: [{outputs}]
{extra}
"""


def job(
    project: Path, name: str, *, source: str = "a.txt", file: str = "", ids: str = "sha256", extra: str = ""
) -> None:
    """Writes a manifest of one job that makes hashes of a text."""
    more = ", ".join(f"{{id: {one}, category: hash, target: {one}}}" for one in ids.split())
    outputs = ", ".join(f"{{from: {one}, filename: {file or name}}}" for one in ids.split())
    text = JOB.format(name=name, source=source, more=more, outputs=outputs, extra=extra)
    (project / f"{name}.yaml").write_text(text)


@pytest.fixture
def applied(project: Path, server: Background, a2c: Command) -> Path:
    """Two jobs, both applied, and the manifest of the second gone."""
    (project / "a.txt").write_text("first")
    (project / "b.txt").write_text("other")
    job(project, "one")
    job(project, "two", source="b.txt")
    assert a2c("apply", "--no-cache").code == 0
    (project / "two.yaml").unlink()
    return project


def faults(server: Background, *rows: dict[str, Any]) -> None:
    httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=list(rows)).raise_for_status()


def recorded(a2c: Command, *args: str) -> list[str]:
    return [row["address"] for row in json.loads(a2c("state", "list", "--json", *args).out)]


def job_of(a2c: Command, address: str) -> str:
    shown = json.loads(a2c("state", "show", address, "--json").out)
    return str(shown["job_id"] if isinstance(shown, dict) else shown[0]["job_id"])


def test_jobs_in_whose_places_others_have_come_are_asked_for_too(
    applied: Path, a2c: Command, somebody: Somebody
) -> None:
    (applied / "a.txt").write_text("another")
    assert a2c("apply", "--no-cache", "-y").code == 0
    there = len(somebody("GET", "/jobs"))
    refused = a2c("prune")
    assert (refused.code, "jobs on the service would be removed" in refused.err) == (11, True)
    assert len(somebody("GET", "/jobs")) == there
    assert a2c("prune", "-y").code == 0
    assert len(somebody("GET", "/jobs")) < there


def test_prune_is_done_well_whatever_is_missing_besides(applied: Path, a2c: Command) -> None:
    (applied / "dist/one.sha256").unlink()
    pruned = a2c("prune", "-y")
    assert (pruned.code, "PARTIAL: 1 other change left" in pruned.out) == (0, True)


def test_what_no_manifest_asks_for_is_listed_and_then_removed(applied: Path, a2c: Command, somebody: Somebody) -> None:
    shown = a2c("prune", "--dry-run")
    told = "two   - delete    no longer in a manifest\n      removes dist/two.sha256\n      deletes job "
    assert (shown.code, told in shown.out, len(somebody("GET", "/jobs"))) == (0, True, 2)
    refused = a2c("prune")
    why = "error: 1 file and 1 job on the service would be removed (two)"
    assert (refused.code, why in refused.err, in_dist(applied)) == (11, True, ["one.sha256", "two.sha256"])
    done = a2c("prune", "-y")
    assert (done.code, told in done.out, "two: dist/two.sha256 was removed" in done.err) == (0, True, True)
    assert (in_dist(applied), recorded(a2c), len(somebody("GET", "/jobs"))) == (["one.sha256"], ["one"], 1)
    assert "Nothing to do; no API calls." in a2c("prune", "-v").out
    assert a2c("plan", "--prune", "--detailed-exitcode").code == 0


def test_json_says_the_same(applied: Path, a2c: Command) -> None:
    plan = json.loads(a2c("prune", "--dry-run", "--json").out)
    (change,) = [row for row in plan["changes"] if row["action"] == "delete"]
    assert (change["address"], change["removes"]) == ("two", ["dist/two.sha256"])
    assert [call["method"] for call in change["calls"]] == ["DELETE"]
    first, *_, last = [json.loads(line) for line in a2c("prune", "-y", "--json").out.splitlines()]
    assert (first["event"], first["changes"], last["event"], last["errors"]) == ("plan", plan["changes"], "summary", [])


def test_what_was_let_go_before_goes_too(applied: Path, a2c: Command) -> None:
    assert a2c("apply").code == 0
    assert recorded(a2c) == ["one", "two"]
    assert a2c("apply", "--prune", "-y").code == 0
    assert (recorded(a2c), in_dist(applied)) == (["one"], ["one.sha256"])


@pytest.mark.parametrize("args", [("one.yaml",), ("-f", "one.yaml")])
@pytest.mark.parametrize("command", ["prune", "apply --prune", "plan --prune"])
def test_only_the_whole_project_tells_what_nobody_asks_for(
    applied: Path, a2c: Command, command: str, args: tuple[str, ...]
) -> None:
    refused = a2c(*command.split(), *args)
    assert (refused.code, "known only where every manifest is read" in refused.err) == (2, True)
    assert len(in_dist(applied)) == 2


@pytest.mark.parametrize("args", ["--target one", "--exclude one", "-l team=web"])
def test_a_selection_does_not_prune(applied: Path, a2c: Command, args: str) -> None:
    job(applied, "one", extra="labels: {team: web}")
    assert a2c("apply", "--prune", "-y", *args.split()).code == 2


def test_neither_does_what_says_nothing_of_results(applied: Path, a2c: Command) -> None:
    assert a2c("apply", "--prune", "--refresh-only").code == 2
    assert a2c("apply", "--prune", "-y", "--detach").code == 2


def test_a_manifest_that_cannot_be_read_may_ask_for_anything(applied: Path, a2c: Command) -> None:
    (applied / "two.yaml").symlink_to("elsewhere/two.yaml")
    refused = a2c("prune", "-y")
    assert (refused.code, "two.yaml cannot be read" in refused.err, len(in_dist(applied))) == (2, True, 2)


def test_a_changed_file_stays_and_that_is_said(applied: Path, a2c: Command) -> None:
    (applied / "dist/two.sha256").write_text("mine")
    done = a2c("prune", "-y")
    told = "dist/two.sha256 stays here: it has changed since a2c-spec wrote it"
    assert (done.code, told in done.out, recorded(a2c)) == (0, True, ["one"])
    assert (applied / "dist/two.sha256").read_text() == "mine"


def test_a_file_that_is_an_input_by_now_stays(applied: Path, a2c: Command) -> None:
    job(applied, "one", source="dist/two.sha256")
    done = a2c("apply", "--prune", "-y", "--no-cache")
    told = "dist/two.sha256 stays here: it is an input of a manifest"
    assert (done.code, told in done.out, in_dist(applied)) == (0, True, ["one.sha256", "two.sha256"])


def test_a_place_that_another_job_takes_in_the_same_apply_is_its_own(applied: Path, a2c: Command) -> None:
    job(applied, "new", source="b.txt", file="two", ids="sha256", extra="job: {fail_on_input_error: false}")
    done = a2c("apply", "--prune", "-y", "--no-cache")
    assert (done.code, "removes dist/two.sha256" in done.out) == (0, False)
    assert "replaces dist/two.sha256, an earlier result of two" in done.out
    assert (recorded(a2c), in_dist(applied)) == (["new", "one"], ["one.sha256", "two.sha256"])
    assert a2c("verify").code == 0
    assert a2c("plan", "--prune", "--detailed-exitcode", "--no-cache").code == 0


@pytest.mark.parametrize("command", ["prune", "apply --prune"])
def test_what_is_taken_over_under_another_name_is_not_pruned(
    applied: Path, a2c: Command, somebody: Somebody, command: str
) -> None:
    job(applied, "three", source="b.txt", file="two")
    assert a2c(*command.split(), "-y").code == 0
    assert (len(in_dist(applied)), len(somebody("GET", "/jobs"))) == (2, 2)
    assert "no API calls" in a2c("apply", "-v", "--no-cache").out


def test_a_job_with_results_of_two_addresses_stays_until_the_last_of_them_goes(
    project: Path, server: Background, a2c: Command, somebody: Somebody
) -> None:
    (project / "a.txt").write_text("first")
    job(project, "one", ids="sha256 md5")
    assert a2c("apply", "--no-cache").code == 0
    job(project, "one")
    job(project, "two", ids="md5", file="one")
    assert a2c("apply", "--no-cache").code == 0
    job(project, "keep", ids="sha1")
    for name, left in (("one", 2), ("two", 1)):
        (project / f"{name}.yaml").unlink()
        assert a2c("apply", "--prune", "-y", "--no-cache").code == 0
        assert len(somebody("GET", "/jobs")) == left
    assert (in_dist(project), recorded(a2c)) == (["keep.sha1"], ["keep"])


def test_earlier_jobs_and_their_files_go_once_the_present_results_are_here(
    applied: Path, a2c: Command, somebody: Somebody
) -> None:
    for text in ("second", "third"):
        (applied / "a.txt").write_text(text)
        job(applied, "one", file=text)
        assert a2c("apply", "-y", "--no-cache").code == 0
    assert (len(somebody("GET", "/jobs")), len(in_dist(applied))) == (4, 4)
    (applied / "a.txt").write_text("fourth")
    job(applied, "one", file="fourth")
    assert a2c("prune", "-y").code == 0
    before = ["one.sha256", "second.sha256", "third.sha256"]
    assert (in_dist(applied), recorded(a2c)[0]) == (before, "one"), "nothing goes of what has still to be applied"
    done = a2c("apply", "--prune", "-y", "--no-cache")
    assert (done.code, in_dist(applied), len(somebody("GET", "/jobs"))) == (0, ["fourth.sha256"], 1)
    assert "dist/third.sha256 is removed" in done.out
    assert a2c("plan", "--prune", "--detailed-exitcode", "--no-cache").code == 0


def test_a_conversion_that_is_taken_out_leaves_nothing_behind(applied: Path, a2c: Command) -> None:
    job(applied, "one", ids="sha256 md5")
    assert a2c("apply", "-y", "--no-cache").code == 0
    job(applied, "one")
    assert a2c("apply", "--no-cache").code == 0
    assert "one.md5" in in_dist(applied)
    assert a2c("prune", "-y").code == 0
    assert in_dist(applied) == ["one.sha256"]
    assert a2c("plan", "--prune", "--detailed-exitcode").code == 0


def test_jobs_that_failed_go_and_the_last_one_stays_with_its_message(
    project: Path, server: Background, a2c: Command, somebody: Somebody
) -> None:
    (project / "a.txt").write_text("no picture")
    job(project, "keep", ids="sha1")
    text = JOB.format(name="bad", source="a.txt", more="{id: p, category: image, target: png}", outputs="", extra="")
    (project / "bad.yaml").write_text(text.replace("outputs: []\n", ""))
    for _ in range(3):
        assert a2c("apply", "--no-cache").code in (6, 9)
    assert a2c("prune", "-y").code == 0
    assert "bad" in recorded(a2c)
    (project / "bad.yaml").unlink()
    assert a2c("prune", "-y").code == 0
    assert (recorded(a2c), len(somebody("GET", "/jobs"))) == (["keep"], 1)


def test_a_job_that_runs_is_paid_for_and_left_alone_until_it_has_ended(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "a.txt").write_text("first")
    job(project, "keep", ids="sha1", extra="job: {process: false}")
    job(project, "slow")
    with Background(create_app(Settings(api_keys=("key",), progression=Progression("polls", running=6)))) as server:
        monkeypatch.setenv("API2CONVERT_BASE_URL", server.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        assert a2c("apply", "--detach").code == 0
        slow = job_of(a2c, "slow")
        (project / "slow.yaml").unlink()
        left = a2c("apply", "--prune", "-y")
        told = f"not pruned: job {slow} runs, which is paid for; `a2c-spec destroy slow` cancels it"
        assert (left.code, told in left.out, recorded(a2c)) == (0, True, ["keep", "slow"]), left.out
        for more in (["--dry-run"], ["-y"]):
            pruned = a2c("prune", *more)
            assert (pruned.code, told in pruned.out, "delete" in pruned.out) == (0, True, False)
        assert "whether job" in a2c("plan", "--prune", "--offline").out
        while told in a2c("plan", "--prune").out:
            pass
        gone = a2c("prune", "-y")
        assert (gone.code, "1 result is only on the service, and deleted there" in gone.out) == (0, True), gone.out
        assert recorded(a2c) == ["keep"]


def test_each_environment_and_each_endpoint_has_what_is_its_own(
    applied: Path, a2c: Command, somebody: Somebody
) -> None:
    (applied / "a2c.yaml").write_text("environments: {staging: {}}\n")
    assert a2c("prune", "-y", "--env", "staging").code == 0
    assert a2c("prune", "-y", "--local").code == 0
    assert (len(in_dist(applied)), recorded(a2c), len(somebody("GET", "/jobs"))) == (2, ["one", "two"], 2)


def test_the_same_bytes_for_another_endpoint_stay(applied: Path, a2c: Command) -> None:
    job(applied, "two", source="b.txt")
    assert a2c("apply", "--local", "-y", "--no-cache").code == 0
    (applied / "two.yaml").unlink()
    done = a2c("prune", "-y")
    assert (done.code, "it is a result of another endpoint, too (local)" in done.out) == (0, True)
    assert "two.sha256" in in_dist(applied)
    assert a2c("verify", "--local").code == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "status", "status": 500, "times": None},
        {"do": "drop", "when": "before", "times": None},
        {"do": "drop", "when": "after", "times": None},
    ],
)
def test_where_the_service_fails_nothing_is_lost_and_the_next_prune_is_right(
    applied: Path, a2c: Command, somebody: Somebody, server: Background, fault: dict[str, Any]
) -> None:
    faults(server, {"method": "DELETE", **fault})
    failed = a2c("prune", "-y")
    assert (failed.code in (1, 8, 9), in_dist(applied)) == (True, ["one.sha256", "two.sha256"]), failed.err
    assert recorded(a2c) == ["one", "two"]
    httpx.delete(f"{server.url.removesuffix('/v2')}/_a2c/faults").raise_for_status()
    assert a2c("prune", "-y").code == 0
    assert (in_dist(applied), recorded(a2c), len(somebody("GET", "/jobs"))) == (["one.sha256"], ["one"], 1)


def test_what_the_service_keeps_is_said_once(applied: Path, a2c: Command, server: Background) -> None:
    kept = job_of(a2c, "two")
    faults(server, {"do": "status", "status": 409, "method": "DELETE", "path": f"/jobs/{kept}"})
    done = a2c("prune", "-y")
    told = f"two: job {kept} stays on the service, which does not delete it"
    assert (done.code, told in done.err, recorded(a2c), in_dist(applied)) == (0, True, ["one"], ["one.sha256"])
    assert "Nothing to do" in a2c("prune").out


def test_a_job_in_whose_place_another_came_and_that_the_service_keeps_is_said_once(
    applied: Path, a2c: Command, somebody: Somebody, server: Background
) -> None:
    kept = job_of(a2c, "one")
    (applied / "a.txt").write_text("another")
    assert a2c("apply", "--no-cache", "-y").code == 0
    assert a2c("prune", "--dry-run").out.count(f"deletes job {kept}") == 1
    faults(server, {"do": "status", "status": 409, "method": "DELETE", "path": f"/jobs/{kept}", "times": None})
    assert f"one: job {kept} stays on the service, which does not delete it" in a2c("prune", "-y").err
    assert "Nothing to do.\n" in a2c("prune", "-y").out
    assert a2c("plan", "--prune", "--detailed-exitcode", "--no-cache").code == 0


class Killed(BaseException):
    """The process ends here."""


def test_killed_at_any_moment_the_next_prune_does_the_rest(
    project: Path, server: Background, a2c: Command, somebody: Somebody
) -> None:
    (project / "a.txt").write_text("first")
    job(project, "keep", ids="sha1")
    moments = 0
    while True:
        job(project, "two", ids="sha256 md5")
        assert a2c("apply", "--no-cache", "-y").code == 0
        (project / "two.yaml").unlink()
        moments, left = moments + 1, moments

        def probe(_moment: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed

        skipped = SkippedTime().runtime()
        try:
            run(["prune", "-y"], Runtime(skipped.clock, skipped.monotonic, skipped.sleep, probe=probe))
        except Killed:
            assert a2c("prune", "-y").code == 0
        else:
            break
        finally:
            assert (recorded(a2c), in_dist(project), len(somebody("GET", "/jobs"))) == (["keep"], ["keep.sha1"], 1)
    assert moments > 5


def test_nothing_is_pruned_where_something_else_fails(applied: Path, a2c: Command) -> None:
    (applied / "bad.txt").write_text("no picture")
    text = JOB.format(name="bad", source="bad.txt", more="{id: p, category: image, target: png}", outputs="", extra="")
    (applied / "bad.yaml").write_text(text.replace("outputs: []\n", ""))
    done = a2c("apply", "--prune", "-y", "--no-cache")
    assert (done.code, "two: not pruned, because not all else went well" in done.out) == (9, True), done.out
    assert "two.sha256" in in_dist(applied)


def test_a_batch_whose_source_is_empty_is_not_pruned(project: Path, a2c: Command) -> None:
    (project / "in").mkdir()
    (project / "in/a.txt").write_text("a")
    (project / "rows.yaml").write_text(
        "apiVersion: a2c-spec/v1\nkind: Batch\nname: rows\nfor_each: {glob: 'in/*.txt'}\ntemplate:\n"
        "  inputs: [{id: i, path: '${{ each.path }}'}]\n  conversions: [{id: h, category: hash, target: sha256}]\n"
    )
    assert a2c("apply", "--local").code == 0
    (project / "in/a.txt").unlink()
    for _ in range(2):
        done = a2c("apply", "--prune", "-y", "--local")
        told = "the source of rows is empty now, so it is not pruned"
        assert (done.code, told in done.out, in_dist(project)) == (0, True, ["a.sha256"])


def test_a_pruned_result_comes_back_from_the_results_cache(project: Path, a2c: Command) -> None:
    (project / "a.txt").write_text("first")
    job(project, "keep", ids="sha1")
    job(project, "two")
    assert a2c("apply", "--local").code == 0
    (project / "two.yaml").unlink()
    assert a2c("prune", "-y", "--local").code == 0
    job(project, "two")
    assert "1 from the results cache; no API calls" in a2c("apply", "-v", "--local").out


def test_a_preset_is_deleted_on_the_service(project: Path, a2c: Command, somebody: Somebody) -> None:
    (project / "a.txt").write_text("first")
    job(project, "keep", ids="sha1")
    (project / "p.yaml").write_text(
        "apiVersion: a2c-spec/v1\nkind: Preset\nname: small\ntarget: png\ncategory: image\noptions: {width: 10}\n"
    )
    assert a2c("apply").code == 0
    (project / "p.yaml").unlink()
    assert "deletes preset " in a2c("apply", "--prune", "-y").out
    assert "small" not in [one["name"] for one in somebody("GET", "/presets")]
    assert recorded(a2c) == ["keep"]


def test_a_saved_plan_prunes_what_it_says_and_nothing_else(applied: Path, a2c: Command) -> None:
    assert a2c("plan", "--prune", "-o", "p.a2cplan.json").code == 0
    assert "removes dist/two.sha256" in a2c("show", "p.a2cplan.json").out
    assert a2c("apply", "p.a2cplan.json", "--prune").code == 2
    assert a2c("apply", "p.a2cplan.json").code == 11
    (applied / "dist/two.sha256").write_text("mine")
    stale = a2c("apply", "p.a2cplan.json", "-y")
    assert (stale.code, len(in_dist(applied))) == (10, 2)
    assert a2c("plan", "--prune", "-o", "q.a2cplan.json").code == 0
    assert a2c("apply", "q.a2cplan.json", "-y").code == 0
    assert recorded(a2c) == ["one"]


def renamed(project: Path, file: str, extra: str = "lifecycle: {on_rename: remove}") -> None:
    (project / "a.txt").write_text(file)
    job(project, "one", file=file, extra=extra)


def test_a_result_under_another_name_removes_the_old_file(applied: Path, a2c: Command) -> None:
    renamed(applied, "new")
    assert "dist/one.sha256 is removed" in a2c("plan", "--no-cache").out
    done = a2c("apply", "-y", "--no-cache")
    assert (done.code, "one: dist/one.sha256 was removed" in done.err) == (0, True)
    assert "one.sha256 stays here" not in done.out + done.err
    assert in_dist(applied) == ["new.sha256", "two.sha256"]
    renamed(applied, "newer", "")
    kept = a2c("apply", "-y", "--no-cache")
    assert ("dist/new.sha256 stays here" in kept.out, len(in_dist(applied))) == (True, 3)


def test_the_old_file_stays_as_long_as_the_new_one_is_not_there(
    applied: Path, a2c: Command, server: Background
) -> None:
    renamed(applied, "new")
    faults(server, {"do": "status", "status": 500, "method": "GET", "path": "/dl/*", "times": None})
    assert a2c("apply", "-y", "--no-cache").code != 0
    assert "one.sha256" in in_dist(applied)
    httpx.delete(f"{server.url.removesuffix('/v2')}/_a2c/faults").raise_for_status()
    assert a2c("apply", "-y", "--no-cache").code == 0
    assert in_dist(applied) == ["new.sha256", "two.sha256"]


def test_an_old_file_that_was_changed_stays(applied: Path, a2c: Command) -> None:
    (applied / "dist/one.sha256").write_text("mine")
    renamed(applied, "new")
    done = a2c("apply", "-y", "--no-cache")
    assert (done.code, "removes " in done.out, "one.sha256" in in_dist(applied)) == (0, False, True)
    assert "dist/one.sha256 stays here: it has changed since a2c-spec wrote it" in done.out


@pytest.mark.parametrize("why", ["it has changed since a2c-spec wrote it", "it is an input of a manifest"])
def test_what_a_run_left_and_prune_does_not_remove_is_named_with_why(applied: Path, a2c: Command, why: str) -> None:
    renamed(applied, "new", "")
    told = a2c("apply", "-y", "--no-cache").out
    assert "dist/one.sha256 stays here" in told
    if why.startswith("it has changed"):
        (applied / "dist/one.sha256").write_text("mine")
    else:
        job(applied, "reads", source="dist/one.sha256")
    for args in (("prune", "--dry-run"), ("plan", "--prune"), ("prune", "-y")):
        shown = a2c(*args)
        assert (shown.code, f"dist/one.sha256 stays here: {why}" in shown.out) == (0, True), shown.out
        tree = json.loads(a2c(*args, "--json").out.splitlines()[0])
        assert [row["stays"] for row in tree["changes"] if row["stays"]] == [[f"dist/one.sha256 stays here: {why}"]]
    renamed(applied, "newer", "")
    again = a2c("apply", "-y", "--no-cache")
    assert f"dist/one.sha256 stays here: {why}\n" in again.out
    assert "prune` removes it" not in again.out.partition("dist/new.sha256")[0]
    renamed(applied, "newest")
    done = a2c("apply", "-y", "--no-cache")
    assert (done.code, "one.sha256" in in_dist(applied), "new.sha256" in in_dist(applied)) == (0, True, False)


@pytest.mark.parametrize("cached", [True, False])
def test_a_result_that_is_not_paid_again_removes_the_old_file_after_a_question(
    project: Path, a2c: Command, cached: bool
) -> None:
    """It is in the results cache, or that of an earlier run that is wanted again."""
    for name in ("old", "one"):
        (project / "a.txt").write_text(name)
        job(project, "other" if cached and name == "old" else "one", file=name)
        assert a2c("apply", "-y", "--local").code == 0
    renamed(project, "old")
    job(project, "one", file="again" if cached else "old", extra="lifecycle: {on_rename: remove}")
    refused = a2c("apply", "--local")
    assert (refused.code, "1 file would be removed (one)" in refused.err) == (11, True), refused.out
    assert ("cached" in refused.out) == cached
    assert a2c("apply", "-y", "--local").code == 0
    assert in_dist(project) == (["again.sha256", "old.sha256"] if cached else ["old.sha256"])
    assert a2c("plan", "--detailed-exitcode", "--local").code == 0


def test_what_an_earlier_apply_left_goes_when_that_is_asked_for(applied: Path, a2c: Command) -> None:
    renamed(applied, "new", "")
    assert a2c("apply", "-y", "--no-cache").code == 0
    renamed(applied, "new")
    done = a2c("apply", "-y", "--no-cache")
    assert (done.code, "dist/one.sha256 is removed" in done.out) == (0, True)
    assert in_dist(applied) == ["new.sha256", "two.sha256"]
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_one_conversion_of_several_that_gets_another_name(applied: Path, a2c: Command) -> None:
    job(applied, "one", ids="sha256 md5", extra="lifecycle: {on_rename: remove}")
    assert a2c("apply", "-y", "--no-cache").code == 0
    text = (applied / "one.yaml").read_text()
    option = "target: md5, options: {allow_multiple_outputs_threshold: 3}"
    text = text.replace("target: md5", option).replace("{from: md5, filename: one}", "{from: md5, filename: other}")
    (applied / "one.yaml").write_text(text)
    done = a2c("apply", "-y", "--no-cache")
    assert (done.code, in_dist(applied)) == (0, ["one.sha256", "other.md5", "two.sha256"]), done.out
    assert a2c("plan", "--detailed-exitcode", "--no-cache").code == 0


def test_after_the_last_manifest_was_removed_everything_can_go(applied: Path, a2c: Command) -> None:
    (applied / "one.yaml").unlink()
    listed = a2c("prune", "--dry-run")
    assert (listed.code, "Plan: 2 to delete." in listed.out, len(in_dist(applied))) == (0, True, 2)
    asked = a2c("prune")
    assert (asked.code, "2 files and 2 jobs on the service would be removed (one, two)" in asked.err) == (11, True)
    assert a2c("prune", "-y").code == 0
    assert not (applied / "dist").exists()
    assert a2c("prune").out == "Plan: nothing to do. Nothing to send.\nNothing to do.\n"


@pytest.mark.parametrize("entry", ["one.yaml", "*.yaml"])
def test_an_entry_of_the_settings_that_names_nothing_says_how_to_go_on(entry: str, applied: Path, a2c: Command) -> None:
    (applied / "one.yaml").unlink()
    (applied / "a2c.yaml").write_text(f"manifests: ['{entry}']\n")
    refused = a2c("prune", "-y")
    told = "a2c.yaml:1:13: error:", "if the last one was removed, take this entry out"
    assert (refused.code, all(one in refused.out + refused.err for one in told)) == (5, True)
    (applied / "a2c.yaml").unlink()
    assert a2c("prune", "-y").code == 0


def test_where_nothing_was_recorded_nothing_can_be_pruned(project: Path, a2c: Command) -> None:
    refused = a2c("prune", "--local")
    assert (refused.code, "no manifest found below" in refused.err) == (2, True)


def test_what_a_project_within_asks_for_is_not_pruned_for_want_of_manifests(applied: Path, a2c: Command) -> None:
    (applied / "sub").mkdir()
    (applied / "one.yaml").rename(applied / "sub/one.yaml")
    (applied / "sub/a2c.yaml").touch()
    refused = a2c("prune", "-y")
    assert (refused.code, "a project of its own: sub" in refused.err, len(in_dist(applied))) == (2, True, 2)


@pytest.mark.parametrize("detached", [False, True])
def test_so_it_is_of_one_job_whose_other_conversion_is_not_run_again(
    project: Path, server: Background, a2c: Command, detached: bool
) -> None:
    (project / "a.txt").write_text("first")
    job(project, "one", ids="sha256 md5", extra="lifecycle: {on_rename: remove}")
    assert a2c("apply", "--no-cache").code == 0
    text = (project / "one.yaml").read_text()
    option = "target: md5, options: {allow_multiple_outputs_threshold: 3}"
    text = text.replace("target: md5", option).replace("{from: md5, filename: one}", "{from: md5, filename: other}")
    (project / "one.yaml").write_text(text)
    planned = a2c("plan", "--no-cache", "--json").out
    assert [row["removes"] for row in json.loads(planned)["changes"] if row["removes"]] == [["dist/one.md5"]]
    assert "dist/one.md5 is removed" in a2c("plan", "--no-cache").out
    if detached:
        assert (a2c("apply", "-y", "--no-cache", "--detach").code, in_dist(project)) == (0, ["one.md5", "one.sha256"])
    assert a2c("apply", "-y", "--no-cache").code == 0
    assert in_dist(project) == ["one.sha256", "other.md5"]
    again = a2c("apply", "--no-cache")
    assert (again.code, "Nothing to do" in again.out) == (0, True), again.out


def test_so_it_is_where_a_third_one_is_dropped(project: Path, server: Background, a2c: Command) -> None:
    assert server
    (project / "a.txt").write_text("first")
    job(project, "one", ids="sha256 sha1 md5", extra="lifecycle: {on_rename: remove}")
    assert a2c("apply", "--no-cache").code == 0
    job(project, "one", ids="sha256 md5", extra="lifecycle: {on_rename: remove}")
    text = (project / "one.yaml").read_text()
    option = "target: md5, options: {allow_multiple_outputs_threshold: 3}"
    text = text.replace("target: md5", option).replace("{from: md5, filename: one}", "{from: md5, filename: other}")
    (project / "one.yaml").write_text(text)
    told = a2c("plan", "--no-cache").out
    assert ("dist/one.md5 is removed" in told, "dist/one.sha1 stays here" in told) == (True, True), told
    assert a2c("apply", "-y", "--no-cache").code == 0
    assert in_dist(project) == ["one.sha1", "one.sha256", "other.md5"]
    assert "Nothing to do" in a2c("apply", "--no-cache").out


def test_where_its_result_does_not_come_the_old_file_stays(project: Path, server: Background, a2c: Command) -> None:
    fault = {"do": "status", "status": 500, "method": "GET", "path": "/dl/*", "times": None}
    (project / "a.txt").write_text("first")
    job(project, "one", ids="sha256 md5", extra="lifecycle: {on_rename: remove}")
    assert a2c("apply", "--no-cache").code == 0
    option = "target: md5, options: {allow_multiple_outputs_threshold: 3}"
    text = (project / "one.yaml").read_text().replace("target: md5", option)
    (project / "one.yaml").write_text(text.replace("{from: md5, filename: one}", "{from: md5, filename: other}"))
    faults(server, fault)
    assert a2c("apply", "-y", "--no-cache").code != 0
    assert in_dist(project) == ["one.md5", "one.sha256"]
    httpx.delete(f"{server.url.removesuffix('/v2')}/_a2c/faults").raise_for_status()
    assert a2c("apply", "-y", "--no-cache").code == 0
    assert in_dist(project) == ["one.sha256", "other.md5"]
    assert "Nothing to do" in a2c("apply", "--no-cache").out


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", "kind: Job".encode("utf-16"), b"\xff\xfe", b"version https://git-lfs.github.com/spec/v1\noid x\n"],
    ids=["empty", "a line", "UTF-16", "no text", "Git LFS"],
)  # fmt: skip
def test_a_damaged_manifest_prunes_nothing(data: bytes, applied: Path, a2c: Command) -> None:
    before = in_dist(applied)
    text = (applied / "one.yaml").read_bytes()
    (applied / "one.yaml").write_bytes(data)
    (applied / "other.yaml").write_bytes(
        text.replace(b"name: one", b"name: three").replace(b"name: two", b"name: four")
    )
    refused = a2c("prune", "-y")
    assert (refused.code, "one.yaml cannot be read as a manifest" in refused.err) == (2, True), (
        refused.out + refused.err
    )
    assert in_dist(applied) == before


@pytest.mark.parametrize("command", [("prune",), ("apply", "--prune")])
def test_the_question_of_prune_says_which_results_are_only_on_the_service(
    command: tuple[str, ...], applied: Path, a2c: Command
) -> None:
    text = (applied / "one.yaml").read_text()
    (applied / "one.yaml").write_text(
        text.replace("name: one", "name: three").replace("filename: one", "filename: three")
    )
    assert a2c("apply", "--detach", "-y", "--no-cache", "--replace", "*").code == 0
    (applied / "one.yaml").unlink()
    job(applied, "keep", ids="md5")
    while "three: completed on the service" not in a2c("status").out:
        time.sleep(0.05)
    asked = a2c(*command)
    assert (asked.code, "on the service, although paid for, and would be deleted there" in asked.err) == (11, True), (
        asked.err
    )
