"""An input of an earlier job is named while the service takes that; else its bytes are sent, and paid for once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from a2c_spec.api.distrust import MOST_LOST, Distrust
from a2c_spec.api.http.replies import LostAnswer, Refused
from a2c_spec.core.desired import Input
from a2c_spec.core.state import Intent
from a2c_spec.errors import Conflict
from a2c_spec.manifests.digests import measure
from tests.api.service import Bench, Service, job_of

HELD = Input("in0", "upload", path="a.txt", held="input-of-job-0")
CREATE, UPLOAD = Intent(("create_job",)), Intent(("upload_file",))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "a.txt").write_text("A")
    held = replace(HELD, content=measure(tmp_path / "a.txt"))
    return Bench(tmp_path, Service(), replace(job_of(save=""), inputs=(held,)))


def uploading(service: Service, request: httpx.Request) -> httpx.Response | None:
    """What the service does with a file that is uploaded to its only job."""
    if "/up/" not in request.url.path:
        for job in service.jobs.values():
            job["server"] = "https://service.example/v2/up"
        return None
    (job,) = service.jobs.values()
    row = {"id": "input-0", "type": "upload", "filename": "a.txt", "checksum": "7fc56270e7a70fa81a5935b72eacbe29"}
    job["input"].append(row)
    service.run(job)
    return httpx.Response(200, json={"id": {"job": job["id"], "input": "input-0"}, "completed": True})


def names_an_earlier_input(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path == "/v2/jobs" and b"input_id" in request.content


@pytest.mark.parametrize(
    ("answer", "tries"),
    [(httpx.Response(500), MOST_LOST), (httpx.ReadError("reset"), MOST_LOST), (httpx.Response(404), 1)],
)
def test_the_bytes_are_sent_where_the_service_never_takes_an_earlier_input(
    bench: Bench, answer: httpx.Response | Exception, tries: int
) -> None:
    named: list[bytes] = []

    def rule(service: Service, request: httpx.Request) -> httpx.Response | Exception | None:
        if names_an_earlier_input(request):
            named.append(request.content)
            return answer
        return uploading(service, request)

    bench.service.rule = rule
    done = bench.execute(bench.change())
    assert len(named) == tries
    assert (done.phase, [job["spent"] for job in bench.service.jobs.values()]) == ("started", [1])


def test_a_create_that_was_lost_and_took_effect_is_looked_for_and_not_paid_again(bench: Bench) -> None:
    def rule(service: Service, request: httpx.Request) -> httpx.Response | Exception | None:
        if names_an_earlier_input(request):
            taken = len(service.requests) > 1
            if taken:
                service.create(json.loads(request.content))
            return httpx.ReadError("reset")
        return uploading(service, request)

    bench.service.rule = rule
    done = bench.execute(bench.change())
    assert (done.job_id, [job["spent"] for job in bench.service.jobs.values()]) == ("job-1", [1])


@pytest.mark.parametrize("ends_as", ["processing", "completed"])
def test_what_was_started_with_other_bytes_is_not_started_again_by_the_same_apply(bench: Bench, ends_as: str) -> None:
    """Neither with the same call nor with the bytes: that is for the next apply, which says what it pays for."""

    def rule(service: Service, request: httpx.Request) -> httpx.Response | None:
        if not names_an_earlier_input(request):
            return uploading(service, request)
        made = service.create(json.loads(request.content))
        made["input"][0] |= {"source": "another", "checksum": "f" * 32}
        return httpx.Response(200, json=made)

    bench.service.rule, bench.service.ends_as = rule, ends_as
    with pytest.raises(Conflict, match="ran with other content"):
        bench.execute(bench.change())
    assert [name for name in bench.service.requests if name == "POST /jobs"] == ["POST /jobs"]


def test_only_calls_that_name_an_earlier_input_count(bench: Bench) -> None:
    distrust, lost, desired = Distrust(), LostAnswer("lost"), bench.desired
    for intent in (UPLOAD, None, CREATE, UPLOAD):
        assert distrust.after(desired, lost, intent) is desired
    assert not any(item.held for item in distrust.after(desired, lost, CREATE).job.inputs)
    assert distrust.after(desired, Refused(405, "no")) is desired


def test_what_names_none_stays_as_it_is(bench: Bench) -> None:
    plain = replace(bench.desired, job=job_of())
    assert Distrust(MOST_LOST).after(plain, LostAnswer("lost"), CREATE) is plain
    assert Distrust().after(plain, Refused(404, "no")) is plain
