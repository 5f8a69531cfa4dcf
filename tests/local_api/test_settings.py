"""What the settings change: limits, the visible progress, and the unknown facts about the real API."""

from __future__ import annotations

import pytest

from a2c_spec.local_api.settings import Limits, Progression, Unknowns
from tests.local_api.harness import Start


@pytest.mark.parametrize(
    ("limits", "status"),
    [(Limits(inputs=1), 402), (Limits(job_bytes=6), 402), (Limits(upload_bytes=3), 413)],
    ids=["inputs", "job bytes", "upload bytes"],
)
def test_more_than_the_contract_allows_is_refused(api_with: Start, limits: Limits, status: int) -> None:
    api = api_with(limits=limits)
    job = api.job()
    files = {"file": ("a.txt", b"hello")}
    url = f"{job['server']}/upload-file/{job['id']}"
    answers = [api("POST", url, files=files).status_code for _ in range(2)]
    assert answers[-1] == status
    assert len(api.ok("GET", f"/jobs/{job['id']}/input")) == answers.count(200)


def test_credits_run_out_with_402_and_show_in_the_contract(api_with: Start) -> None:
    api = api_with(limits=Limits(credits=1))
    assert api.ok("GET", "/contracts")["credits_remaining"] == 1
    assert api.run("hello")["spent"] == 1
    assert api.ok("GET", "/contracts")["contracts"][0]["credits_remaining"] == 0
    job = api.job(conversion=[{"target": "upper"}])
    api.upload(job)
    assert api("PATCH", f"/jobs/{job['id']}", json={"process": True}).status_code == 402
    assert api.ok("GET", f"/jobs/{job['id']}")["process"] is False


def test_too_many_jobs_at_a_time_is_429(api_with: Start) -> None:
    api = api_with(limits=Limits(concurrent_jobs=1))
    slow = {"target": "upper", "options": {"slow": 0.3}}
    first, second = (api.job(conversion=[slow]) for _ in range(2))
    for job in (first, second):
        api.upload(job)
    assert api("PATCH", f"/jobs/{first['id']}", json={"process": True}).status_code == 200
    (thread,) = api.ok("GET", f"/jobs/{first['id']}/threads") or [{"status": 1, "exec_time": 0}]
    assert (thread["status"], thread["exec_time"]) == (1, 0)
    assert api("PATCH", f"/jobs/{second['id']}", json={"process": True}).status_code == 429
    api.wait(first)
    assert api("PATCH", f"/jobs/{second['id']}", json={"process": True}).status_code == 200


def test_progress_can_be_shown_by_the_number_of_reads(api_with: Start) -> None:
    api = api_with(progression=Progression("polls", ready=1, running=2), unknowns=Unknowns(vocabulary="sdk"))
    job = api.job(process=True, conversion=[{"target": "upper"}])
    api.upload(job)
    codes = [api.ok("GET", f"/jobs/{job['id']}")["status"]["code"] for _ in range(4)]
    assert codes == ["queued", "processing", "processing", "completed"]


def test_progress_can_be_shown_by_time(api_with: Start) -> None:
    api = api_with(progression=Progression("time", ready=5, running=5), clock=lambda: 1000.0)
    job = api.job(process=True, conversion=[{"target": "upper"}])
    api.upload(job)
    codes = []
    for _ in range(3):
        shown = api.ok("GET", f"/jobs/{job['id']}")
        codes.append((shown["status"]["code"], len(shown["output"])))
        api.ok("POST", "/_a2c/clock", json={"advance": 5})
    assert codes[:2] == [("ready", 0), ("running", 0)]
    assert api.wait(job)["status"]["code"] == "completed"


def test_every_answer_is_dated_by_the_clock_of_the_service_also_once_it_was_moved(api_with: Start) -> None:
    api = api_with(clock=lambda: 1000.0)
    assert api("GET", "/jobs").headers["date"] == "Thu, 01 Jan 1970 00:16:40 GMT"
    api.ok("POST", "/_a2c/clock", json={"advance": 5})
    assert api("GET", "/nowhere").headers.get_list("date") == ["Thu, 01 Jan 1970 00:16:45 GMT"]


def test_a_staged_job_with_all_its_parts_may_be_called_ready(api_with: Start) -> None:
    api = api_with(unknowns=Unknowns(staged_status="ready"))
    job = api.job(conversion=[{"target": "upper"}])
    api.upload(job)
    assert api.ok("GET", f"/jobs/{job['id']}")["status"]["code"] == "ready"
    assert [row["id"] for row in api.ok("GET", "/jobs?status=ready")] == [job["id"]]
    assert api("POST", f"/jobs/{job['id']}/conversions", json={"target": "joined"}).status_code == 201


def test_a_setting_keeps_uploads_from_starting_the_job(api_with: Start) -> None:
    api = api_with(unknowns=Unknowns(upload_starts=False))
    job = api.job(process=True, conversion=[{"target": "upper"}])
    api.upload(job)
    assert api.ok("GET", f"/jobs/{job['id']}")["status"]["code"] == "incomplete"
    api.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
    assert api.wait(job)["status"]["code"] == "completed"


def test_lists_come_in_pages_of_fifty_with_the_total_in_a_header(api_with: Start) -> None:
    api = api_with()
    assert api("GET", "/jobs").status_code == 204
    ids = [api.job()["id"] for _ in range(52)]
    first, second, third = (api("GET", f"/jobs?page={page}") for page in (1, 2, 3))
    assert [row["id"] for row in first.json()] == ids[:1:-1]
    assert [row["id"] for row in second.json()] == ids[1::-1]
    assert first.headers["X-Count"] == "52"
    assert third.json() == []
    assert api("GET", "/jobs?status=completed").status_code == 204
    assert len(api.ok("GET", "/jobs?page=nonsense&status=incomplete")) == 50


def test_only_the_keys_of_the_settings_are_accepted(api_with: Start) -> None:
    api = api_with(api_keys=("0123456789abcdef0123456789abcdef",))
    assert api("GET", "/jobs").status_code == 204
    assert api("GET", "/jobs", key="bogus").status_code == 401
    assert api("POST", "/jobs", key="bogus", json={}).json() == {"message": "Invalid api key"}


def test_ids_are_the_same_for_the_same_seed(api_with: Start) -> None:
    runs = []
    for _ in range(2):
        api = api_with(seed=42)
        job = api.run("hello")
        runs.append(
            (job["id"], job["token"], job["input"][0]["id"], job["conversion"][0]["id"], job["output"][0]["id"])
        )
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 5
    assert len(runs[0][1]) == 32
