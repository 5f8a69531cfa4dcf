"""One address, planned from its manifest, its record and the disk; the service is asked only where it must be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.api.lost_answers import TimeUnknown
from a2c_spec.core.desired import Content, Conversion, Input, Job
from a2c_spec.core.live import LiveJob
from a2c_spec.core.state import Intent, JobRecord, SavedFile
from a2c_spec.engine.desired import Dependencies
from a2c_spec.engine.plan_one import plan_address, plan_from_live, plan_from_record, prepared
from a2c_spec.engine.planned import Pending, PlannedChange
from a2c_spec.engine.selection import EVERYTHING, Selection
from a2c_spec.engine.session import Session
from tests.engine.projects import NOW, WEBP, job, record

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of b"abc"
FILE = SavedFile("dist/cover.webp", 3, SHA, "out-1", "webp", ("cover",), 1, "cover.webp", "", "dist/cover.webp")


class Service:
    """A service that answers with this job, and remembers what was asked."""

    def __init__(self, live: LiveJob | None = None) -> None:
        self.live, self.asked = live, list[str]()

    async def job(self, job_id: str) -> LiveJob | None:
        self.asked.append(job_id)
        return self.live


def put(session: Session, *records: JobRecord) -> None:
    for one in records:
        asyncio.run(session.store.put(one))


def pending(session: Session, one: Job | None = None, chosen: Selection = EVERYTHING) -> Pending:
    ((found,), unused) = prepared(session, one or job(), Dependencies(session), chosen)
    assert unused == ()
    return found


def from_record(session: Session, *, offline: bool = False, chosen: Selection = EVERYTHING) -> PlannedChange | None:
    return plan_from_record(session, pending(session, chosen=chosen), offline=offline)


def action(step: PlannedChange | None) -> str:
    return step.change.action if step else ""


def finished(session: Session, **more: Any) -> JobRecord:
    """A job that is done and whose result stands where it belongs."""
    path = session.project.root / FILE.path
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"abc")
    return record(job(), **({"job_id": "job-1", "files": (FILE,)} | more))


def test_what_was_never_applied_is_created_without_asking(session: Session) -> None:
    assert action(from_record(session)) == "create"


def test_what_is_done_needs_nobody(session: Session) -> None:
    put(session, finished(session))
    assert action(from_record(session)) == "no-op"


@pytest.mark.parametrize("phase", ["building", "started"])
def test_what_is_under_way_must_be_asked_for_unless_offline(phase: str, session: Session) -> None:
    put(session, record(job(), phase=phase))
    assert from_record(session) is None
    assert action(from_record(session, offline=True)) == {"building": "update", "started": "wait"}[phase]


def test_a_create_without_an_answer_is_asked_for_and_offline_left_open(session: Session) -> None:
    lost = record(job(), phase="building", intent=Intent(("create_job",), starts=True))
    put(session, replace(lost, job_id=""))
    assert from_record(session) is None
    step = from_record(session, offline=True)
    assert step is not None
    assert (step.change.action, step.change.reasons[0]) == (
        "adopt",
        "the answer to an earlier create is missing; plan without --offline to look for its job",
    )


def test_what_is_to_be_replaced_runs_again(session: Session) -> None:
    put(session, finished(session))
    step = from_record(session, chosen=Selection(replace=("job",)), offline=True)
    assert action(step) == "re-run"
    assert step is not None
    assert step.change.paid_again


def live(session: Session, service: Service, chosen: Selection = EVERYTHING) -> PlannedChange:
    client: Any = service
    return asyncio.run(plan_from_live(session, pending(session, chosen=chosen), client))


def test_a_job_that_runs_is_waited_for(session: Session) -> None:
    put(session, record(job(), phase="started"))
    service = Service(LiveJob("job-1", "processing", process=True))
    step = live(session, service)
    assert (step.change.action, service.asked, step.live) == ("wait", ["job-1"], service.live)


def test_a_job_that_the_service_forgot_is_made_anew(session: Session) -> None:
    put(session, record(job(), phase="building"))
    step = live(session, Service(None))
    assert (step.change.action, step.live) == ("create", None)


UPLOAD = Input("cover", "upload", path="a.txt", content=Content(3, SHA, ""))


def test_before_anything_is_paid_for_the_results_cache_is_looked_at(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    one = job(inputs=(UPLOAD,))
    ready = pending(session, one)
    assert action(plan_from_record(session, ready, offline=False)) == "create"
    made = replace(finished(session), address="other", fingerprint=ready.desired.fingerprint, basis=ready.desired.basis)
    session.results.keep(ready.desired, made, tmp_path, NOW)
    step = plan_from_record(session, ready, offline=False)
    assert action(step) == "cached"
    assert step is not None
    assert (step.change.downloads, step.change.starts) == (("dist/a.webp",), False)
    wished = pending(session, one, Selection(replace=("job",)))
    assert action(plan_from_record(session, wished, offline=False)) == "create"


LOOKED_FOR = Intent(("create_job",), starts=True, adds=True)
LOST = replace(record(job(), phase="building", intent=LOOKED_FOR), job_id="")


def searched(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    found: JobRecord | TimeUnknown | None,
    service: Service,
    one: Job | None = None,
) -> list[PlannedChange]:
    """The changes after a lost create, when the search for its job, which is made once, ends like this."""
    searches = []

    async def resolve(_client: Any, run: JobRecord, records: Any) -> JobRecord | None:
        assert list(records) == list(session.store.scan())
        searches.append(run)
        if isinstance(found, TimeUnknown):
            raise found
        return found

    monkeypatch.setattr("a2c_spec.api.lost_answers.resolve_lost_create", resolve)
    client: Any = service
    lost = [run for run in session.store.scan() if run.intent]
    steps, unused = asyncio.run(plan_address(session, one or job(), Dependencies(session), EVERYTHING, client))
    assert searches == lost
    assert unused == ()
    return steps


def test_the_job_of_a_create_whose_answer_was_lost_is_taken_up(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(session, LOST)
    found = record(job(), phase="started", job_id="job-7")
    service = Service(LiveJob("job-7", "processing", process=True))
    (step,) = searched(session, monkeypatch, found, service)
    assert (step.change.action, step.change.calls) == ("adopt", ())
    assert step.change.reasons[0] == "job job-7 was created by a call whose answer was lost"
    assert (service.asked, step.live) == (["job-7"], service.live)
    assert (step.record, step.filed_anew) == (found, True)  # it is written down before anything else is done


def test_a_create_that_made_no_job_is_planned_again_and_stays_recorded(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(session, LOST)
    service = Service()
    (step,) = searched(session, monkeypatch, None, service)
    assert (step.change.action, service.asked) == ("create", [])
    assert (step.record, step.filed_anew) == (session.store.get("job"), False)  # apply looks again before it pays


def test_a_result_that_stays_is_told_once_after_a_lost_create(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, jpg = (Conversion(name, "jpg", "image", {"width": width}) for name, width in (("old", 1), ("jpg", 2)))
    saved = tuple(SavedFile(f"dist/{one.id}.jpg", 3, SHA, f"out-{one.id}", one.id) for one in (old, jpg))
    earlier = record(job(conversions=(old, jpg)), job_id="job-2", files=saved, intent=LOOKED_FOR)
    put(session, finished(session), replace(earlier, address="job#2"))
    (session.project.root / "dist/old.jpg").write_bytes(b"abc")
    asked = job(conversions=(WEBP, replace(jpg, options={"width": 3})))
    kept, step = searched(session, monkeypatch, None, Service(), asked)
    assert (kept.change.action, step.change.action) == ("no-op", "re-run")
    assert step.change.reasons.count("dist/old.jpg stays here") == 1
    assert step.record
    assert step.record.leftover == (replace(saved[0], aside=True),)


def test_a_job_that_only_a_draft_can_prove_is_left_to_apply(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    put(session, LOST)
    (step,) = searched(session, monkeypatch, TimeUnknown("a job may be the one", address="job"), Service())
    assert (step.change.action, step.change.calls, step.record) == ("adopt", (), session.store.get("job"))
    assert step.change.reasons[0].startswith("a job may be the one; apply finds out with a draft")
