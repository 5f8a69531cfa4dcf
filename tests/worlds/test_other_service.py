"""The other service is as strict as the documentation where that speaks, and free only where it is silent."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.worlds.command import Clock
from tests.worlds.other_service import OtherService, served
from tests.worlds.service_model import KEY
from tests.worlds.switches import Fault, Switches

FAR = {"type": "remote", "source": "https://files.example/far.txt"}
WEBP = {"category": "image", "target": "webp"}
JOB = {"input": [FAR], "conversion": [WEBP]}
DRAFT = {"process": False, **JOB}


class Talk:
    """Speaks to one service."""

    def __init__(self, url: str, service: OtherService, clock: Clock) -> None:
        self.service, self.clock = service, clock
        self.line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        self.headers: dict[str, str] = {}

    def __call__(self, method: str, path: str, body: Any = None, key: str = KEY, **headers: str) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"X-Api2convert-Api-Key": key} | {name.replace("_", "-"): value for name, value in headers.items()}
        self.line.request(method, f"/v2{path}", data, sent)
        reply = self.line.getresponse()
        raw, self.headers = reply.read(), dict(reply.getheaders())
        return reply.status, json.loads(raw) if raw[:1] in (b"{", b"[") else raw

    def made(self, body: Any = JOB) -> dict[str, Any]:
        """A job that was created."""
        status, job = self("POST", "/jobs", body)
        assert status == 201, job
        return dict(job)

    def ended(self, body: Any = JOB) -> dict[str, Any]:
        """A job that has run."""
        job = self.made(body)
        while job["status"]["code"] not in ("completed", "failed"):
            job = self("GET", f"/jobs/{job['id']}")[1]
        return job

    def upload(self, job: dict[str, Any], data: bytes, name: str = "a.txt") -> tuple[int, Any]:
        form = (
            f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
            + data
            + b"\r\n--x--\r\n"
        )
        path = f"/dl/web1/upload-file/{job['id']}"
        return self("POST", path, form, key="", X_Oc_Token=job["token"], Content_Type="multipart/form-data; boundary=x")


Open = Callable[..., Talk]


@pytest.fixture
def talk() -> Iterator[Open]:
    with ExitStack() as stack:

        def make(**switches: Any) -> Talk:
            clock = Clock()
            service, server = stack.enter_context(served(Switches(**switches), clock, clock.advance))
            found = Talk(server.url, service, clock)
            stack.callback(found.line.close)
            return found

        yield make


def test_a_job_without_uploads_starts_and_ends(talk: Open) -> None:
    to = talk()
    job = to.ended()
    assert job["status"]["code"] == "completed"
    assert job["spent"] == 1
    assert [one["filename"] for one in job["output"]] == ["far.webp"]
    path = job["output"][0]["uri"].split("/v2", 1)[1]
    assert b'"target": "webp"' in json.dumps(to("GET", path, key="")[1]).encode()


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"proces": True},
        {"input": [{"type": "remote"}]},
        {"input": [{**FAR, "file_name": "x"}]},
        {"input": [{"type": "upload", "source": "x"}]},
        {"conversion": [{"target": "webq"}]},
        {"conversion": [{**WEBP, "options": {"widht": 1}}]},
        {"conversion": [{**WEBP, "options": {"width": "10"}}]},
        {"conversion": [{**WEBP, "options": {"preset": "none"}}]},
        {"input": [{"type": "input_id", "source": "none"}]},
    ],
)
def test_what_is_not_documented_is_refused(talk: Open, body: Any) -> None:
    assert talk()("POST", "/jobs", body)[0] == 400


def test_the_key_is_asked_for(talk: Open) -> None:
    to = talk()
    assert to("POST", "/jobs", JOB, key="")[0] == 401
    assert to("GET", "/jobs", key="wrong")[0] == 401
    assert to("GET", "/statuses", key="")[0] == 200
    job = to.made(DRAFT)
    assert to("GET", f"/jobs/{job['id']}", key="", X_Oc_Token=job["token"])[0] == 200


def test_nothing_can_be_changed_once_it_was_started(talk: Open) -> None:
    to = talk(polls=9)
    job = to.made()
    path = f"/jobs/{job['id']}"
    assert to("PATCH", path, {"process": True})[0] == 409
    assert to("POST", f"{path}/input", FAR)[0] == 409
    assert to("PATCH", f"{path}/conversions/{job['conversion'][0]['id']}", {"options": {"width": 5}})[0] == 409
    assert to("DELETE", f"{path}/input/{job['input'][0]['id']}")[0] == 409
    assert to.upload(job, b"x")[0] == 409


def test_the_first_upload_starts_a_job_and_closes_it(talk: Open) -> None:
    to = talk()
    job = to.made({"conversion": [WEBP]})
    status, reply = to.upload(job, b"\r\nbytes \x00--x\r\n")
    assert status == 200
    assert reply["id"]["job"] == job["id"]
    assert to.service.jobs[job["id"]].inputs[0].data == b"\r\nbytes \x00--x\r\n"
    assert to.upload(job, b"more")[0] == 409


def test_a_held_job_takes_uploads_until_it_is_started(talk: Open) -> None:
    to = talk(upload_reply="input")
    job = to.made({"process": False, "conversion": [WEBP]})
    assert to.upload(job, b"one")[1]["type"] == "upload"
    assert to("POST", f"/dl/web1/upload-base64/{job['id']}", [{"content": "dHdv", "filename": "b"}])[0] == 200
    assert to("POST", f"/dl/web1/upload-base64/{job['id']}", {"content": "%"})[0] == 400
    assert to("GET", f"/jobs/{job['id']}")[1]["status"]["code"] == "incomplete"
    assert to("PATCH", f"/jobs/{job['id']}", {"process": True})[1]["status"]["code"] != "incomplete"


def test_positions_are_a_whole_permutation_or_refused(talk: Open) -> None:
    to = talk(echo_positions=True)
    job = to.made({"process": False, "input": [FAR, {**FAR, "source": "https://x.example/b"}], "conversion": [WEBP]})
    one, two = (item["id"] for item in job["input"])

    def order(*places: tuple[str, int]) -> tuple[int, Any]:
        body = [{"id": name, "options": {"position": place}} for name, place in places]
        return to("PATCH", f"/jobs/{job['id']}/input", body)

    assert order((one, 1), (two, 1))[0] == 400
    assert order((one, 3), (two, 1))[0] == 400
    assert order(("none", 1), (two, 2))[0] == 404
    status, rows = order((one, 2), (two, 1))
    assert status == 200
    assert [(row["id"], row["options"]["position"]) for row in rows] == [(two, 1), (one, 2)]


def test_options_are_merged_and_null_takes_one_away(talk: Open) -> None:
    to = talk(expanded=False)
    job = to.made({"process": False, "conversion": [{**WEBP, "options": {"width": 5, "rotate": 90}}]})
    path = f"/jobs/{job['id']}/conversions/{job['conversion'][0]['id']}"
    assert to("PATCH", path, {"options": {"width": None, "quality": "x"}})[1]["options"] == {
        "rotate": 90,
        "quality": "x",
    }
    assert to("PATCH", path, {"target": "png"})[0] == 400


def test_one_failure_fails_the_job_unless_it_may_go_on(talk: Open) -> None:
    to = talk()
    pair = [{**WEBP, "options": {"quality": 13}}, WEBP]
    assert to.ended({"input": [FAR], "conversion": pair})["status"]["code"] == "failed"
    job = to.ended({"input": [FAR], "conversion": pair, "fail_on_conversion_error": False})
    assert (job["status"]["code"], len(job["output"]), len(job["warnings"])) == ("completed", 1, 1)
    missing = {**FAR, "source": "https://files.example/missing"}
    assert to.ended({"input": [FAR, missing], "conversion": [WEBP]})["errors"][0]["source"] == "input"
    alone = to.ended({"input": [missing], "conversion": [WEBP], "fail_on_input_error": False})
    assert alone["status"]["code"] == "failed"


def test_results_can_be_renamed_protected_and_end_after_a_day(talk: Open) -> None:
    to = talk()
    job = to.ended()
    out = job["output"][0]
    path = f"/jobs/{job['id']}/output/{out['id']}"
    assert to("PATCH", path, {"filename": "new", "download_password": "pw"})[1]["filename"] == "new.webp"
    assert to("PATCH", path, {"uri": "x"})[0] == 400
    get = f"/dl/web1/download-file/{out['id']}/x"
    assert to("GET", get)[0] == 401
    assert to("GET", get, X_Oc_Download_Password="pw")[0] == 200
    to.clock.advance(90000)
    assert to("GET", get, X_Oc_Download_Password="pw") == (
        410,
        {"error_code": 107, "message": "The file download has been disabled"},
    )
    assert to("GET", f"/jobs/{job['id']}")[1]["output"][0]["status"] == "expired"


def test_lists_are_paged_and_counted(talk: Open) -> None:
    to = talk(crowd=60, list_order="oldest", bare_rows=True)
    assert to("GET", "/jobs")[0] == 200
    job = to.made(DRAFT)
    rows = to("GET", "/jobs?page=2")[1]
    assert (len(rows), rows[-1]["id"], rows[-1]["input"], to.headers["X-Count"]) == (11, job["id"], [], "61")
    assert to("GET", "/jobs?page=9")[1] == []
    assert talk()("GET", "/jobs") == (204, b"")


def test_a_deleted_job_is_gone_or_canceled(talk: Open) -> None:
    for mode, status in (("404", 404), ("canceled", 200)):
        to = talk(deleted=mode)
        job = to.made(DRAFT)
        assert to("DELETE", f"/jobs/{job['id']}")[0] == 204
        assert to("GET", f"/jobs/{job['id']}")[0] == status


@pytest.mark.parametrize(
    ("mode", "status", "after"), [("409", 409, "running"), ("ended", 409, "completed"), ("500", 500, "running")]
)
def test_a_cancel_may_fail_in_three_ways(talk: Open, mode: str, status: int, after: str) -> None:
    to = talk(cancel=mode, polls=9)
    job = to.made()
    assert to("DELETE", f"/jobs/{job['id']}")[0] == status
    assert to.service.jobs[job["id"]].status == after


def test_inputs_can_be_used_again_for_a_while(talk: Open) -> None:
    to = talk(drop_inputs_after=3600.0)
    job = to.made({"conversion": [WEBP]})
    again = {"type": "input_id", "source": to.upload(job, b"one")[1]["id"]["input"]}
    body = {"process": False, "input": [again]}
    assert to("POST", "/jobs", body)[0] == 201
    to.clock.advance(4000)
    assert to("POST", "/jobs", body)[0] == 400


def test_presets_are_used_as_they_are_when_a_job_starts(talk: Open) -> None:
    to = talk()
    status, preset = to("POST", "/presets", {"name": "p", "target": "webp", "options": {"width": 5}})
    assert status == 201
    body = {"input": [FAR], "conversion": [{**WEBP, "options": {"preset": preset["id"]}}]}
    to("PATCH", f"/presets/{preset['id']}", {"options": {"width": 6}})
    job = to.ended(body)
    assert json.loads(to.service.jobs[job["id"]].outputs[0].data)["preset"] == {"width": 6}
    assert to("DELETE", f"/presets/{preset['id']}")[0] == 204
    assert to("GET", f"/presets/{preset['id']}")[0] == 404


def test_faults_come_before_or_after_the_work(talk: Open) -> None:
    to = talk()
    for kind, made in (("lost", 1), ("unsent", 0), ("500 after", 1), ("402", 0)):
        to.service.jobs.clear()
        to.service.trouble(Fault("create", kind))
        if kind in ("lost", "unsent"):
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                to.made()
        else:
            assert to("POST", "/jobs", JOB)[0] == int(kind[:3])
        assert len(to.service.jobs) == made


def test_every_call_is_logged_with_who_made_it(talk: Open) -> None:
    to = talk()
    to.service.actor = "colleague"
    job = to.made()
    to.service.actor = "us"
    to("DELETE", f"/jobs/{job['id']}")
    assert [(one.actor, one.call, one.owner) for one in to.service.log] == [
        ("colleague", "create", ""),
        ("us", "cancel", "colleague"),
    ]
    assert [(one.actor, one.owner) for one in to.service.starts] == [("colleague", "colleague")]
