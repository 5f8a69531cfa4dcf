"""What became of starting calls whose answers were lost: looked for once, assumed by the plan, written by an apply."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.state import Intent, JobRecord
from a2c_spec.engine.lost_calls import look, write_down
from a2c_spec.engine.session import Session, open_state
from tests.engine.planning import done, put
from tests.engine.projects import job, record
from tests.engine.test_plan_one import Service

MEANT = record(job(), phase="started", job_id="job-1")
CREATE = Intent(("create_job",), starts=True, adds=True, fingerprint=MEANT.fingerprint, basis=MEANT.basis)
START = replace(CREATE, kinds=("patch_job",), adds=False, elements=MEANT.elements)
HELD = replace(MEANT, phase="building", intent=START)
RUNNING = LiveJob(
    "job-1",
    "processing",
    inputs=(LiveInput("in-1", "remote", "https://example.com/cover.png"),),
    conversions=(LiveConversion("conv-1", "webp", "image"),),
    process=True,
)


def looked(session: Session, service: Service, *keys: str) -> None:
    client: Any = service
    asyncio.run(look(session, [run for run in session.store.scan() if run.address in keys], client))


def test_the_run_before_stays_beside_the_one_that_a_lost_create_made(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(session, record(job(), phase="completed", job_id="job-0", files=(), intent=CREATE))
    searches = []

    async def resolve(_client: Any, run: JobRecord, _records: Any) -> JobRecord:
        searches.append(run.address)
        return replace(MEANT, job_id="job-7")

    monkeypatch.setattr("a2c_spec.api.lost_answers.resolve_lost_create", resolve)
    looked(session, Service(), "job")
    looked(session, Service(), "job")
    assert (searches, session.lost.found) == (["job"], {"job": "job-7"})
    (now,) = session.store.runs("job")
    assert (now.job_id, now.former_jobs, now.intent) == ("job-7", ("job-0",), None)
    asyncio.run(write_down(session))
    assert (session.lost.changed, session.lost.found, session.store.get("job")) == (set(), {}, now)


@pytest.mark.parametrize(
    ("live", "phase"),
    [
        (RUNNING, "started"),
        (replace(RUNNING, status="incomplete", process=False), "building"),
        (replace(RUNNING, conversions=(LiveConversion("conv-1", "png", "image"),)), "building"),
        (None, "building"),
    ],
    ids=["it runs", "it does not run", "it runs as something else", "it is gone"],
)
def test_a_start_without_an_answer_is_read_from_its_job(live: LiveJob | None, phase: str, session: Session) -> None:
    put(session, HELD, replace(HELD, address="other", job_id="job-2"), record(job("settled"), job_id="job-3"))
    service = Service(live)
    looked(session, service, "job", "settled")
    assert service.asked == ["job-1"]
    run = session.store.get("job")
    assert run is not None
    assert (run.phase, run.intent is None, session.lost.changed) == (
        phase,
        phase == "started",
        {"job"} if phase == "started" else set(),
    )


def test_what_the_found_run_makes_is_made_by_no_other_run_of_its_address(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(session, JobRecord("job", "local", intent=CREATE), replace(done(session, job(), "cover"), address="job#2"))

    async def resolve(_client: Any, _run: JobRecord, _records: Any) -> JobRecord:
        return replace(MEANT, job_id="job-7", answered_at=1.0)

    monkeypatch.setattr("a2c_spec.api.lost_answers.resolve_lost_create", resolve)
    looked(session, Service(), "job")
    assert session.lost.changed == {"job", "job#2"}
    asyncio.run(write_down(session))
    with open_state(session.project) as again:
        assert [run.job_id for run in again.store.runs("job")] == ["job-7", "id-job"]


def test_what_was_looked_for_and_not_found_is_not_looked_for_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(session, JobRecord("job", "local", intent=CREATE))
    searches = []

    async def resolve(_client: Any, run: JobRecord, _records: Any) -> None:
        searches.append(run.address)

    monkeypatch.setattr("a2c_spec.api.lost_answers.resolve_lost_create", resolve)
    for _ in range(2):
        looked(session, Service(), "job")
    assert searches == ["job"]


def test_what_was_read_for_a_plan_is_used_once_and_not_after_it(session: Session) -> None:
    service = Service(RUNNING)
    client: Any = service
    put(session, HELD)
    looked(session, service, "job")
    assert [asyncio.run(session.lost.job(client, "job-1")) for _ in range(2)] == [RUNNING, RUNNING]
    assert service.asked == ["job-1", "job-1"]
    session.lost.read["job-1"] = None
    asyncio.run(write_down(session))
    assert asyncio.run(session.lost.job(client, "job-1")) == RUNNING
