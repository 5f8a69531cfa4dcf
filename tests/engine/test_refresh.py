"""--refresh-only: records follow what the service says, of unfinished jobs alone, and nothing else is done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from a2c_spec.api.costs import Costs
from a2c_spec.core.live import LiveJob, LiveOutput, Problem
from a2c_spec.core.state import Intent, JobRecord, Phase, SavedFile
from a2c_spec.engine.refresh import Refreshed, _found, refresh_state
from a2c_spec.engine.session import open_session
from tests.engine.projects import project_in, session_in


@dataclass
class Service:
    """A service that knows these jobs, and counts how many reads are under way."""

    jobs: Mapping[str, LiveJob]
    asked: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def job(self, job_id: str) -> LiveJob | None:
        self.asked.append(job_id)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return self.jobs.get(job_id)


def record(address: str, phase: Phase, **more: Any) -> JobRecord:
    return replace(JobRecord(address, "local", phase, job_id=f"id-{address}"), **more)


def found(root: Path, service: Service, *records: JobRecord, **flags: Any) -> Refreshed:
    """What a refresh finds out."""
    with session_in(root, **flags) as session:
        for one in records:
            asyncio.run(session.store.put(one))
        connection: Any = SimpleNamespace(client=service, executor=SimpleNamespace(costs=Costs(session.store)))
        seen = asyncio.run(_found(replace(session, connection=connection)))
        assert all(session.store.get(before.address) == before for before, _ in seen.changed), "nothing is written here"
    return seen


def changed(root: Path, service: Service, *records: JobRecord, **flags: Any) -> dict[str, JobRecord]:
    """Address -> what its record has become."""
    return {before.address: after for before, after in found(root, service, *records, **flags).changed}


ENDS: list[tuple[str, LiveJob | None, dict[str, Any] | None]] = [
    ("still running", LiveJob("id-a", "processing"), None),
    ("completed", LiveJob("id-a", "completed", spent=3), {"phase": "completed", "spent": 3}),
    (
        "failed",
        LiveJob("id-a", "failed", errors=(Problem("input", "i", "1", "torn"), Problem("", "", "", "late"))),
        {"phase": "failed", "problem": "torn; late"},
    ),
    ("canceled", LiveJob("id-a", "canceled"), {"phase": "canceled"}),
    ("gone", None, {"job_id": ""}),
]


@pytest.mark.parametrize(("live", "after"), [end[1:] for end in ENDS], ids=[end[0] for end in ENDS])
def test_a_started_job_is_recorded_as_the_service_has_it(
    live: LiveJob | None, after: dict[str, Any] | None, tmp_path: Path
) -> None:
    seen = changed(tmp_path, Service({"id-a": live} if live else {}), record("a", "started"))
    assert seen == ({} if after is None else {"a": replace(record("a", "started"), **after)})


OUTPUT = LiveOutput("out-1", "c", filename="x.webp")
LEFT: list[tuple[str, JobRecord, LiveJob | None, str]] = [
    ("it runs", record("a", "started"), LiveJob("id-a", "processing"), ""),
    ("completed", record("a", "started"), LiveJob("id-a", "completed"), "completed"),
    ("failed", record("a", "started"), LiveJob("id-a", "failed"), ""),
    ("failed, with results", record("a", "started"), LiveJob("id-a", "failed", outputs=(OUTPUT,)), "failed"),
    ("canceled, with results", record("a", "started"), LiveJob("id-a", "canceled", outputs=(OUTPUT,)), "canceled"),
    ("completed before", record("a", "completed"), None, "completed"),
    ("completed before, and let go", record("a", "completed", gone_since=1.0), None, ""),
    ("done", record("a", "done"), None, ""),
    ("held", record("a", "building"), LiveJob("id-a", "incomplete"), ""),
    ("held, and somebody started it", record("a", "building"), LiveJob("id-a", "processing"), "processing"),
    ("gone", record("a", "started"), None, ""),
]


@pytest.mark.parametrize(("before", "live", "status"), [row[1:] for row in LEFT], ids=[row[0] for row in LEFT])
def test_what_only_an_apply_goes_on_with_is_told(
    before: JobRecord, live: LiveJob | None, status: str, tmp_path: Path
) -> None:
    seen = found(tmp_path, Service({"id-a": live} if live else {}), before)
    assert seen.unfinished == ((("a", status),) if status else ())


def test_only_jobs_that_may_have_moved_are_read(tmp_path: Path) -> None:
    phases: tuple[Phase, ...] = ("building", "started", "completed", "failed", "canceled", "done")
    records = [record(phase, phase) for phase in phases]
    records.append(record("no job", "building", job_id="", intent=Intent(("create_job",))))
    service = Service({})
    seen = changed(tmp_path, service, *records)
    assert service.asked == ["id-building", "id-started"]
    assert {address: (after.phase, after.job_id) for address, after in seen.items()} == {
        "building": ("canceled", ""),
        "started": ("started", ""),
    }


def test_so_are_results_that_stay_on_the_service_as_long_as_they_are_asked_for(tmp_path: Path) -> None:
    there, here = SavedFile("", 1, "", "out-1", "c"), SavedFile("dist/x", 1, "", "out-1", "c", wanted="dist/x")
    rows: dict[str, dict[str, Any]] = {"there": {}, "here": {"files": (here,)}}
    rows |= {"let-go": {"gone_since": 1.0}, "told": {"gone": ("out-1",)}}
    records = (record(key, "done", **({"files": (there,)} | row)) for key, row in rows.items())
    service = Service({})
    seen = changed(tmp_path, service, *records)
    assert service.asked == ["id-there"]
    assert {address: after.gone for address, after in seen.items()} == {"there": ("out-1",)}


@pytest.mark.parametrize("parallelism", [1, 3])
def test_so_many_are_read_at_the_same_time(parallelism: int, tmp_path: Path) -> None:
    service = Service({})
    changed(tmp_path, service, *(record(f"a{n}", "started") for n in range(7)), parallelism=parallelism)
    assert (service.most_at_once, len(service.asked)) == (parallelism, 7)


async def drafts(root: Path) -> list[str]:
    """Two drafts on the local API, recorded as a and b; b is then deleted behind our back."""
    async with open_session(project_in(root, local=True)) as session:
        wire = session.service.client.wire
        ids = [str((await wire.call("POST", "/jobs", body={"process": False})).data["id"]) for _ in "ab"]
        for address, job_id in zip("ab", ids, strict=True):
            await session.store.put(JobRecord(address, "local", job_id=job_id))
        await wire.call("DELETE", f"/jobs/{ids[1]}")
    return ids


def test_what_differs_is_shown_and_written_only_if_asked(tmp_path: Path) -> None:
    kept, gone = asyncio.run(drafts(tmp_path))
    project = project_in(tmp_path, local=True)
    for write in (False, True):
        pairs = asyncio.run(refresh_state(project, write=write)).changed
        assert [(before.address, before.job_id, after.job_id) for before, after in pairs] == [("b", gone, "")]
    assert asyncio.run(refresh_state(project, write=True)) == Refreshed(())
    with session_in(tmp_path) as session:
        assert {row.address: (row.phase, row.job_id) for row in session.store.scan()} == {
            "a": ("building", kept),
            "b": ("canceled", ""),
        }
