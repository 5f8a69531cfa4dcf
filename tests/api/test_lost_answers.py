"""The job of a create whose answer was lost is found by its content, and never one that may be somebody else's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from a2c_spec.api import lost_answers
from a2c_spec.api.client import Client
from a2c_spec.api.lost_answers import WINDOW, GracePeriod, TimeUnknown, resolve_lost_create
from a2c_spec.api.upload import Uploads
from a2c_spec.core.adoption import Evidence, evidence, zone_of
from a2c_spec.core.live import LiveJob
from a2c_spec.core.state import Element, Intent, JobRecord, SavedFile
from a2c_spec.errors import Conflict
from tests.api.wires import Clock, wire_over

NOTED = 1_700_000_000.0
INTENT = Intent(
    ("create_job",),
    starts=True,
    adds=True,
    fingerprint="new recipe",
    basis={"order": ["a"]},
    elements={
        "job": Element("", {}),
        "inputs.a": Element("", {"identity": {"type": "remote", "source": "https://a.example/1"}}),
        "conversions.c": Element("", {"target": "pdf"}),
    },
    key="key",
    noted_at=NOTED,
)
LOST = JobRecord("pack", "host", intent=INTENT)
BEFORE = JobRecord("pack", "host", "done", "job-0", fingerprint="old recipe", files=(SavedFile("a", 1, "", "o", "c"),))
UTC_KNOWN = JobRecord("known", "host", "done", "job-9", created_at=NOTED - 500, answered_at=NOTED - 500)
ZONE = 2 * 3600.0
AHEAD = JobRecord("known", "host", "done", "job-9", created_at=NOTED - 500 + ZONE, answered_at=NOTED - 499)


def made_at(seconds: float) -> str:
    """A time without its zone, so many seconds after the intent."""
    return datetime.fromtimestamp(NOTED + seconds, UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def job(job_id: str, **more: Any) -> dict[str, Any]:
    """A job of the service, just as the lost create asked for."""
    return {
        "id": job_id,
        "status": "processing",
        "process": True,
        "created_at": made_at(1),
        "input": [{"id": f"i-{job_id}", "type": "remote", "source": "https://a.example/1"}],
        "conversion": [{"id": f"c-{job_id}", "target": "pdf"}],
        **more,
    }


def resolve(
    jobs: Iterable[dict[str, Any]],
    *,
    record: JobRecord = LOST,
    others: Iterable[JobRecord] = (UTC_KNOWN,),
    bare: bool = False,
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


def test_the_one_job_that_matches_is_adopted_with_the_ids_of_its_parts_and_the_recipe_of_the_intent() -> None:
    found, _ = resolve([job("other", conversion=[{"id": "c", "target": "jpg"}]), job("mine")])
    assert found is not None
    assert (found.job_id, found.phase, found.fingerprint, found.basis) == (
        "mine",
        "started",
        "new recipe",
        {"order": ["a"]},
    )
    assert found.elements["inputs.a"].api_id == "i-mine"
    assert found.elements["conversions.c"].api_id == "c-mine"
    assert (found.intent, found.created_at) == (None, NOTED + 1)


def test_a_job_that_is_adopted_does_not_run_yet_and_has_no_recipe_until_it_does() -> None:
    found, _ = resolve([job("mine", status="incomplete")])
    assert found is not None
    assert (found.phase, found.fingerprint, found.basis) == ("building", "", {})


def test_an_adopted_job_takes_the_place_of_the_older_one_and_not_of_its_files() -> None:
    found, _ = resolve([job("mine")], record=replace(BEFORE, intent=INTENT, spent=3))
    assert found is not None
    assert (found.job_id, found.fingerprint, found.leftover, found.spent) == ("mine", "new recipe", BEFORE.files, 0)


def test_without_such_a_job_there_is_nothing_to_adopt() -> None:
    assert resolve([])[0] is None
    assert resolve([job("other", input=[])], record=replace(BEFORE, intent=INTENT))[0] is None
    assert resolve([job("mine")], record=BEFORE)[0] is None


@pytest.mark.parametrize("bare", [False, True])
def test_a_job_that_does_not_start_by_itself_is_never_taken(bare: bool) -> None:
    assert resolve([job("draft", process=False, status="incomplete")], bare=bare)[0] is None


@pytest.mark.parametrize(
    "owner",
    [
        JobRecord("b", "host", "started", "mine"),
        JobRecord("b", "host", "done", "mine", intent=INTENT),
        replace(LOST, job_id="mine"),
    ],
)
def test_a_job_that_another_record_owns_is_not_taken_whatever_it_intends(owner: JobRecord) -> None:
    assert resolve([job("mine")], others=[owner])[0] is None


def test_a_zone_that_nothing_tells_makes_no_job_ours_and_a_zone_that_the_time_names_does() -> None:
    assert evidence(INTENT, LiveJob("1", "processing", created_at=made_at(1)), None, WINDOW) == "unclear"
    for zone in (None, ZONE):
        told = LiveJob("1", "processing", created_at=f"{made_at(1)}+00:00")
        assert evidence(INTENT, told, zone, WINDOW) == "ours"


Age = tuple[float, Evidence]
AGES: list[Age] = [
    (-301, "not ours"), (-3, "unclear"), (-2, "ours"), (0, "ours"), (WINDOW, "ours"), (WINDOW + 1, "unclear"),
    (WINDOW + 301, "not ours"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "judged"), AGES)
@pytest.mark.parametrize("zone", [0.0, ZONE, -9.5 * 3600])
def test_by_a_known_zone_a_job_is_ours_if_it_was_made_after_the_intent_and_within_the_window(
    seconds: float, judged: Evidence, zone: float
) -> None:
    live = LiveJob("1", "processing", created_at=made_at(seconds + zone))
    assert evidence(INTENT, live, zone, WINDOW) == judged


@pytest.mark.parametrize(("seconds", "judged"), AGES)
@pytest.mark.parametrize("hours", [-14, -9.5, 2, 5.75, 14])
def test_without_a_known_zone_no_time_tells_anything(seconds: float, judged: Evidence, hours: float) -> None:
    live = LiveJob("1", "processing", created_at=made_at(seconds + hours * 3600))
    assert evidence(INTENT, live, None, WINDOW) == "unclear", judged


@pytest.mark.parametrize("seconds", [15 * 3600, -15 * 3600, 490, -310, 86_400])
def test_what_no_zone_and_no_measured_clock_explains_is_left_open(seconds: float) -> None:
    for zone in ("", "+00:00"):
        live = LiveJob("1", "processing", created_at=f"{made_at(seconds)}{zone}")
        assert evidence(INTENT, live, None, WINDOW) == "unclear"
        assert evidence(INTENT, live, 0.0, WINDOW) == "not ours"


@pytest.mark.parametrize("text", ["", "soon", "2023-99-99T00:00:00"])
@pytest.mark.parametrize("zone", [None, 0.0])
def test_a_job_without_a_time_leaves_it_open(text: str, zone: float | None) -> None:
    assert evidence(INTENT, LiveJob("1", "processing", created_at=text), zone, WINDOW) == "unclear"


@pytest.mark.parametrize(
    ("known", "zone"), [([], None), ([LOST, BEFORE], None), ([UTC_KNOWN], 0.0), ([LOST, AHEAD], ZONE)]
)
def test_the_zone_is_told_by_a_create_that_was_answered(known: list[JobRecord], zone: float | None) -> None:
    assert zone_of(known) == zone


def test_the_newest_answer_tells_the_zone() -> None:
    assert zone_of([AHEAD, replace(UTC_KNOWN, created_at=NOTED, answered_at=NOTED)]) == 0.0


def test_a_job_that_is_older_than_the_create_or_much_younger_is_not_taken() -> None:
    for seconds in (-310, -86_400, 490, 86_400):
        assert resolve([job("old", created_at=made_at(seconds))], others=[UTC_KNOWN])[0] is None
    assert resolve([job("new", created_at=made_at(30))], others=[UTC_KNOWN])[0] is not None


@pytest.mark.parametrize("offset", [-60.0, -3.0, 0.0, 250.0, ZONE])
def test_what_a_service_with_two_clocks_made_is_told_by_how_far_they_are_apart(offset: float) -> None:
    for seconds, judged in ((-3, "not ours"), (-2, "ours"), (WINDOW, "ours"), (WINDOW + 1, "not ours")):
        live = LiveJob("1", "processing", created_at=made_at(seconds + offset))
        assert evidence(INTENT, live, None, WINDOW, offset) == judged


def test_a_job_that_is_a_little_too_old_or_young_for_one_clock_stops_what_would_be_paid() -> None:
    for seconds in (-60, 400):
        with pytest.raises(TimeUnknown):
            resolve([job("old", created_at=made_at(seconds))], others=[UTC_KNOWN])


def test_a_zone_that_is_known_makes_the_job_ours_and_one_that_is_not_is_a_conflict() -> None:
    there = job("mine", created_at=made_at(ZONE + 5))
    found, _ = resolve([there], others=[AHEAD])
    assert found is not None
    assert resolve([there], others=[UTC_KNOWN])[0] is None
    with pytest.raises(TimeUnknown, match="a job on the service may be the one whose answer was lost: mine") as caught:
        resolve([there], others=())
    assert all(way in caught.value.hint for way in ("state adopt pack", "state rm pack"))


def test_a_job_without_a_time_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="mine"):
        resolve([job("mine", created_at=None)], others=[UTC_KNOWN])


def test_one_that_is_ours_beside_one_that_may_be_is_a_conflict() -> None:
    with pytest.raises(Conflict, match=r"2 jobs.*one, two"):
        resolve([job("one"), job("two", created_at="")])


def test_a_result_of_another_job_is_recognised_by_the_id_under_which_it_went() -> None:
    elements = {
        **INTENT.elements,
        "inputs.a": Element("", {"identity": {"type": "output", "upstream": "x"}, "wire_source": "out-7"}),
    }
    lost = replace(LOST, intent=replace(INTENT, elements=elements))
    rows = [
        job(f"j-{source}", input=[{"id": "i", "type": "output", "source": source}]) for source in ("out-6", "out-7")
    ]
    found, _ = resolve(rows, record=lost)
    assert found is not None
    assert found.job_id == "j-out-7"


def test_two_jobs_for_one_create_are_a_conflict_that_names_them() -> None:
    with pytest.raises(Conflict, match="one, two") as caught:
        resolve([job("one"), job("two")])
    assert "state adopt pack" in caught.value.hint
    assert caught.value.address == "pack"


def test_two_jobs_for_two_creates_alike_are_shared_out() -> None:
    found, _ = resolve([job("one"), job("two")], others=[UTC_KNOWN, replace(LOST, address="b")])
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


@pytest.mark.parametrize("place", [0, 1000, 2300])
@pytest.mark.parametrize("order", ["newest first", "oldest first", "any"])
def test_the_job_is_found_among_thousands_whatever_the_order_of_the_list(place: int, order: str) -> None:
    others = [job(f"other-{number}", created_at=made_at(number - 1150.0)) for number in range(2300)]
    others = [{**row, "conversion": [{"id": "c", "target": "jpg"}]} for row in others]
    rows = [*others[:place], job("mine"), *others[place:]]
    if order == "any":
        Random(7).shuffle(rows)
    else:
        rows.sort(key=lambda row: str(row["created_at"]), reverse=order == "newest first")
    found, asked = resolve(rows)
    assert found is not None
    assert found.job_id == "mine"
    assert len(asked) == 47 + 1, "every page, and the one job"


def test_a_second_that_fits_is_seen_on_the_last_page_too() -> None:
    others = [job(f"other-{number}", conversion=[]) for number in range(2100)]
    with pytest.raises(Conflict, match="one, two"):
        resolve([job("one"), *others, job("two")])


def test_a_list_without_an_end_is_undecided_and_not_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_answers, "PAGES", 3)
    with pytest.raises(Conflict, match="more than 150 jobs"):
        resolve([job(f"other-{number}", conversion=[]) for number in range(300)])


def test_large_pages_do_not_make_the_list_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_answers, "PAGES", 5)
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["page"])
        return httpx.Response(200, json=[job(f"{asked[-1]}-{number}", conversion=[]) for number in range(200)])

    client = Client(wire_over(answer, Clock()), Uploads(Path()), lambda _: "", lambda _: "")

    async def all_listed() -> int:
        return len([row async for row in lost_answers._listed(client)])

    with pytest.raises(Conflict, match="more than 250 jobs"):
        asyncio.run(all_listed())
    assert asked == ["1", "2"]


def test_a_row_that_moves_to_the_next_page_meanwhile_counts_once() -> None:
    row = job("mine")
    client = Client(
        wire_over(
            lambda request: httpx.Response(
                200,
                json=row if "mine" in str(request.url) else [row] * (50 if request.url.params["page"] == "1" else 1),
            ),
            Clock(),
        ),
        Uploads(Path()),
        lambda _: "",
        lambda _: "",
    )
    found = asyncio.run(resolve_lost_create(client, LOST, (LOST, UTC_KNOWN)))
    assert found is not None


@dataclass
class Searched:
    """A service whose clock is ``ahead`` of ours and writes times of ``zone``, with one job, made at our ``NOTED + 1``.

    ``dates``: its answers tell its time. ``drafts``: it takes drafts.
    """

    ahead: float = 0.0
    zone: float = 0.0
    dates: bool = True
    drafts: bool = True
    late: float = 1.0
    requests: list[str] = field(default_factory=list)

    def search(self, intent: Intent, *, may_ask: bool = True, others: tuple[JobRecord, ...] = ()) -> JobRecord | None:
        """As our clock says an hour after the create was sent."""
        clock = Clock(NOTED + 3600)
        there = job("mine", created_at=made_at(self.late + self.ahead + self.zone))

        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(f"{request.method} {request.url.path.removeprefix('/v2')}")
            now = clock.now + self.ahead
            headers = {"Date": formatdate(now, usegmt=True)} if self.dates else {}
            draft = {"id": "draft", "created_at": made_at(now - NOTED + self.zone)}
            if request.method == "POST":
                assert json.loads(request.content) == {"process": False}
                return httpx.Response(201 if self.drafts else 400, json=draft, headers=headers)
            found = [there] if request.url.path.endswith("/jobs") else there
            return httpx.Response(204 if request.method == "DELETE" else 200, json=found, headers=headers)

        client = Client(wire_over(answer, clock), Uploads(Path()), lambda _: "", lambda _: "")
        record = replace(LOST, intent=intent)
        return asyncio.run(resolve_lost_create(client, record, (record, *others), may_ask=may_ask))


OURS = replace(INTENT, by_our_clock=True)
DRAFT = ["POST /jobs", "DELETE /jobs/draft"]


@pytest.mark.parametrize("dates", [True, False])
@pytest.mark.parametrize("zone", [0.0, ZONE, -5.75 * 3600])
@pytest.mark.parametrize("ahead", [0.0, 172_800.0, -172_800.0, 437.0])
def test_a_draft_tells_how_the_service_writes_times_whatever_its_clock_says(
    ahead: float, zone: float, dates: bool
) -> None:
    ours = Searched(ahead, zone, dates)
    found = ours.search(OURS)
    assert found is not None
    assert found.job_id == "mine"
    assert ours.requests[2:] == DRAFT
    assert Searched(ahead, zone, dates, late=-7200).search(OURS) is None, "of equal content, and two hours older"
    assert Searched(ahead, zone, dates, late=-15.5 * 3600).search(OURS) is None


DAY = 86_400.0
TOLD_A_DAY = replace(UTC_KNOWN, created_at=NOTED - 500 + DAY)


@pytest.mark.parametrize(
    ("off", "others"),
    [(DAY, ()), (-DAY, ()), (20 * 3600.0, ()), (-30 * DAY, ()), (DAY, (UTC_KNOWN,)), (0.0, (TOLD_A_DAY,))],
)
def test_whole_hours_that_are_no_zone_are_measured_and_nothing_is_paid_twice(
    off: float, others: tuple[JobRecord, ...]
) -> None:
    """Neither a job of which no zone explains the time, nor what a clock once told that was wrong, decides anything."""
    service = Searched(zone=off)
    found = service.search(INTENT, others=others)
    assert found is not None
    assert service.requests[2:] == DRAFT
    assert Searched(zone=off, late=-7200).search(INTENT, others=others) is None
    with pytest.raises(TimeUnknown):
        Searched(zone=off).search(INTENT, others=others, may_ask=False)
    with pytest.raises(Conflict, match="mine"):
        Searched(zone=off, drafts=False).search(INTENT, others=others)


def test_where_the_zone_is_known_no_draft_is_needed_although_our_clock_is_wrong() -> None:
    service = Searched(ahead=172_800.0)
    found = service.search(OURS, others=(replace(UTC_KNOWN, created_at=5.0, answered_at=5.0),))
    assert found is not None
    assert (found.created_at - 1, found.answered_at) == (NOTED + 172_800, NOTED + 172_800)
    assert service.requests == ["GET /jobs", "GET /jobs/mine"]


@pytest.mark.parametrize("dates", [True, False])
def test_a_plan_makes_no_draft_and_a_service_that_refuses_it_leaves_it_open(dates: bool) -> None:
    service = Searched(dates=dates)
    with pytest.raises(TimeUnknown, match="mine"):
        service.search(OURS, may_ask=False)
    assert service.requests == ["GET /jobs", "GET /jobs/mine"]
    with pytest.raises(Conflict, match="mine") as caught:
        Searched(dates=dates, drafts=False).search(OURS)
    assert not isinstance(caught.value, TimeUnknown)


def test_a_job_that_was_adopted_long_after_tells_no_wrong_zone() -> None:
    found = Searched(dates=False).search(OURS)
    assert found is not None
    assert zone_of([found]) is None
    found = Searched(zone=ZONE).search(OURS)
    assert found is not None
    assert zone_of([found]) == ZONE


def test_inputs_in_another_order_leave_it_open_unless_their_positions_are_told() -> None:
    second = Element("", {"identity": {"type": "remote", "source": "https://a.example/2"}})
    lost = replace(LOST, intent=replace(INTENT, elements={**INTENT.elements, "inputs.b": second}))
    rows = [{"id": f"i{n}", "type": "remote", "source": f"https://a.example/{n}"} for n in (1, 2)]
    found, _ = resolve([job("mine", input=rows)], record=lost)
    assert found is not None
    with pytest.raises(Conflict, match="mine"):
        resolve([job("mine", input=rows[::-1])], record=lost)
    placed = [{**row, "options": {"position": n}} for n, row in enumerate(rows, start=1)]
    found, _ = resolve([job("mine", input=placed[::-1])], record=lost)
    assert found is not None
    assert [found.elements[f"inputs.{name}"].api_id for name in "ab"] == ["i1", "i2"]


def listing(pages: list[int], total: int) -> JobRecord | None:
    """Pages of so many jobs that are not ours, of a list that counts ``total``; the last one is ours."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "page" not in request.url.params:
            return httpx.Response(200, json=job("mine"))
        page = int(request.url.params["page"])
        count = pages[page - 1] if page <= len(pages) else 0
        rows = [job(f"{page}-{n}", conversion=[]) for n in range(count)]
        rows += [job("mine")] if page == len(pages) else []
        return httpx.Response(200, json=rows, headers={"X-Count": str(total)})

    client = Client(wire_over(answer, Clock()), Uploads(Path()), lambda _: "", lambda _: "")
    return asyncio.run(resolve_lost_create(client, LOST, (LOST, UTC_KNOWN)))


def test_short_pages_are_not_the_end_as_long_as_the_count_says_that_there_are_more() -> None:
    assert listing([20, 20, 5], total=46) is not None
    with pytest.raises(Conflict, match="counts 99 jobs and lists 46"):
        listing([20, 20, 5], total=99)


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
