"""Jobs are waited for with few requests: one by one or by list pages, until they end, are stuck, or time is up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.api.client import Client
from a2c_spec.api.http.backoff import Pace
from a2c_spec.api.poll import LATE_RESULTS, STUCK_AFTER, USELESS_LISTS, JobGone, Poller, _Waiter, is_complete
from a2c_spec.api.upload import Uploads
from a2c_spec.core.live import LiveJob, parse_job
from a2c_spec.errors import AskedToWait, NetworkError, SpecError, WaitTimeout
from tests.api.wires import Clock, wire_over

OUTPUT = {"id": "o", "uri": "https://dl.example/o", "filename": "a.pdf"}
WHOLE = {"input": [{"id": "i"}], "conversion": [{"id": "c", "target": "pdf"}], "output": [OUTPUT]}


@dataclass
class Service:
    """Jobs that end at a second of the clock; ``listed`` are those the list shows, ``parts`` what its rows hold."""

    clock: Clock
    ends: Mapping[str, float]
    listed: Callable[[str], bool] = lambda _job_id: True
    parts: Mapping[str, Any] = field(default_factory=lambda: WHOLE)
    asked: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.times.append(self.clock() - 1000)
        job_id = request.url.path.removeprefix("/v2/jobs").strip("/")
        self.asked["read" if job_id else "list"] += 1
        if job_id:
            found = job_id in self.ends
            return httpx.Response(200, json=self.row(job_id, WHOLE)) if found else httpx.Response(404, json={})
        page = int(request.url.params["page"])
        rows = [self.row(key, self.parts) for key in self.ends if self.listed(key)]
        return httpx.Response(200, json=rows[(page - 1) * 50 : page * 50])

    def row(self, job_id: str, parts: Mapping[str, Any]) -> dict[str, Any]:
        ended = self.clock() - 1000 >= self.ends[job_id]
        shown = parts if ended else {"input": [{"id": "i"}]}
        return {"id": job_id, "process": True, "status": {"code": "completed" if ended else "processing"}, **shown}

    def wait(self, *job_ids: str, patience: float = 0.0) -> list[LiveJob | BaseException]:
        """Waits for jobs together."""

        async def run() -> list[LiveJob | BaseException]:
            client = Client(wire_over(self, self.clock), Uploads(Path()), lambda _: "", lambda _: "")
            poller = Poller(client, self.clock, self.clock.sleep, lambda: 0.0, patience=patience)
            waits = (poller.wait(job_id, lambda _: None) for job_id in job_ids)
            return await asyncio.gather(*waits, return_exceptions=True)

        return asyncio.run(run())


def test_looks_at_one_job_are_further_and_further_apart() -> None:
    service = Service(Clock(), {"a": 30})
    (live,) = service.wait("a")
    assert isinstance(live, LiveJob)
    assert live.status == "completed"
    assert [round(time, 2) for time in service.times] == [
        0.5,
        1.25,
        2.38,
        4.06,
        6.59,
        10.39,
        15.39,
        20.39,
        25.39,
        30.39,
    ]
    assert service.asked == {"read": 10}


def test_three_jobs_are_read_one_by_one_and_four_by_the_list() -> None:
    few, many = Service(Clock(), dict.fromkeys("abc", 3)), Service(Clock(), dict.fromkeys("abcd", 3))
    few.wait(*"abc")
    many.wait(*"abcd")
    assert set(few.asked) == {"read"}
    assert set(many.asked) == {"list"}


def test_list_pages_answer_for_fifty_jobs_at_once() -> None:
    names = [f"job-{number}" for number in range(120)]
    service = Service(Clock(), dict.fromkeys(names, 0.4))
    assert all(isinstance(live, LiveJob) and live.outputs for live in service.wait(*names))
    assert service.asked == {"list": 3}


def test_rows_that_lack_parts_are_read_once_each() -> None:
    names = [f"job-{number}" for number in range(60)]
    service = Service(Clock(), dict.fromkeys(names, 0.4), parts={})
    assert all(isinstance(live, LiveJob) and live.outputs for live in service.wait(*names))
    assert service.asked == {"list": 2, "read": 60}


def test_jobs_that_end_at_different_times_share_their_lists() -> None:
    ends = {f"job-{number}": number * 0.07 for number in range(40)}
    service = Service(Clock(), ends)
    service.wait(*ends)
    gaps = [after - before for before, after in zip(service.times, service.times[1:], strict=False)]
    assert min(gaps[: service.asked["list"] - 1]) >= 0.5 - 1e-9


def test_a_list_that_shows_none_of_our_jobs_is_given_up() -> None:
    names = [f"job-{number}" for number in range(20)]
    service = Service(Clock(), dict.fromkeys(names, 60), listed=lambda _job_id: False)
    service.wait(*names)
    assert service.asked["list"] == USELESS_LISTS


def test_a_list_that_shows_some_of_our_jobs_stays_in_use() -> None:
    names = [f"job-{number}" for number in range(20)]
    service = Service(Clock(), dict.fromkeys(names, 60), listed=lambda job_id: job_id < "job-19")
    service.wait(*names)
    assert service.asked["list"] > USELESS_LISTS


def test_every_new_status_is_told_once() -> None:
    clock = Clock()
    service = Service(clock, {"a": 5})
    told: list[str] = []

    async def run() -> None:
        client = Client(wire_over(service, clock), Uploads(Path()), lambda _: "", lambda _: "")
        poller = Poller(client, clock, clock.sleep, lambda: 0.0)
        await poller.wait("a", lambda live: told.append(live.status))

    asyncio.run(run())
    assert told == ["processing", "completed"]


def test_time_that_is_up_is_said_with_the_way_to_go_on() -> None:
    (error,) = Service(Clock(), {"a": 100}).wait("a", patience=7)
    assert isinstance(error, WaitTimeout)
    assert error.message == "job a is still processing after 7 s"
    assert "a2c-spec wait" in error.hint


def test_time_that_is_up_is_up_at_that_second() -> None:
    service = Service(Clock(), {"a": 100})
    service.wait("a", patience=7)
    assert service.times[-1] == 7


def test_a_job_that_ends_in_the_last_second_is_not_late() -> None:
    (live,) = Service(Clock(), {"a": 6.9}).wait("a", patience=7)
    assert isinstance(live, LiveJob)


def test_a_job_that_the_service_forgot_leaves_the_others_waiting() -> None:
    gone, live = Service(Clock(), {"a": 3}).wait("forgotten", "a")
    assert isinstance(gone, JobGone)
    assert str(gone) == "the service no longer knows job forgotten"
    assert gone.address == ""
    assert isinstance(live, LiveJob)


def test_a_job_that_does_not_start_is_given_back_after_a_few_looks() -> None:
    times: list[float] = []
    clock = Clock()

    def answer(_request: httpx.Request) -> httpx.Response:
        times.append(clock())
        return httpx.Response(200, json={"id": "a", "process": True, "status": {"code": "incomplete"}})

    async def run() -> LiveJob:
        client = Client(wire_over(answer, clock), Uploads(Path()), lambda _: "", lambda _: "")
        return await Poller(client, clock, clock.sleep, lambda: 0.0).wait("a", lambda _: None)

    assert asyncio.run(run()).status == "incomplete"
    assert len(times) == STUCK_AFTER


@pytest.mark.parametrize(("shown_at", "looks"), [(1, 1), (3, 3), (99, 1 + LATE_RESULTS)])
def test_a_job_that_has_ended_is_looked_at_a_few_times_more_until_it_shows_all_results(
    shown_at: int, looks: int
) -> None:
    times: list[float] = []
    clock = Clock()

    def answer(_request: httpx.Request) -> httpx.Response:
        times.append(clock())
        outputs = [OUTPUT, OUTPUT | {"id": "p"}][: 2 if len(times) >= shown_at else 1]
        return httpx.Response(200, json={"id": "a", "status": {"code": "completed"}, **WHOLE, "output": outputs})

    async def run() -> LiveJob:
        client = Client(wire_over(answer, clock), Uploads(Path()), lambda _: "", lambda _: "")
        poller = Poller(client, clock, clock.sleep, lambda: 0.0)
        return await poller.wait("a", lambda _: None, lambda live: len(live.outputs) == 2)

    assert asyncio.run(run()).status == "completed"
    assert len(times) == looks


def test_a_job_that_has_ended_is_given_when_time_is_up_whatever_it_shows() -> None:
    clock = Clock()
    ended = {"id": "a", "status": {"code": "completed"}, **WHOLE}

    async def run() -> LiveJob:
        client = Client(
            wire_over(lambda _: httpx.Response(200, json=ended), clock), Uploads(Path()), lambda _: "", lambda _: ""
        )
        poller = Poller(client, clock, clock.sleep, lambda: 0.0, patience=0.6)
        return await poller.wait("a", lambda _: None, lambda _live: False)

    assert asyncio.run(run()).status == "completed"


def test_a_failure_of_a_look_ends_the_waits_that_were_due_and_no_others() -> None:
    clock = Clock()

    def answer(_request: httpx.Request) -> httpx.Response:
        if clock() < 1002:
            return httpx.Response(403, json={"message": "no"})
        return httpx.Response(200, json={"id": "b", "status": "completed", **WHOLE})

    async def run() -> list[LiveJob | BaseException]:
        client = Client(wire_over(answer, clock), Uploads(Path()), lambda _: "", lambda _: "")
        poller = Poller(client, clock, clock.sleep, lambda: 0.0, Pace(0.5, 1.5, 5.0))
        first = asyncio.create_task(poller.wait("a", lambda _: None))
        await asyncio.wait((first,))
        clock.now += 10
        return [*await asyncio.gather(first, poller.wait("b", lambda _: None), return_exceptions=True)]

    failed, live = asyncio.run(run())
    assert isinstance(failed, SpecError)
    assert not isinstance(failed, NetworkError)
    assert isinstance(live, LiveJob)


@pytest.mark.parametrize("status", [400, 403, 409, 410, 418, 422])
def test_whatever_the_service_answers_ends_the_wait(status: int) -> None:
    clock = Clock()

    async def run() -> list[LiveJob | BaseException]:
        wire = wire_over(lambda _: httpx.Response(status, json={"message": "no"}), clock)
        poller = Poller(Client(wire, Uploads(Path()), lambda _: "", lambda _: ""), clock, clock.sleep, lambda: 0.0)
        waits = [poller.wait("a", lambda _: None), poller.wait("a", lambda _: None), poller.wait("b", lambda _: None)]
        async with asyncio.timeout(5):
            return [*await asyncio.gather(*waits, return_exceptions=True)]

    errors = asyncio.run(run())
    assert [type(error) for error in errors] == [type(errors[0])] * 3
    assert all(isinstance(error, SpecError) for error in errors)
    assert len({id(error) for error in errors}) == 3, "each is given the address that it is about"


@pytest.mark.parametrize(
    ("row", "complete"),
    [
        ({"status": "completed", **WHOLE}, True),
        ({"status": "completed", **WHOLE, "input": []}, False),
        ({"status": "completed", **WHOLE, "conversion": []}, False),
        ({"status": "completed", **WHOLE, "output": []}, False),
        ({"status": "completed", **WHOLE, "output": [{"id": "o"}]}, False),
        ({"status": "completed", **WHOLE, "output": [OUTPUT, {"uri": "https://dl.example/p"}]}, False),
        ({"status": "failed", **WHOLE}, False),
        ({"status": "failed", "errors": [{"message": "broken"}]}, True),
        ({"status": "canceled", **WHOLE}, False),
    ],
)
def test_a_row_is_complete_when_nothing_is_left_to_ask(row: dict[str, Any], complete: bool) -> None:
    assert is_complete(parse_job({"id": "a", **row})) is complete


def test_a_new_status_makes_the_looks_frequent_again() -> None:
    clock = Clock()
    times: list[float] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        seconds = clock() - 1000
        times.append(round(seconds, 1))
        code = "queued" if seconds < 10 else "processing" if seconds < 16 else "completed"
        return httpx.Response(200, json={"id": "a", "process": True, "status": code, **WHOLE})

    async def run() -> None:
        client = Client(wire_over(answer, clock), Uploads(Path()), lambda _: "", lambda _: "")
        await Poller(client, clock, clock.sleep, lambda: 0.0).wait("a", lambda _: None)

    asyncio.run(run())
    assert times == [0.5, 1.2, 2.4, 4.1, 6.6, 10.4, 11.1, 12.3, 14.0, 16.5]


def test_no_page_is_read_after_the_one_that_showed_all() -> None:
    others = {f"other-{number}": 100.0 for number in range(200)}
    service = Service(Clock(), {**dict.fromkeys("abcde", 0.4), **others})
    service.wait(*"abcde")
    assert service.asked == {"list": 1}


def test_jobs_that_are_due_soon_after_a_list_wait_for_the_next_one() -> None:
    async def next_looks() -> list[float]:
        clock = Clock()
        client = Client(wire_over(lambda _: httpx.Response(204), clock), Uploads(Path()), lambda _: "", lambda _: "")
        poller = Poller(client, clock, clock.sleep, lambda: 0.0, last_look=clock())
        looks = []
        for number in range(4):
            future: asyncio.Future[LiveJob] = asyncio.get_running_loop().create_future()
            poller.waiters[str(number)] = _Waiter(future, lambda _: None, due=clock() + 0.1, until=2000)
            looks.append(round(poller._next_look() - clock(), 2))
        return looks

    assert asyncio.run(next_looks()) == [0.1, 0.1, 0.1, 0.5]


def test_a_pause_that_the_service_asks_for_ends_the_wait_when_the_time_would_be_up() -> None:
    clock = Clock()
    service = Service(clock, {"a": 100})
    busy = httpx.Response(429, headers={"Retry-After": "6"})

    def answer(request: httpx.Request) -> httpx.Response:
        return busy if clock() > 1003 else service(request)

    client = Client(wire_over(answer, clock), Uploads(Path()), lambda _: "", lambda _: "")
    poller = Poller(client, clock, clock.sleep, lambda: 0.0, patience=7)
    with pytest.raises(AskedToWait):
        asyncio.run(poller.wait("a", lambda _: None))
    assert clock() < 1007


def test_several_may_wait_for_one_job() -> None:
    service = Service(Clock(), {"a": 3.0})
    first, second = service.wait("a", "a")
    assert isinstance(first, LiveJob)
    assert first is second
    gone = Service(Clock(), {}).wait("a", "a")
    assert all(isinstance(one, JobGone) for one in gone)
    assert gone[0] is not gone[1]
