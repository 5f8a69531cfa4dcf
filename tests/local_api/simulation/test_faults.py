"""Every fault, and the state of the job after it."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.simulation.faults import Fault, InvalidFaults, read_faults
from tests.local_api.harness import Api, Start


def faulty(api_with: Start, **fault: Any) -> Api:
    return api_with(faults=(Fault(**fault),))


def test_an_answer_lost_before_the_request_took_effect_leaves_nothing(api_with: Start) -> None:
    api = faulty(api_with, do="drop", method="POST", path="/jobs", when="before")
    with pytest.raises(httpx.TransportError):
        api.job()
    assert api("GET", "/jobs").status_code == 204
    assert api.job()["id"]


def test_an_answer_lost_after_the_request_took_effect_leaves_the_job(api_with: Start) -> None:
    api = faulty(api_with, do="drop", method="POST", path="/jobs", when="after")
    with pytest.raises(httpx.TransportError):
        api.job()
    assert len(api.ok("GET", "/jobs")) == 1
    (call,) = api.ok("GET", "/_a2c/calls?method=POST")
    assert (call["status"], call["lost"], call["faults"]) == (201, True, ["drop"])


def test_several_requests_get_429_with_retry_after_and_then_it_ends(api_with: Start) -> None:
    api = faulty(api_with, do="status", status=429, path="/jobs/*", nth=2, times=2, retry_after="3")
    job = api.job()
    codes = [api("GET", f"/jobs/{job['id']}") for _ in range(4)]
    assert [row.status_code for row in codes] == [200, 429, 429, 200]
    assert codes[1].headers["Retry-After"] == "3"


def test_retry_after_can_be_a_date(api_with: Start) -> None:
    api = faulty(api_with, do="status", status=503, retry_after="date:60")
    until = parsedate_to_datetime(api("GET", "/statuses").headers["Retry-After"]).timestamp()
    assert 50 < until - time.time() < 70


def test_a_500_after_the_request_took_effect_leaves_the_job(api_with: Start) -> None:
    api = faulty(api_with, do="status", status=500, method="POST", when="after")
    assert api("POST", "/jobs", json={"process": False}).status_code == 500
    assert len(api.ok("GET", "/jobs")) == 1


@pytest.mark.parametrize(
    ("fault", "status", "broken"),
    [
        ({"do": "malformed"}, 200, True),
        ({"do": "html", "status": 502}, 502, True),
        ({"do": "redirect", "to": "https://elsewhere.example/"}, 302, True),
        ({"do": "slow", "size": 40, "seconds": 0.001}, 200, False),
        ({"do": "latency", "seconds": 0.05}, 200, False),
    ],
    ids=lambda value: value.get("do") if isinstance(value, dict) else "",
)
def test_answers_can_be_changed_or_delayed(api_with: Start, fault: dict[str, Any], status: int, broken: bool) -> None:
    api = api_with()
    api.ok("POST", "/_a2c/faults", json=[fault], key=None)
    began = time.monotonic()
    answer = api("GET", "/statuses")
    assert answer.status_code == status
    assert time.monotonic() - began >= fault.get("seconds", 0)
    if broken:
        with pytest.raises(ValueError):  # noqa: PT011 - any JSON error will do
            answer.json()
    else:
        assert answer.json()
    assert api("GET", "/statuses").json()


def test_a_download_can_break_off_in_the_middle_and_be_resumed(api_with: Start) -> None:
    api = faulty(api_with, do="truncate", path="/dl/*/download-file/*", size=1000)
    (output,) = api.run("x" * 100_000)["output"]
    with pytest.raises(httpx.TransportError):
        api("GET", output["uri"])
    rest = api("GET", output["uri"], headers={"Range": "bytes=1000-"})
    assert rest.status_code == 206
    assert len(rest.content) == 99_000
    assert api.ok("GET", output["uri"].rpartition("/dl")[0] + "/_a2c/faults")[0]["struck"] == 1


def test_the_job_can_be_started_as_if_by_another_client(api_with: Start) -> None:
    api = faulty(api_with, do="start_job", method="PATCH", path="/jobs/*/input")
    job = api.job(conversion=[{"target": "joined"}])
    api.upload(job)
    assert api("PATCH", f"/jobs/{job['id']}/input", json=[]).status_code == 409
    assert api.wait(job)["status"]["code"] == "completed"


def test_outputs_can_expire_early(api_with: Start) -> None:
    api = faulty(api_with, do="expire", path="/dl/*/download-file/*")
    job = api.run("hello")
    assert api("GET", job["output"][0]["uri"]).status_code == 410
    assert api.ok("GET", f"/jobs/{job['id']}/output")[0]["status"] == "expired"


def test_faults_with_a_chance_are_the_same_for_the_same_seed(api_with: Start) -> None:
    fault = Fault(do="status", times=None, chance=0.5, seed=7)
    runs = []
    for _ in range(2):
        api = api_with(faults=(fault,))
        runs.append([api("GET", "/statuses").status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


def test_a_fault_script_is_yaml_and_a_bad_one_is_refused_with_its_place(api: Api) -> None:
    good = "- do: status\n  status: 418\n  path: /nothing-like-this\n"
    assert api("POST", "/_a2c/faults", content=good).status_code == 201
    for bad in ("- do: explode", "- do: drop\n  whom: me", "- do: drop\n  nth: first", "]["):
        answer = api("POST", "/_a2c/faults", content=bad)
        assert answer.status_code == 400
        assert answer.json()["errors"]["faults"]
    assert api("DELETE", "/_a2c/faults").status_code == 204
    assert api.ok("GET", "/_a2c/faults") == []


def test_the_call_log_shows_bodies_without_their_secrets(api_with: Start) -> None:
    api = api_with()
    target = {"type": "ftp", "credentials": {"password": "hunter2"}}
    api.job(download_passwords=["hunter2"], conversion=[{"target": "upper", "output_target": [target]}])
    answer = api("GET", "/_a2c/calls?method=POST&path=/job*")
    (call,) = answer.json()
    assert call["body"]["process"] is False
    assert call["status"] == 201
    assert "hunter2" not in answer.text
    assert api("DELETE", "/_a2c/calls").status_code == 204
    assert api.ok("GET", "/_a2c/calls") == []


def test_the_clock_can_be_advanced_and_outputs_expire(api_with: Start) -> None:
    api = api_with(clock=lambda: 1_000_000.0)
    job = api.run("hello")
    assert job["created_at"] == "1970-01-12T13:46:40"
    assert api.ok("POST", "/_a2c/clock", json={"advance": 86_399})["now"] == 1_086_399
    assert api("GET", job["output"][0]["uri"]).status_code == 200
    api.ok("POST", "/_a2c/clock", json={"advance": 1})
    gone = api("GET", job["output"][0]["uri"])
    assert gone.status_code == 410
    assert gone.json() == {"error_code": 107, "message": "The file download has been disabled"}


def test_reset_deletes_everything(api_with: Start) -> None:
    api = api_with()
    job = api.run("hello")
    assert api("POST", "/_a2c/reset").status_code == 204
    assert api("GET", f"/jobs/{job['id']}").status_code == 404
    assert api("GET", "/jobs").status_code == 204
    assert api("GET", job["output"][0]["uri"]).status_code == 404


def test_the_health_endpoint_needs_no_key(api: Api) -> None:
    assert api.ok("GET", "/_a2c/health", key=None)["status"] == "ok"


@pytest.mark.parametrize("row", ['{"do": [[[]]]}', '{"do": {"a": 1}}', '{"do": "status", "path": "\\ud83d"}'])
def test_what_is_no_fault_is_refused_whatever_it_is(row: str) -> None:
    with pytest.raises(InvalidFaults):
        read_faults(row.encode())
