"""Calls are sent once, what they do is recorded before and after, and what was lost is found out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from a2c_spec.api.change_task import unbounded
from a2c_spec.api.http.replies import LostAnswer, Refused
from a2c_spec.api.repeats import MOST_DRAFTS, MOST_STARTS, Repeats
from a2c_spec.core.calls import Call, Effect
from a2c_spec.core.desired import Input
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import plan_job
from a2c_spec.core.state import Element, Intent, JobRecord, SavedFile
from a2c_spec.errors import Conflict, QuotaError, SpecError
from tests.api.service import Bench, Rule, Service, job_of

FILE = SavedFile("dist/a.txt", 3, "ab" * 32, "out-1", "sum")
DONE = JobRecord("pack", "host", "done", "job-0", files=(FILE,), fingerprint="old")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Service())
    yield made
    made.store.close()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Bench]:
    """A job that is built and not started."""
    made = Bench(tmp_path, Service(), job_of(process=False))
    yield made
    made.store.close()


def first(method: str, path: str, *answers: httpx.Response | Exception) -> Rule:
    """The first requests to a path get these answers; the service gives all others."""
    rest = list(answers)

    def rule(_service: Service, request: httpx.Request) -> httpx.Response | Exception | None:
        met = request.method == method and request.url.path == f"/v2{path}"
        return rest.pop(0) if met and rest else None

    return rule


def taken_but_lost(service: Service, request: httpx.Request) -> httpx.Response | Exception | None:
    """The first create takes effect, and its answer never comes."""
    if request.method == "POST" and request.url.path == "/v2/jobs" and not service.jobs:
        service.answer("POST", ["jobs"], request.content)
        return httpx.ReadError("reset")
    return None


def test_the_intent_is_durable_before_the_create_is_sent_and_the_answer_before_it_returns(bench: Bench) -> None:
    seen: list[JobRecord | None] = []

    def look(_service: Service, _request: httpx.Request) -> None:
        seen.append(bench.durable())

    bench.service.rule = look
    done = bench.execute(bench.change())
    assert seen[0] is not None
    assert (seen[0].phase, seen[0].job_id, seen[0].fingerprint, seen[0].elements) == ("building", "", "", {})
    intent = seen[0].intent
    assert intent is not None
    assert (intent.kinds, intent.starts, intent.key, intent.noted_at) == (("create_job",), True, "key-1", 1000)
    assert (intent.fingerprint, intent.basis) == (bench.desired.fingerprint, bench.desired.basis)
    assert (done.phase, done.job_id) == ("started", "job-1")
    assert bench.durable() == done
    assert done.fingerprint == bench.desired.fingerprint


FOUND_WITH_A_DRAFT = [
    "POST /jobs",
    "GET /jobs",
    "GET /jobs/job-1",
    "POST /jobs",
    "DELETE /jobs/job-2",
    "GET /jobs/job-1",
]
"""The requests of a lost create where nothing tells yet how the service writes times."""


def test_a_create_whose_answer_was_lost_is_found_and_not_repeated(bench: Bench) -> None:
    bench.service.rule = taken_but_lost
    bench.service.clock.now += 100  # long after the start
    done = bench.execute(bench.change())
    assert (done.job_id, done.phase) == ("job-1", "started")
    assert bench.service.requests == FOUND_WITH_A_DRAFT
    assert [*bench.service.jobs] == ["job-1"]
    assert bench.service.clock.slept == [5.0], "the search waited for what might still arrive"
    assert bench.notes() == ["adopted job job-1, made by a create whose answer was lost"]


def test_a_search_begins_only_when_no_create_is_in_progress(bench: Bench) -> None:
    lost = JobRecord("pack", "host", intent=Intent(("create_job",), starts=True))

    async def run() -> list[str]:
        async with bench.executor.create_gate.creating():
            search = asyncio.create_task(bench.executor.recover(lost, Repeats(unbounded)))
            for _ in range(20):
                await asyncio.sleep(0)
            before = [*bench.service.requests]
        await search
        return before

    assert asyncio.run(run()) == []
    assert bench.service.requests == ["GET /jobs"]


def test_a_create_whose_answer_lacks_its_parts_is_read_before_anything_more_is_sent(bench: Bench) -> None:
    def bare(service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST":
            return None
        job = service.create({**json.loads(request.content)})
        return httpx.Response(201, json={"id": job["id"]})

    bench.service.rule = bare
    done = bench.execute(bench.change())
    assert bench.service.requests == ["POST /jobs", "GET /jobs/job-1"]
    assert done.elements["conversions.sum"].api_id == "conversion-0", "it was recognised by its content"


def test_a_new_job_leaves_nothing_of_the_one_it_replaces(bench: Bench) -> None:
    done = bench.execute(bench.change(DONE), bench.put(DONE))
    assert (done.job_id, done.intent, done.spent) == ("job-1", None, 0)


def test_a_create_that_never_arrived_is_sent_again_after_the_search(bench: Bench) -> None:
    bench.service.rule = first("POST", "/jobs", httpx.ReadError("reset"))
    done = bench.execute(bench.change())
    assert done.job_id == "job-1"
    assert bench.service.requests == ["POST /jobs", "GET /jobs", "POST /jobs"]
    assert bench.notes() == []


def test_a_service_that_loses_every_answer_is_given_up(bench: Bench) -> None:
    bench.service.rule = first("POST", "/jobs", *[httpx.ReadError("reset")] * 100)
    with pytest.raises(LostAnswer):
        bench.execute(bench.change())
    assert bench.service.requests.count("POST /jobs") == MOST_STARTS


def test_a_refused_create_leaves_no_record_where_there_was_none(bench: Bench) -> None:
    bench.service.rule = first("POST", "/jobs", httpx.Response(402, json={}))
    with pytest.raises(QuotaError):
        bench.execute(bench.change())
    assert bench.durable() is None


def test_a_refused_create_leaves_what_was_known_before_it(bench: Bench) -> None:
    bench.service.rule = first("POST", "/jobs", httpx.Response(400, json={"message": "no"}))
    with pytest.raises(Refused):
        bench.execute(bench.change(DONE), bench.put(DONE))
    found = bench.durable()
    assert found is not None
    assert replace(found, updated_at=0) == DONE


def test_a_lost_create_of_a_replacement_keeps_the_old_job_known(bench: Bench) -> None:
    bench.service.rule = first("POST", "/jobs", *[httpx.ReadError("reset")] * 100)
    with pytest.raises((LostAnswer, Conflict)):
        bench.execute(bench.change(DONE), bench.put(DONE))
    found = bench.durable()
    assert found is not None
    assert replace(found, intent=None, updated_at=0) == DONE


def built(bench: Bench) -> JobRecord:
    """The record of the held job, as its create left it."""
    record = bench.execute(bench.change())
    bench.service.requests.clear()
    bench.service.clock.slept.clear()
    return record


ADD = Call(
    "add_inputs",
    body=({"type": "remote", "source": "u1"}, {"type": "remote", "source": "u2"}),
    creates=("inputs.x", "inputs.y"),
    effects=(Effect("inputs.x", {"position": 1}), Effect("inputs.y", {"position": 2})),
)


@pytest.mark.parametrize("status", [400, 415, 422])
def test_an_array_that_is_refused_is_sent_one_part_at_a_time(held: Bench, status: int) -> None:
    record = built(held)
    held.service.rule = first("POST", "/jobs/job-1/input", httpx.Response(status, json={}))
    done = held.execute(Change("pack", "update", ("more",), (ADD,)), record)
    assert held.service.requests == ["POST /jobs/job-1/input"] * 3
    assert [done.elements[name].api_id for name in ADD.creates] == ["input-1", "input-2"]
    assert [done.elements[name].sent for name in ADD.creates] == [{"position": 1}, {"position": 2}]
    assert done.intent is None


def test_a_part_that_was_not_sent_yet_is_not_recorded_as_if_it_were(held: Bench) -> None:
    record = built(held)
    known: list[list[str]] = []

    def rule(_service: Service, request: httpx.Request) -> httpx.Response | None:
        found = held.durable()
        known.append([name for name in ADD.creates if found and name in found.elements])
        return httpx.Response(400, json={}) if request.content.startswith(b"[") else None

    held.service.rule = rule
    held.execute(Change("pack", "update", ("more",), (ADD,)), record)
    assert known == [[], [], ["inputs.x"]]


def test_an_array_that_is_forbidden_is_not_tried_again(held: Bench) -> None:
    record = built(held)
    held.service.rule = first("POST", "/jobs/job-1/input", httpx.Response(405, json={}))
    with pytest.raises(Refused):
        held.execute(Change("pack", "update", ("more",), (ADD,)), record)
    assert held.service.requests == ["POST /jobs/job-1/input"]


def test_parts_that_may_have_been_added_are_noted_before_they_are_sent(held: Bench) -> None:
    record = built(held)
    noted: list[bool] = []

    def look(_service: Service, request: httpx.Request) -> None:
        if request.method == "POST":
            noted.append(bool((known := held.durable()) and known.intent and known.intent.adds))

    held.service.rule = look
    assert held.execute(Change("pack", "update", ("more",), (ADD,)), record).intent is None
    assert noted == [True]


def test_a_name_that_the_service_does_not_take_counts_as_given(held: Bench) -> None:
    record = built(held)
    call = Call("patch_output", "out-0", {"filename": "a"}, effects=(Effect("outputs.out-0", {"filename": "a"}),))
    held.service.rule = first("PATCH", "/jobs/job-1/output/out-0", httpx.Response(405, json={"message": "no"}))
    done = held.execute(Change("pack", "rename", ("named",), (call,)), record)
    assert done.elements["outputs.out-0"].sent == {"filename": "a"}
    assert "does not rename its result" in held.notes()[0]


START = Call("patch_job", body={"process": True}, starts=True)


def test_a_job_is_started_only_once_the_service_says_so_and_the_intent_says_so_before(held: Bench) -> None:
    record = built(held)
    seen: list[JobRecord | None] = []

    def look(_service: Service, request: httpx.Request) -> None:
        if request.method == "PATCH":
            seen.append(held.durable())

    held.service.rule = look
    done = held.execute(Change("pack", "update", ("start",), (START,), fingerprint="f", basis={"a": 1}), record)
    before = seen[0]
    assert before is not None
    assert (before.phase, before.fingerprint, before.intent and before.intent.starts) == (
        "building",
        record.fingerprint,
        True,
    )
    assert before.intent is not None
    assert before.intent.elements == record.elements, "so that it is known later what was started"
    assert (done.phase, done.fingerprint, done.basis, done.intent) == ("started", "f", {"a": 1}, None)


PATCH = Change("pack", "update", ("changed",), (Call("patch_job", body={"notify_status": True}),))


@pytest.mark.parametrize("status", [404, 409, 410])
def test_a_conflict_is_read_and_planned_again_once(held: Bench, status: int) -> None:
    record = built(held)
    held.service.rule = first("PATCH", "/jobs/job-1", httpx.Response(status, json={"message": "busy"}))
    held.execute(PATCH, record)
    assert "GET /jobs/job-1" in held.service.requests


WRONG_ADDRESS = "is that the right URL? check API2CONVERT_BASE_URL and --base-url"


@pytest.mark.parametrize(
    ("status", "told", "hint"),
    [
        (404, "the service rejected POST https://service.example/v2/jobs (404): no", WRONG_ADDRESS),
        (405, "the service rejected POST https://service.example/v2/jobs (405): no", WRONG_ADDRESS),
        (410, "the service rejected POST https://service.example/v2/jobs (410): no", WRONG_ADDRESS),
        (409, "the service rejected the request (409): no", ""),
    ],
)
def test_a_create_changes_no_job_so_its_refusal_is_no_conflict(bench: Bench, status: int, told: str, hint: str) -> None:
    bench.service.rule = first("POST", "/jobs", *[httpx.Response(status, json={"message": "no"})] * 9)
    with pytest.raises(Refused) as caught:
        bench.execute(bench.change())
    assert (caught.value.message, caught.value.hint, caught.value.exit_code) == (told, hint, 5)
    assert bench.service.requests.count("POST /jobs") == 1
    assert bench.store.get("pack") is None


def test_a_second_conflict_is_raised_with_the_ways_out(held: Bench) -> None:
    record = built(held)
    held.service.rule = first("POST", "/jobs/job-1/conversions", *[httpx.Response(409, json={"message": "busy"})] * 9)
    held.service.jobs["job-1"]["conversion"] = []  # somebody removes it, and we add it again and again
    add = Call("add_conversions", body=({"target": "sha256"},), creates=("conversions.sum",))
    with pytest.raises(Conflict, match="modified outside a2c-spec") as caught:
        held.execute(Change("pack", "update", ("added",), (add,)), record)
    assert all(way in caught.value.hint for way in ("apply", "import", "state rm"))
    assert held.service.requests.count("POST /jobs/job-1/conversions") == 2


def test_a_job_whose_inputs_are_still_being_fetched_is_no_conflict(held: Bench) -> None:
    record = built(held)
    held.service.jobs["job-1"]["conversion"] = []
    held.service.jobs["job-1"]["input"][0]["status"] = "downloading"
    held.service.rule = first("POST", "/jobs/job-1/conversions", *[httpx.Response(409, json={})] * 3)
    add = Call("add_conversions", body=({"target": "sha256"},), creates=("conversions.sum",))
    held.execute(Change("pack", "update", ("added",), (add,)), record)
    assert held.service.clock.slept.count(1.0) == 3


def test_another_refusal_is_raised_at_once(held: Bench) -> None:
    record = built(held)
    held.service.rule = first("PATCH", "/jobs/job-1", httpx.Response(422, json={"message": "no"}))
    with pytest.raises(Refused):
        held.execute(PATCH, record)
    assert held.service.requests == ["PATCH /jobs/job-1"]


def test_calls_of_one_step_come_before_those_of_the_next(held: Bench) -> None:
    record = built(held)
    steps = (Call("patch_job", body={"b": 1}, step=1), Call("patch_conversion", "conversion-0", {"a": 1}, step=0))
    held.execute(Change("pack", "update", ("two",), steps), record)
    assert held.service.requests == ["PATCH /jobs/job-1/conversions/conversion-0", "PATCH /jobs/job-1"]


def test_what_would_be_paid_for_again_needs_to_be_allowed(bench: Bench) -> None:
    record = bench.put(DONE)  # of another recipe, so that planning again means running again
    rename = Change("pack", "rename", ("x",), (Call("patch_job", body={}),))
    bench.service.rule = first("PATCH", "/jobs/job-0", httpx.Response(409, json={}))
    with pytest.raises(Conflict, match="the job has changed"):
        bench.execute(rename, record, bench.task(paid_again_allowed=False))
    assert "POST /jobs" not in bench.service.requests
    bench.service.rule = first("PATCH", "/jobs/job-0", httpx.Response(409, json={}))
    assert bench.execute(rename, record, bench.task()).job_id == "job-1"


def test_parts_that_were_pending_are_waited_for_before_live_is_read(held: Bench) -> None:
    record = replace(built(held), intent=Intent(("add_inputs",), adds=True))
    held.service.rule = first("PATCH", "/jobs/job-1", httpx.Response(409, json={}))
    asyncio.run(held.executor.replan(held.task(), record))
    assert held.service.clock.slept == [5.0]


def test_every_write_is_a_moment_before_and_after(bench: Bench) -> None:
    bench.execute(bench.change())
    assert bench.moments == [
        "record building",
        "recorded building",
        "record intent",
        "recorded intent",
        "record started",
        "recorded started",
    ]


def test_a_finished_job_keeps_the_recipe_it_ran(bench: Bench) -> None:
    record = bench.put(replace(DONE, phase="done", elements={"job": Element("job-0", {})}))
    change = replace(PATCH, calls=(Call("patch_outputs", body={}),), fingerprint="new")
    bench.service.jobs["job-0"] = bench.service.create({"conversion": [{}]})
    assert bench.execute(change, record).fingerprint == "old"


def test_an_unfinished_job_has_the_recipe_it_is_about_to_run(held: Bench) -> None:
    record = built(held)
    assert held.execute(replace(PATCH, fingerprint="new"), record).fingerprint == "new"


OLD = Element("conversion-0", {"target": "md5", "category": "hash", "options": {}, "metadata": {}, "output_target": []})
RUNNING = replace(
    DONE, phase="started", basis={"conversions": {"sum": {"target": "md5"}}}, elements={"conversions.sum": OLD}
)
FACTS = {"updated_at": 0.0, "intent": None}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Bench]:
    """An older job of an older recipe runs."""
    made = Bench(tmp_path, Service(ends_as=""))
    job = made.service.create({"input": [{"type": "remote", "source": "https://files.example/0"}], "conversion": [{}]})
    made.service.jobs["job-0"] = {**job, "id": "job-0", "status": "processing"}
    del made.service.jobs["job-1"]
    made.put(RUNNING)
    yield made
    made.store.close()


def replace_running(bench: Bench) -> Change:
    """Cancels the job that runs and creates another."""
    live = asyncio.run(bench.executor.client.job("job-0"))
    bench.service.requests.clear()
    change = plan_job(bench.desired, RUNNING, bench.observe(RUNNING, live))
    assert [call.kind for call in change.calls] == ["delete_job", "create_job"]
    return change


def facts(bench: Bench) -> JobRecord:
    found = bench.durable()
    assert found is not None
    return replace(found, **FACTS)  # type: ignore[arg-type]  # the fields that no fact is in


REFUSED = [httpx.Response(400, json={}), httpx.Response(402, json={}), httpx.Response(413, json={})]


@pytest.mark.parametrize("answer", REFUSED)
def test_a_refused_create_leaves_every_fact_of_an_older_job(bench: Bench, answer: httpx.Response) -> None:
    known = replace(DONE, basis={"a": 1}, elements={"job": Element("job-0", {"x": 1})}, spent=4, warnings=("w",))
    bench.service.rule = first("POST", "/jobs", answer)
    with pytest.raises(SpecError):
        bench.execute(bench.change(known), bench.put(known))
    assert bench.durable() == replace(known, updated_at=1000.0)


@pytest.mark.parametrize("moment", ["record intent", "recorded intent", "answered"])
def test_a_create_that_is_killed_leaves_every_fact_of_an_older_job(bench: Bench, moment: str) -> None:
    bench.service.rule = taken_but_lost

    def die(_seconds: float) -> None:
        raise KeyboardInterrupt

    def probe(seen: str) -> None:
        if seen == moment:
            die(0)

    bench.executor.probe = probe
    if moment == "answered":
        bench.executor.client.wire.probe = lambda seen: die(0) if seen.startswith("send POST") else None
    with pytest.raises(KeyboardInterrupt):
        bench.execute(bench.change(DONE), bench.put(DONE))
    assert facts(bench) == DONE


def test_a_cancel_that_fails_leaves_the_old_job_with_its_recipe(running: Bench) -> None:
    change = replace_running(running)
    running.service.rule = first("DELETE", "/jobs/job-0", *[httpx.Response(500, json={})] * 100)
    with pytest.raises(SpecError):
        running.execute(change, RUNNING)
    assert facts(running) == RUNNING
    assert "POST /jobs" not in running.service.requests


@pytest.mark.parametrize("moment", ["send DELETE /v2/jobs/job-0", "answered DELETE /v2/jobs/job-0"])
def test_a_cancel_that_is_killed_leaves_the_old_job_with_its_recipe(running: Bench, moment: str) -> None:
    change = replace_running(running)

    def probe(seen: str) -> None:
        if seen == moment:
            raise KeyboardInterrupt

    running.executor.client.wire.probe = probe
    with pytest.raises(KeyboardInterrupt):
        running.execute(change, RUNNING)
    assert facts(running) == RUNNING
    running.executor.client.wire.probe = lambda _: None
    again, record = asyncio.run(running.executor.replan(running.task(), RUNNING))
    done = running.execute(again, record)
    assert (done.job_id != "job-0", done.fingerprint) == (True, running.desired.fingerprint)
    assert running.service.requests.count("POST /jobs") == 1
    assert "job-0" not in running.service.jobs


@pytest.mark.parametrize("answer", [httpx.Response(204), httpx.Response(404, json={}), httpx.Response(409, json={})])
def test_after_a_cancel_a_refused_create_leaves_the_old_recipe_and_its_files(
    running: Bench, answer: httpx.Response
) -> None:
    change = replace_running(running)
    cancel, create = first("DELETE", "/jobs/job-0", answer), first("POST", "/jobs", httpx.Response(402, json={}))
    running.service.rule = lambda service, request: cancel(service, request) or create(service, request)
    with pytest.raises(QuotaError):
        running.execute(change, RUNNING)
    assert facts(running) == replace(RUNNING, phase="canceled", job_id="", elements={})
    assert facts(running).fingerprint == "old"


def test_the_new_job_takes_the_place_of_the_one_that_was_canceled(running: Bench) -> None:
    done = running.execute(replace_running(running), RUNNING)
    assert running.service.requests == ["DELETE /jobs/job-0", "POST /jobs"]
    assert (done.job_id, done.phase, done.leftover) == ("job-1", "started", RUNNING.files)
    assert (done.fingerprint, done.basis) == (running.desired.fingerprint, running.desired.basis)


def test_a_draft_whose_create_was_lost_is_made_anew_and_none_is_looked_for(tmp_path: Path) -> None:
    held = Bench(tmp_path, Service(), job_of(process=False))
    held.service.rule = taken_but_lost
    done = held.execute(held.change())
    assert held.service.requests == ["POST /jobs", "POST /jobs"]
    assert (done.job_id, done.phase) == ("job-2", "building")
    held.store.close()


def test_a_service_that_loses_every_draft_is_given_up_soon_and_what_may_have_stayed_is_told(tmp_path: Path) -> None:
    held = Bench(tmp_path, Service(), job_of(process=False))
    held.service.rule = first("POST", "/jobs", *[httpx.Response(502, json={})] * 100)
    with pytest.raises(LostAnswer, match=r"failed with 502.*; up to 3 jobs that were not started, and cost nothing"):
        held.execute(held.change())
    assert held.service.requests == ["POST /jobs"] * MOST_DRAFTS
    held.store.close()


def test_an_answer_that_does_not_say_the_ids_of_every_part_is_recorded_and_the_job_is_read(tmp_path: Path) -> None:
    held = Bench(tmp_path, Service(), job_of(process=False))

    def bare(service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST":
            service.answer("POST", ["jobs"], request.content)
            return httpx.Response(201, json={"id": "job-1"})
        return None

    held.service.rule = bare
    done = held.execute(held.change())
    assert held.service.requests == ["POST /jobs", "GET /jobs/job-1"]
    assert (done.job_id, done.phase, done.intent) == ("job-1", "building", None)
    held.store.close()


def test_a_create_that_runs_is_recorded_though_its_answer_names_no_part(bench: Bench) -> None:
    def bare(service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST":
            service.answer("POST", ["jobs"], request.content)
            return httpx.Response(201, json={"id": "job-1"})
        return None

    bench.service.rule = bare
    done = bench.execute(bench.change())
    assert bench.service.requests.count("POST /jobs") == 1
    assert (done.job_id, done.fingerprint) == ("job-1", bench.desired.fingerprint)
    assert done.elements["conversions.sum"].api_id == "conversion-0"


def test_an_answer_without_an_id_at_all_is_looked_for(bench: Bench) -> None:
    def empty(service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and not service.jobs:
            service.answer("POST", ["jobs"], request.content)
            return httpx.Response(201, json={})
        return None

    bench.service.rule = empty
    done = bench.execute(bench.change())
    assert bench.service.requests == FOUND_WITH_A_DRAFT
    assert done.job_id == "job-1"


def test_when_a_job_was_created_is_kept_with_when_its_answer_came(bench: Bench) -> None:
    bench.service.zone = 7200.0
    done = bench.execute(bench.change())
    assert (done.created_at, done.answered_at) == (8200.0, 1000.0)


def from_job(folder: Path) -> Bench:
    """A job that takes a result of another one, which the service still has."""
    item = Input("in0", "from", source="other.pdf", upstream="digest of what it is made of")
    return Bench(folder, Service(), replace(job_of(), inputs=(item,)))


def test_what_another_job_made_goes_by_its_id_and_a_lost_create_is_recognised_by_that(tmp_path: Path) -> None:
    bench = from_job(tmp_path)
    seen: list[JobRecord | None] = []

    def look(service: Service, request: httpx.Request) -> httpx.Response | Exception | None:
        seen.append(bench.durable())
        return taken_but_lost(service, request)

    bench.service.rule = look
    done = bench.execute(bench.change())
    assert seen[0] is not None
    assert seen[0].intent is not None
    (sent,) = (one for name, one in seen[0].intent.elements.items() if name == "inputs.in0")
    assert sent.sent["wire_source"] == bench.service.jobs["job-1"]["input"][0]["source"] == "id of from:other.pdf"
    assert (done.job_id, done.fingerprint) == ("job-1", bench.desired.fingerprint)
    assert bench.service.requests == FOUND_WITH_A_DRAFT
    bench.store.close()


def test_a_job_that_took_another_result_is_not_the_one(tmp_path: Path) -> None:
    bench = from_job(tmp_path)
    other = bench.service.create(
        {
            "input": [{"type": "output", "source": "id of something else"}],
            "conversion": [{"target": "sha256", "category": "hash", "options": {}}],
        }
    )
    bench.service.rule = first("POST", "/jobs", httpx.ReadError("reset"))
    done = bench.execute(bench.change())
    assert done.job_id != other["id"]
    bench.store.close()


def test_a_search_would_see_that_a_create_is_in_progress(bench: Bench) -> None:
    creates: list[int] = []

    def look(_service: Service, _request: httpx.Request) -> None:
        creates.append(bench.executor.create_gate.creates)

    bench.service.rule = look
    bench.execute(bench.change())
    assert (creates, bench.executor.create_gate.creates) == ([1], 0)


def test_a_job_that_the_user_wants_run_again_is_run_again_after_a_lost_create(bench: Bench) -> None:
    same = replace(DONE, fingerprint=bench.desired.fingerprint, basis=bench.desired.basis)
    change = plan_job(bench.desired, same, replace(bench.observe(same, None), replace=True))
    bench.service.jobs["job-0"] = {**bench.service.create({"conversion": []}), "id": "job-0", "status": "completed"}
    bench.service.rule = first("POST", "/jobs", httpx.ReadError("reset"))
    done = bench.execute(change, bench.put(same), bench.task(replaces="job-0"))
    assert bench.service.requests.count("POST /jobs") == 2
    assert done.job_id != "job-0"


def test_parts_of_a_running_job_whose_ids_are_not_known_are_recognised(bench: Bench) -> None:
    record = bench.execute(bench.change())
    elements = {name: replace(element, api_id="") for name, element in record.elements.items() if name != "job"}
    _, found = asyncio.run(bench.executor.replan(bench.task(), replace(record, elements=elements)))
    assert found.elements["conversions.sum"].api_id == "conversion-0"
    assert found.elements["inputs.in0"].api_id == "input-0"
