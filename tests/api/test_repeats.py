"""A create that had no answer is sent again only so often, and only if the limits allow for both."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from a2c_spec.api.http.replies import LARGEST_REPLY
from a2c_spec.api.repeats import MOST_STARTS
from a2c_spec.core.plan import Change
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import Conflict, LimitRefused, NetworkError, SpecError
from tests.api.service import Bench, Rule, Service

CREATE = "POST /jobs"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Service())
    yield made
    made.store.close()


def creates(answer: Callable[[Service, httpx.Request], httpx.Response | Exception]) -> Rule:
    """Every create gets this answer."""

    def rule(service: Service, request: httpx.Request) -> httpx.Response | Exception | None:
        return answer(service, request) if (request.method, request.url.path) == ("POST", "/v2/jobs") else None

    return rule


def cut(_service: Service, request: httpx.Request) -> httpx.Response:
    """A status of 201, and then the connection breaks."""

    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b'{"id": "job'
            raise httpx.ReadError("reset")

    return httpx.Response(201, stream=Broken(), request=request)


def holding(body: object) -> Callable[[Service, httpx.Request], httpx.Response]:
    return lambda _service, _request: httpx.Response(201, content=json.dumps(body))


UNUSABLE = {
    "no id": holding({}),
    "nothing": lambda _service, _request: httpx.Response(201),
    "an id that is none": holding({"id": "../../x"}),
    "nested": lambda _service, _request: httpx.Response(201, content=b"[" * 200 + b"]" * 200),
    "larger than any": lambda _service, _request: httpx.Response(201, content=b" " * (LARGEST_REPLY + 1)),
    "no JSON": lambda _service, _request: httpx.Response(201, content=b"<html>"),
    "cut": cut,
}


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
def test_a_create_that_the_service_acknowledged_is_sent_once_however_often_it_is_applied(
    bench: Bench, answer: Callable[[Service, httpx.Request], httpx.Response]
) -> None:
    bench.service.rule = creates(answer)
    with pytest.raises(Conflict, match=r"the service answered that it made the job.* and lists none like it"):
        bench.execute(bench.change())
    record = bench.durable()
    assert record is not None
    assert record.intent is not None
    assert (record.intent.acknowledged, record.intent.starts) == (True, True)
    assert bench.service.requests.count(CREATE) == 1


def test_an_acknowledged_create_is_found_where_the_list_shows_its_job(bench: Bench) -> None:
    def made(service: Service, request: httpx.Request) -> httpx.Response | None:
        if service.jobs:
            return None  # the draft that tells how the service writes times
        service.answer("POST", ["jobs"], request.content)
        return httpx.Response(201, json={"id": "../../x"})

    def rule(service: Service, request: httpx.Request) -> httpx.Response | None:
        return made(service, request) if (request.method, request.url.path) == ("POST", "/v2/jobs") else None

    bench.service.rule = rule
    done = bench.execute(bench.change())
    assert (done.job_id, done.phase, done.intent) == ("job-1", "started", None)


LOST: dict[str, httpx.Response | Exception] = {
    "reset": httpx.ReadError("reset"),
    "500": httpx.Response(500, json={}),
    "no JSON": httpx.Response(200, content=b"<html>"),
}


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_a_start_without_an_answer_is_seldom_sent_again_and_counted(
    bench: Bench, answer: httpx.Response | Exception
) -> None:
    counted: list[str] = []

    async def set_aside(change: Change, _record: JobRecord) -> None:
        counted.append(change.address)

    bench.service.rule = creates(lambda _service, _request: answer)
    with pytest.raises(NetworkError):
        bench.execute(bench.change(), task=replace(bench.task(), set_aside=set_aside))
    assert (bench.service.requests.count(CREATE), counted) == (MOST_STARTS, ["pack"] * (MOST_STARTS - 1))
    record = bench.durable()
    assert record is not None
    assert record.lost_start, "the next apply looks for it"


def test_a_start_is_not_sent_again_beyond_a_limit(bench: Bench) -> None:
    async def set_aside(_change: Change, _record: JobRecord) -> None:
        raise LimitRefused("not started: 1 credit spent or under way, --max-credits allows 1")

    bench.service.rule = creates(lambda _service, _request: httpx.ReadError("reset"))
    with pytest.raises(SpecError, match=r"was lost .*may have been paid for; not started: .*--max-credits") as met:
        bench.execute(bench.change(), task=replace(bench.task(), set_aside=set_aside))
    assert met.value.exit_code == 8
    assert bench.service.requests.count(CREATE) == 1
    record = bench.durable()
    assert record is not None
    assert replace(record, intent=None).empty
    assert record.lost_start
