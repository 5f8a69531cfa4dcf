"""The job of a create whose answer was lost is found by its content, and never one that may be somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.api.client import Client
from a2c_spec.api.recovery import GracePeriod, resolve_lost_create
from a2c_spec.api.upload import Uploads
from a2c_spec.core.state import Element, JobRecord
from a2c_spec.errors import Conflict
from tests.api.wires import Clock, wire_over

LOST = JobRecord(
    "pack",
    "host",
    "creating",
    intent_at=1_700_000_000.0,
    elements={
        "job": Element("", {}),
        "inputs.a": Element("", {"identity": {"type": "remote", "source": "https://a.example/1"}}),
        "conversions.c": Element("", {"target": "pdf"}),
    },
)


def job(job_id: str, **more: Any) -> dict[str, Any]:
    """A job of the service, just as the lost create asked for."""
    return {
        "id": job_id,
        "status": "incomplete",
        "input": [{"id": f"i-{job_id}", "type": "remote", "source": "https://a.example/1"}],
        "conversion": [{"id": f"c-{job_id}", "target": "pdf"}],
        **more,
    }


def resolve(
    jobs: Iterable[dict[str, Any]], *, record: JobRecord = LOST, others: Iterable[JobRecord] = (), bare: bool = False
) -> tuple[JobRecord | None, list[str]]:
    """What becomes of the record, and the paths that were asked for; ``bare`` lists show ids alone."""
    known = {row["id"]: row for row in jobs}
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url).removeprefix("https://service.example/v2"))
        job_id = request.url.path.removeprefix("/v2/jobs").strip("/")
        if job_id:
            return httpx.Response(200, json=known[job_id])
        first = (int(request.url.params["page"]) - 1) * 50
        rows = [{"id": key} if bare else known[key] for key in [*known][first : first + 50]]
        return httpx.Response(200, json=rows)

    client = Client(wire_over(answer, Clock()), Uploads(Path()), lambda _: "", lambda _: "")
    return asyncio.run(resolve_lost_create(client, record, (record, *others))), asked


def test_the_one_job_that_matches_is_adopted_with_the_ids_of_its_parts() -> None:
    found, _ = resolve([job("other", conversion=[{"id": "c", "target": "jpg"}]), job("mine")])
    assert found is not None
    assert (found.job_id, found.phase) == ("mine", "building")
    assert found.elements["inputs.a"].api_id == "i-mine"
    assert found.elements["conversions.c"].api_id == "c-mine"


def test_without_such_a_job_it_is_as_it_was_before_the_create() -> None:
    before = JobRecord("pack", "host", "done", "job-0")
    assert resolve([])[0] is None
    assert resolve([job("other", input=[])], record=replace(LOST, previous=before))[0] == before


@pytest.mark.parametrize("owner", [JobRecord("b", "host", "started", "mine"), replace(LOST, job_id="mine")])
def test_a_job_that_another_record_owns_is_not_taken(owner: JobRecord) -> None:
    assert resolve([job("mine")], others=[owner])[0] is None


def test_a_job_that_a_create_on_its_way_is_going_to_replace_is_not_taken() -> None:
    other = JobRecord("b", "host", "creating", previous=JobRecord("b", "host", "done", "mine"))
    assert resolve([job("mine")], others=[other])[0] is None


def test_a_job_that_is_much_older_than_the_create_is_not_taken() -> None:
    assert resolve([job("old", created_at="2023-11-10T00:00:00Z")])[0] is None
    found, _ = resolve([job("new", created_at="2023-11-14T22:13:30Z")])
    assert found is not None


def test_two_jobs_for_one_create_are_a_conflict_that_names_them() -> None:
    with pytest.raises(Conflict, match="one, two") as caught:
        resolve([job("one"), job("two")])
    assert "state adopt pack" in caught.value.hint
    assert caught.value.address == "pack"


def test_two_jobs_for_two_creates_alike_are_shared_out() -> None:
    found, _ = resolve([job("one"), job("two")], others=[replace(LOST, address="b")])
    assert found is not None
    assert found.job_id == "one"


def test_rows_that_lack_parts_are_read_and_others_only_if_they_match() -> None:
    other = job("other", conversion=[{"id": "c", "target": "jpg"}])
    assert resolve([job("mine"), other])[1] == ["/jobs?page=1", "/jobs/mine"]
    assert resolve([job("mine"), other], bare=True)[1] == ["/jobs?page=1", "/jobs/mine", "/jobs/other"]


def test_every_page_of_the_list_is_searched_and_none_after_the_last() -> None:
    others = [job(f"other-{number}", conversion=[]) for number in range(60)]
    found, asked = resolve([*others, job("mine")])
    assert found is not None
    assert found.job_id == "mine"
    assert [path for path in asked if "page" in path] == ["/jobs?page=1", "/jobs?page=2"]


def test_a_search_waits_until_nothing_unanswered_can_arrive_any_more() -> None:
    clock = Clock()
    grace = GracePeriod(5, clock, clock.sleep)
    clock.now += 2
    asyncio.run(grace.wait())
    assert clock.slept == [3]
    asyncio.run(grace.wait())
    assert clock.slept == [3], "it is over"
    grace.restart()
    asyncio.run(grace.wait())
    assert clock.slept == [3, 5]


def test_a_clock_that_is_set_back_makes_nobody_wait_for_hours_at_once() -> None:
    clock = Clock()
    grace = GracePeriod(5, clock, clock.sleep)
    clock.now -= 7
    asyncio.run(grace.wait())
    assert clock.slept == [5, 5, 2]
