"""Jobs that are replaced are deleted one by one, and each record that knows one says so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest

from a2c_spec.api.http.replies import Refused
from a2c_spec.api.replaced import delete_replaced, let_go
from a2c_spec.core.calls import Call
from a2c_spec.core.planner.deletions import deletes
from a2c_spec.core.state import Element, JobRecord, Phase, SavedFile
from a2c_spec.errors import Conflict
from tests.api.service import Bench, Service

THERE = SavedFile("", 1, "", "out-1", "sum")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Service(jobs={"old": {"id": "old"}}))
    made.put(JobRecord("pack", "host", "done", "new", former_jobs=("failed",)))
    made.put(JobRecord("pack#2", "host", "done", "old", files=(THERE,), gone_since=1.0))
    yield made
    made.store.close()


def delete(bench: Bench, *jobs: str) -> dict[str, JobRecord]:
    asyncio.run(delete_replaced(bench.executor, "pack", deletes(jobs, ())))
    return {run.address: run for run in bench.store.runs("pack")}


def test_what_only_the_service_had_is_gone_with_the_job(bench: Bench) -> None:
    runs = delete(bench, "old", "failed")
    assert bench.service.requests == ["DELETE /jobs/old", "DELETE /jobs/failed"], "404 is as good"
    assert (runs["pack#2"].job_id, runs["pack#2"].gone) == ("", ("out-1",))
    assert (runs["pack"].job_id, runs["pack"].former_jobs) == ("new", ())


def test_a_job_that_is_refused_is_there_and_not_tried_again(bench: Bench) -> None:
    bench.service.rule = lambda _service, _request: httpx.Response(409, json={"message": "not now"})
    run = delete(bench, "old")["pack#2"]
    assert (run.job_id, run.gone, run.undeletable) == ("old", (), ("old",))
    assert bench.notes() == [
        "job old stays on the service, which does not delete it: the service rejected the request (409): not now"
    ]


def test_another_refusal_is_told_and_changes_nothing(bench: Bench) -> None:
    before = bench.store.runs("pack")
    bench.service.rule = lambda _service, _request: httpx.Response(400, json={"message": "no"})
    with pytest.raises(Refused, match="no"):
        delete(bench, "old")
    assert bench.store.runs("pack") == before


def held(bench: Bench, phase: Phase = "building") -> None:
    bench.put(JobRecord("pack", "host", phase, "old", elements={"job": Element("old")}))


def test_a_held_job_is_let_go_before_its_results_come_from_elsewhere(bench: Bench) -> None:
    held(bench)
    asyncio.run(let_go(bench.executor, "pack", [Call("delete_job", "old")]))
    run = bench.store.get("pack")
    assert bench.service.requests == ["DELETE /jobs/old"]
    assert run is not None
    assert (run.job_id, run.elements, run.phase) == ("", {}, "canceled")


@pytest.mark.parametrize(("status", "refused"), [("processing", True), ("incomplete", False), ("completed", False)])
def test_a_job_that_the_service_does_not_let_go_stays_recorded(bench: Bench, status: str, refused: bool) -> None:
    held(bench, "started")
    before = bench.store.get("pack")
    bench.service.jobs["old"] = {"id": "old", "status": {"code": status}}
    bench.service.rule = lambda _service, request: (
        httpx.Response(409, json={"message": "not now"}) if request.method == "DELETE" else None
    )
    with pytest.raises(Conflict, match=f"job old is {status}") if refused else nullcontext():
        asyncio.run(let_go(bench.executor, "pack", [Call("delete_job", "old")]))
    assert bench.store.get("pack") == before


@pytest.mark.parametrize(("status", "deleted"), [("incomplete", True), ("processing", False), ("completed", False)])
def test_a_draft_that_somebody_started_meanwhile_is_not_deleted(bench: Bench, status: str, deleted: bool) -> None:
    held(bench)
    bench.service.jobs["old"] = {"id": "old", "status": {"code": status}}
    with nullcontext() if deleted else pytest.raises(Conflict, match="was started outside a2c-spec"):
        asyncio.run(let_go(bench.executor, "pack", [Call("delete_job", "old")], running=False))
    assert ("DELETE /jobs/old" in bench.service.requests) is deleted
