"""Bytes that an earlier job holds: which jobs are asked, and what proves that they are there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Content, Input
from a2c_spec.core.live import LiveInput, LiveJob
from a2c_spec.core.plan import Change
from a2c_spec.core.state import Element, JobRecord
from a2c_spec.engine.held_inputs import may_be_held, with_held_inputs
from a2c_spec.engine.planned import Pending
from a2c_spec.engine.session import Session
from tests.engine.projects import desired, job, record, session_in

UPLOAD = Input("cover", "upload", path="a.png", content=Content(3, "5" * 64, "md5 of it"))
ONE = job(inputs=(UPLOAD,))
SENT = {"identity": {"type": "upload", "sha256": "5" * 64}, "filename": "a.png"}
BEFORE = replace(record(ONE, job_id="job-1"), elements={"inputs.cover": Element("i1", SENT)})
UPLOADS = Change("job", "re-run", (), (Call("create_job"), Call("upload_file", starts=True)))


def pending(session: Session, before: JobRecord | None = BEFORE) -> Pending:
    return Pending(desired(ONE), before, session.observe(desired(ONE), before, None))


def asked(tmp_path: Path, before: JobRecord, change: Change = UPLOADS, *more: JobRecord, now: float = 0.0) -> list[str]:
    with session_in(tmp_path) as session:
        asyncio.run(session.store.put(before, *more))
        return list(may_be_held(session, pending(session, before), change, now=now))


def test_the_job_that_was_sent_the_same_bytes_under_the_same_name_is_asked(tmp_path: Path) -> None:
    assert asked(tmp_path, BEFORE) == ["job-1"]


DAY = 24 * 3600.0


@pytest.mark.parametrize(("later", "jobs"), [(DAY - 60, ["job-1"]), (DAY + 60, [])])
def test_it_is_asked_for_as_long_as_the_service_keeps_results(tmp_path: Path, later: float, jobs: list[str]) -> None:
    assert asked(tmp_path, replace(BEFORE, answered_at=1000.0), now=1000.0 + later) == jobs


@pytest.mark.parametrize(("at", "jobs"), [(500.0, ["job-1"]), (2000.0, [])])
def test_it_is_not_asked_again_once_a_later_run_failed(tmp_path: Path, at: float, jobs: list[str]) -> None:
    failed = replace(BEFORE, address="job#2", job_id="job-2", phase="failed", answered_at=at)
    assert asked(tmp_path, replace(BEFORE, answered_at=1000.0), UPLOADS, failed) == jobs


OTHERS: list[tuple[str, JobRecord, Change]] = [
    ("other bytes", replace(BEFORE, elements={"inputs.cover": Element("i1", SENT | {"identity": {}})}), UPLOADS),
    ("another name", replace(BEFORE, elements={"inputs.cover": Element("i1", SENT | {"filename": "b"})}), UPLOADS),
    ("no id", replace(BEFORE, elements={"inputs.cover": Element("", SENT)}), UPLOADS),
    ("it failed", replace(BEFORE, phase="failed"), UPLOADS),
    ("it ran with other content", replace(BEFORE, phase="completed", fingerprint="", basis={}), UPLOADS),
    ("nothing is uploaded", BEFORE, replace(UPLOADS, calls=(Call("create_job", starts=True),))),
    ("the change deletes it", BEFORE, replace(UPLOADS, calls=(Call("delete_job", "job-1"), *UPLOADS.calls))),
    ("a held job is edited", BEFORE, replace(UPLOADS, action="update")),
]


@pytest.mark.parametrize(("before", "change"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_nobody_is_asked_where_the_bytes_cannot_be_there_or_are_not_needed(
    tmp_path: Path, before: JobRecord, change: Change
) -> None:
    assert asked(tmp_path, before, change) == []


class Service:
    """A service with one job, or none."""

    def __init__(self, *inputs: LiveInput) -> None:
        self.live = LiveJob("job-1", "completed", inputs=inputs) if inputs else None

    async def job(self, _id: str) -> LiveJob | None:
        return self.live


SHOWN = [
    ("just that", (LiveInput("i1", checksum="md5 of it", status="ready"),), "i1"),
    ("other bytes", (LiveInput("i1", checksum="another"),), ""),
    ("no checksum", (LiveInput("i1"),), ""),
    ("another input", (LiveInput("i2", checksum="md5 of it"),), ""),
    ("an input that failed", (LiveInput("i1", checksum="md5 of it", status="failed"),), ""),
    ("no such job", (), ""),
]


@pytest.mark.parametrize(("inputs", "held"), [row[1:] for row in SHOWN], ids=[row[0] for row in SHOWN])
def test_only_an_input_that_is_shown_with_our_checksum_is_taken(tmp_path: Path, inputs: Any, held: str) -> None:
    client: Any = Service(*inputs)
    with session_in(tmp_path) as session:
        found, seen = asyncio.run(with_held_inputs({"job-1": {"cover": ["i1"]}}, pending(session), client))
    assert found.desired.job.inputs[0].held == held
    assert (seen is not None) == bool(held)
