"""A conversion is what is paid for: what changed is run again alone, what is current stays with the run it is of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha1
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Progression, Settings
from tests.conftest import Command

OPTION = "allow_multiple_outputs_threshold"
TARGETS = {"sha": "sha256", "md5": "md5", "old": "sha1", "k": "sha256"}

Writer = Callable[..., None]


@pytest.fixture
def write(project: Path, server: Background) -> Writer:
    """Writes a job that makes hashes of a.txt; ``ids`` -> an option that decides nothing but the recipe."""
    (project / "a.txt").write_text("first")

    def manifest(ids: Mapping[str, int], *, name: str = "one", source: str = "path: a.txt", extra: str = "") -> None:
        made = [
            f"  - {{id: {key}, category: hash, target: {TARGETS[key]}, options: {{{OPTION}: {value + 1}}}}}"
            for key, value in ids.items()
        ]
        saved = [f"  - {{from: {key}, filename: {name}}}" for key in ids]
        (project / f"{name}.yaml").write_text(
            f"apiVersion: a2c-spec/v1\nkind: Job\nname: {name}\n{extra}inputs: [{{id: i, {source}}}]\n"
            + "\n".join(["conversions:", *made, "outputs:", *saved, ""])
        )

    return manifest


def apply(a2c: Command, *args: str) -> dict[str, Any]:
    """What an apply came to; it must go well."""
    done = a2c("apply", "--json", "-y", "--no-cache", *args)
    assert done.code == 0, done.out + done.err
    summary: dict[str, Any] = json.loads(done.out.splitlines()[-1])
    return summary


def quiet(a2c: Command, project: Path, *results: str) -> None:
    """A further apply asks nobody; these results, and no others, are told, and verified."""
    assert apply(a2c)["requests"] == {}
    told = json.loads((project / ".a2c/outputs.json").read_text())["jobs"]
    assert sorted(file["path"] for job in told for file in job["files"]) == sorted(f"dist/{one}" for one in results)
    assert a2c("verify").code == 0


def posts(summary: Mapping[str, Any]) -> tuple[int, int]:
    """(credits spent, POST requests sent)."""
    return summary["spent"], summary["requests"].get("POST", 0)


def test_one_of_three_changes_and_is_run_again_alone(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1, "md5": 1, "old": 1})
    assert posts(apply(a2c)) == (3, 2)
    write({"sha": 1, "md5": 2, "old": 1})
    assert posts(apply(a2c)) == (1, 1)
    quiet(a2c, project, "one.sha256", "one.md5", "one.sha1")


@pytest.mark.parametrize("cache", [(), ("--no-cache",)])
def test_one_is_run_again_alone_where_only_that_is_asked_for(
    project: Path, a2c: Command, write: Writer, cache: tuple[str, ...]
) -> None:
    write({"sha": 1, "md5": 1, "old": 1})
    assert posts(apply(a2c)) == (3, 2)
    told = json.loads(a2c("plan", "--json", "--replace", "one.md5", *cache).out)
    assert (told["totals"]["credits"], told["totals"]["credits_paid_before"]) == (1, 1)
    assert a2c("apply", "--replace", "one.md5", *cache).code == 11
    done = json.loads(a2c("apply", "--json", "-y", "--replace", "one.md5", *cache).out.splitlines()[-1])
    assert posts(done) == (1, 1)
    quiet(a2c, project, "one.sha256", "one.md5", "one.sha1")


def test_one_is_added_and_run_alone(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1})
    apply(a2c)
    write({"sha": 1, "md5": 1})
    assert posts(apply(a2c)) == (1, 1)
    quiet(a2c, project, "one.sha256", "one.md5")


def test_one_is_taken_out_costs_nothing_and_its_file_stays(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1, "md5": 1})
    apply(a2c)
    write({"sha": 1})
    told = a2c("plan", "--no-cache").out
    assert "conversion md5 is no longer in the manifest; dist/one.md5 stays here" in told
    assert posts(apply(a2c)) == (0, 0)
    quiet(a2c, project, "one.sha256")
    assert (project / "dist/one.md5").is_file()
    write({"sha": 1, "md5": 1})
    quiet(a2c, project, "one.sha256", "one.md5")


def test_one_is_taken_out_while_another_one_comes(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1, "md5": 1})
    apply(a2c)
    write({"sha": 1, "old": 1})
    assert posts(apply(a2c))[0] == 1
    quiet(a2c, project, "one.sha256", "one.sha1")


def test_a_conversion_that_gets_another_id_keeps_its_result_also_for_those_that_take_it(
    project: Path, a2c: Command, write: Writer
) -> None:
    write({"sha": 1})
    write({"md5": 1}, name="two", source="from: one.sha")
    apply(a2c)
    write({"k": 1})
    write({"md5": 1}, name="two", source="from: one.k")
    quiet(a2c, project, "one.sha256", "two.md5")


def test_a_change_that_is_taken_back_takes_the_earlier_result(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1})
    apply(a2c)
    write({"sha": 2})
    assert posts(apply(a2c)) == (1, 1)
    write({"sha": 1})
    assert posts(apply(a2c)) == (0, 0)
    quiet(a2c, project, "one.sha256")
    assert "replaced" in a2c("state", "list").out
    assert "replaced" not in a2c("status").out


def test_a_change_that_is_taken_back_finds_the_file_that_still_lies_here(
    project: Path, a2c: Command, write: Writer
) -> None:
    extra = "lifecycle: {on_replace: delete}\n"
    write({"sha": 1}, extra=extra)
    apply(a2c)
    write({"md5": 1}, extra=extra)
    apply(a2c)
    write({"sha": 1}, extra=extra)
    assert posts(apply(a2c)) == (0, 0)
    quiet(a2c, project, "one.sha256")


def test_a_dependent_takes_back_its_earlier_run_once_it_is_known_what_it_takes(
    project: Path, a2c: Command, write: Writer
) -> None:
    write({"md5": 1}, name="two", source="from: one.sha")
    for text, option, spent in (("first", 1, 2), ("second", 1, 2), ("first", 2, 1)):
        (project / "a.txt").write_text(text)
        write({"sha": option})
        assert posts(apply(a2c))[0] == spent
    quiet(a2c, project, "one.sha256", "two.md5")


def test_a_dependent_that_was_made_in_two_runs_is_planned_and_run_again_in_one(
    project: Path, a2c: Command, write: Writer
) -> None:
    write({"sha": 1})
    for targets in ({"md5": 1}, {"md5": 1, "old": 1}):
        write(targets, name="two", source="from: one.sha")
        apply(a2c)
    (project / "a.txt").write_text("second")
    plan = a2c("plan", "--no-cache").out
    assert "2 to re-run" in plan
    assert "added" not in plan
    assert posts(apply(a2c)) == (3, 4)
    quiet(a2c, project, "one.sha256", "two.md5", "two.sha1")


def test_a_lost_result_is_made_again_without_its_siblings(
    project: Path, a2c: Command, write: Writer, server: Background
) -> None:
    write({"sha": 1, "md5": 1})
    apply(a2c)
    (project / "dist/one.md5").unlink()
    with httpx.Client(base_url=server.url, headers={"x-oc-api-key": "key"}) as client:
        job = client.get("/jobs").json()[0]
        lost = next(row["id"] for row in job["output"] if row["filename"].endswith("md5"))
        client.delete(f"/jobs/{job['id']}/output/{lost}")
    assert posts(apply(a2c)) == (1, 1)
    quiet(a2c, project, "one.sha256", "one.md5")


def test_the_results_cache_keeps_each_conversion_by_itself(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1, "md5": 1})
    assert a2c("apply").code == 0
    write({"md5": 1, "old": 1}, name="two")
    done = a2c("apply", "--json")
    assert done.code == 0, done.out + done.err
    summary = json.loads(done.out.splitlines()[-1])
    assert (summary["spent"], sorted(job["action"] for job in summary["jobs"])) == (1, ["cached", "create", "no-op"])
    quiet(a2c, project, "one.sha256", "one.md5", "two.md5", "two.sha1")


def test_what_runs_goes_on_and_what_changed_runs_beside_it(
    project: Path, a2c: Command, write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Background(
        create_app(Settings(api_keys=("key",), progression=Progression("polls", ready=2, running=2)))
    ) as slow:
        monkeypatch.setenv("API2CONVERT_BASE_URL", slow.url)
        write({"sha": 1, "md5": 1})
        assert a2c("apply", "--detach").code == 0
        write({"sha": 1, "md5": 2})
        assert posts(apply(a2c))[1] == 1
        quiet(a2c, project, "one.sha256", "one.md5")


def test_two_that_exchange_what_they_make_and_take_it_back(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1, "md5": 1})
    write({"old": 1}, name="two", source="from: one.sha")
    manifest = project / "one.yaml"
    first = manifest.read_text()
    apply(a2c)
    manifest.write_text(
        first.replace("target: sha256", "target: x")
        .replace("target: md5", "target: sha256")
        .replace("target: x", "target: md5")
    )
    assert posts(apply(a2c))[0] == 1
    manifest.write_text(first)
    assert posts(apply(a2c)) == (0, 0)
    quiet(a2c, project, "one.sha256", "one.md5", "two.sha1")
    assert (project / "dist/two.sha1").read_text() == sha1((project / "dist/one.sha256").read_bytes()).hexdigest()


def test_each_of_two_results_of_equal_bytes_finds_a_file_of_its_own(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1, "k": 2})
    manifest = project / "one.yaml"
    first = manifest.read_text().replace("{from: k, filename: one}", "{from: k, filename: other}")
    manifest.write_text(first)
    apply(a2c)
    (project / "b.txt").write_text("second")
    manifest.write_text(
        first.replace("a.txt", "b.txt").replace("target: sha256, options: {" + OPTION + ": 2}", "target: md5")
    )
    apply(a2c)
    manifest.write_text(first)
    assert posts(apply(a2c)) == (0, 0)
    quiet(a2c, project, "one.sha256", "other.sha256")


def test_prevent_replace_forbids_only_what_was_paid_for(project: Path, a2c: Command, write: Writer) -> None:
    extra = "lifecycle: {prevent_replace: true}\n"
    write({"sha": 1, "md5": 1}, extra=extra)
    apply(a2c)
    write({"sha": 1, "md5": 2}, extra=extra)
    assert "prevent_replace forbids" in a2c("apply", "-y", "--no-cache").err
    write({"sha": 1, "md5": 1, "old": 1}, extra=extra)
    assert posts(apply(a2c)) == (1, 1)
    quiet(a2c, project, "one.sha256", "one.md5", "one.sha1")


def test_a_manifest_that_was_another_one_keeps_what_is_current_of_it(
    project: Path, a2c: Command, write: Writer
) -> None:
    write({"sha": 1, "md5": 1}, name="before")
    apply(a2c)
    (project / "before.yaml").unlink()
    write({"sha": 1, "md5": 2}, extra="moved: {from: before}\n")
    assert posts(apply(a2c)) == (1, 1)
    quiet(a2c, project, "one.sha256", "one.md5")
    assert "before" not in a2c("state", "list").out


def test_a_manifest_cannot_have_been_one_that_is_there(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1}, name="before")
    write({"sha": 1}, extra="moved: {from: before}\n")
    seen = a2c("validate")
    assert (seen.code, "one cannot have been before, which a manifest still asks for" in seen.err + seen.out) == (
        5,
        True,
    )


GONE = [("refused", 400), ("not found", 404), ("gone", 410)]


@pytest.mark.parametrize("status", [row[1] for row in GONE], ids=[row[0] for row in GONE])
def test_bytes_that_the_service_does_not_take_from_an_earlier_job_are_sent(
    project: Path, a2c: Command, write: Writer, server: Background, status: int
) -> None:
    write({"sha": 1})
    apply(a2c)
    write({"sha": 2})
    with httpx.Client(base_url=server.url.removesuffix("/v2")) as client:
        fault = {"do": "status", "status": status, "method": "POST", "path": "/jobs", "times": 1}
        assert client.post("/_a2c/faults", json=[fault]).status_code < 300
    assert posts(apply(a2c)) == (1, 3)
    quiet(a2c, project, "one.sha256")


def test_bytes_are_sent_again_where_the_earlier_job_is_gone(
    project: Path, a2c: Command, write: Writer, server: Background
) -> None:
    write({"sha": 1})
    apply(a2c)
    with httpx.Client(base_url=server.url, headers={"x-oc-api-key": "key"}) as client:
        client.delete(f"/jobs/{client.get('/jobs').json()[0]['id']}")
    write({"sha": 2})
    assert posts(apply(a2c)) == (1, 2)
    quiet(a2c, project, "one.sha256")


def test_a_saved_plan_of_one_conversion_is_applied_as_it_was_shown(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1, "md5": 1})
    apply(a2c)
    write({"sha": 1, "md5": 2})
    assert a2c("plan", "-o", "p.a2cplan.json", "--no-cache").code == 0
    assert "conversion md5 changed" in a2c("show", "p.a2cplan.json").out
    done = a2c("apply", "p.a2cplan.json", "-y", "--no-cache")
    assert done.code == 0, done.out + done.err
    quiet(a2c, project, "one.sha256", "one.md5")


def test_a_conversion_that_two_jobs_want_is_made_once(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1, "md5": 1})
    write({"sha": 1, "old": 1}, name="two")
    done = a2c("apply", "--json")
    assert done.code == 0, done.out + done.err
    assert json.loads(done.out.splitlines()[-1])["spent"] == 3
    quiet(a2c, project, "one.sha256", "one.md5", "two.sha256", "two.sha1")


def test_of_a_job_that_is_held_in_part_the_plan_says_so_and_no_earlier_result_counts(
    project: Path, a2c: Command, write: Writer
) -> None:
    write({"sha": 1, "md5": 1})
    apply(a2c)
    write({"sha": 1, "md5": 2}, extra="job: {process: false}\n")
    apply(a2c)
    shown = a2c("plan", "--no-cache", "--detailed-exitcode")
    assert (shown.code, "1 file verified; md5 held on the service as the manifest says" in shown.out) == (0, True)
    told = json.loads((project / ".a2c/outputs.json").read_text())["jobs"]
    assert [file["path"] for job in told for file in job["files"]] == ["dist/one.sha256"]


@pytest.mark.parametrize("asked", ["one", "one.md5"])
def test_what_replace_builds_of_a_held_job_is_not_undone_by_the_next_plan(
    a2c: Command, write: Writer, asked: str
) -> None:
    write({"sha": 1, "md5": 1})
    apply(a2c)
    write({"sha": 1, "md5": 1}, extra="job: {process: false}\n")
    assert a2c("apply", "--no-cache", "-y", "--replace", asked).code == 0
    shown = a2c("plan", "--no-cache", "--detailed-exitcode")
    assert (shown.code, "held on the service as the manifest says" in shown.out) == (0, True), shown.out
    write({"sha": 1, "md5": 1})
    again = a2c("plan", "--no-cache")
    assert "unchanged, 2 files verified" in again.out, "nothing is paid for twice without a new --replace"
    assert "stays held on the service" in again.out


BAD = "  - {id: bad, category: image, target: png}\n"


def with_bad(project: Path, name: str = "one") -> None:
    """Adds a conversion that fails to the job."""
    file = project / f"{name}.yaml"
    file.write_text(file.read_text().replace("outputs:", f"{BAD}outputs:"))


def test_what_a_failed_job_gave_is_kept_and_only_the_rest_runs_again(
    project: Path, a2c: Command, write: Writer
) -> None:
    write({"sha": 1})
    with_bad(project)
    first = a2c("apply", "--no-cache")
    assert (first.code, "; the results of sha are kept (1 credit spent)" in first.err) == (6, True)
    assert "1 credit" not in a2c("apply", "--no-cache").err
    write({"sha": 1})
    quiet(a2c, project, "one.sha256")


def test_what_a_failed_job_gave_is_fetched_and_renamed_like_any_other_result(
    project: Path, a2c: Command, write: Writer
) -> None:
    write({"sha": 1})
    with_bad(project)
    assert a2c("apply", "--no-cache").code == 6
    (project / "dist/one.sha256").unlink()
    fetched = a2c("download")
    assert (fetched.code, "still missing: one: the last run failed" in fetched.err) == (6, True), "the other one is"
    assert "saved dist/one.sha256" in fetched.err
    (project / "dist/one.sha256").unlink()
    assert "download" in a2c("apply", "--no-cache").out
    assert a2c("verify").out.startswith("1 of 1 file intact (localhost")
    manifest = project / "one.yaml"
    manifest.write_text(manifest.read_text().replace("filename: one", "filename: other"))
    assert "rename" in a2c("apply", "--no-cache").out
    write({"sha": 1}, name="two")
    with_bad(project, "two")
    manifest.unlink()
    assert "taken over from one" in a2c("apply", "--no-cache").out
    write({"sha": 1}, name="two")
    assert posts(apply(a2c)) == (0, 0)
    quiet(a2c, project, "two.sha256")
    assert a2c("drift").out == "no drift\n"


def test_what_a_failed_job_gave_is_of_the_bytes_that_it_was_sent(project: Path, a2c: Command, write: Writer) -> None:
    """Whatever the file here holds when the result is fetched: with the old bytes back, it is current."""
    write({"sha": 1})
    with_bad(project)
    assert a2c("apply", "--no-cache", "--detach").code == 0
    (project / "a.txt").write_text("second")
    told = next(ran for ran in (a2c("plan") for _ in range(100)) if "running" not in ran.out)  # until the job has ended
    assert "conversion" in told.out
    assert a2c("wait").code == 9, "what it made is of other bytes than there are now"
    assert a2c("apply", "--no-cache").code == 11, "what was paid for is not run again unasked"
    (project / "a.txt").write_text("first")
    write({"sha": 1})
    assert posts(apply(a2c)) == (0, 0)
    quiet(a2c, project, "one.sha256")


def test_after_a_failed_part_what_was_paid_for_is_not_run_again_unasked(
    project: Path, a2c: Command, write: Writer
) -> None:
    write({"sha": 1})
    apply(a2c)
    with_bad(project)
    assert a2c("apply", "--no-cache").code == 6
    write({"sha": 1})
    (project / "a.txt").write_text("second")
    refused = a2c("apply", "--no-cache")
    assert (refused.code, "input i changed" in refused.out) == (11, True)


def test_what_another_run_makes_now_is_not_told_as_removed(project: Path, a2c: Command, write: Writer) -> None:
    for ids in ({"sha": 1, "md5": 1}, {"sha": 1, "md5": 2}):
        write(ids)
        apply(a2c)
    write({"sha": 2, "md5": 2})
    told = a2c("plan", "--no-cache", "-v").out
    assert ("conversion sha changed" in told, "md5" in told) == (True, False)
    write({"sha": 2})
    assert "conversion md5 is no longer in the manifest" in a2c("plan", "--no-cache").out


@pytest.mark.parametrize("source", ["one.sha", "one.bad"])
def test_what_takes_only_what_a_failed_job_gave_starts_at_once(
    project: Path, a2c: Command, write: Writer, source: str
) -> None:
    write({"sha": 1})
    with_bad(project)
    write({"md5": 1}, name="two", source=f"from: {source}")
    first, second = (a2c("apply", "--no-cache", "--json") for _ in range(2))
    assert (first.code, second.code) == (9, 9 if source == "one.bad" else 6)
    assert (project / "dist/two.md5").is_file() is (source == "one.sha")
    if source == "one.sha":
        assert '"action": "no-op"' in second.out, "the second apply has nothing to do for it"


def test_of_a_job_in_two_parts_one_that_cannot_be_done_leaves_the_other_alone(
    project: Path, a2c: Command, write: Writer
) -> None:
    write({"sha": 1})
    write({"md5": 1}, name="two", source="from: one.sha")
    apply(a2c)
    write({"sha": 2})
    write({"md5": 1, "old": 1}, name="two", source="from: one.sha")
    two = project / "two.yaml"
    two.write_text(two.read_text().replace("{from: md5, filename: two}", "{from: md5, filename: taken}"))
    (project / "dist/taken.md5").write_text("somebody's")
    refused = a2c("apply", "--no-cache", "-y")
    assert (refused.code, "failed two: dist/taken.md5 exists" in refused.out) == (9, True)
    assert (project / "dist/two.sha1").is_file()


def test_one_goes_and_another_one_comes_and_nothing_is_paid_again(project: Path, a2c: Command, write: Writer) -> None:
    write({"sha": 1})
    apply(a2c)
    write({"sha": 1, "md5": 1})
    apply(a2c)
    write({"sha": 1, "old": 1})
    done = a2c("apply", "--no-cache")
    assert done.code == 0, done.err
    assert "conversion md5 is no longer in the manifest\n      dist/one.md5 stays here\n" in done.out
    quiet(a2c, project, "one.sha256", "one.sha1")
