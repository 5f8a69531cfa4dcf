"""Which results are lost with their job: what of them is here, what was made anew, what the service keeps still."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.core.plan import Change
from a2c_spec.core.state import CACHED, PRESET, Element, JobRecord, SavedFile
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.last_copies import by_job, last_copies
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project, open_project
from a2c_spec.engine.session import open_state

HERE = SavedFile("dist/a", 1, hashlib.sha256(b"a").hexdigest(), "o", "c")
NEVER = SavedFile("", 0, "", "o", "c")
BEFORE = replace(HERE, path="")
DONE = JobRecord("one", "local", "done", job_id="j", files=(HERE,))
NEWER = JobRecord("one#2", "local", "done", job_id="k", files=(replace(HERE, sha256="b" * 64),), answered_at=5.0)


@pytest.fixture
def opened(tmp_path: Path) -> Project:
    (tmp_path / "a2c.yaml").write_text("")
    (tmp_path / "dist").mkdir()
    return open_project(Flags(chdir=str(tmp_path), local=True))


@pytest.mark.parametrize(
    ("run", "others", "text", "lost"),
    [
        (DONE, (), "a", 0),
        (DONE, (), "b", 1),
        (DONE, (), "", 1),
        (replace(DONE, files=(replace(HERE, output_id=f"{CACHED}o"),)), (), "", 0),
        (replace(DONE, files=(NEVER,)), (), "", 1),
        (replace(DONE, files=(NEVER,), gone=("o",)), (), "", 0),
        (replace(DONE, files=(NEVER,), answered_at=1.0), (), "", 0),
        (replace(DONE, files=(NEVER,), elements={PRESET: Element("p")}), (), "", 0),
        (replace(DONE, files=(BEFORE,), gone_since=9.0), (NEWER,), "", 0),
        (replace(DONE, files=(NEVER,), gone_since=9.0), (NEWER,), "", 1),
        (replace(DONE, files=(BEFORE,)), (), "", 1),
        (replace(DONE, files=(BEFORE,), leftover=(HERE,)), (), "a", 0),
    ],
)
def test_a_result_is_lost_that_is_nowhere_else_and_that_nobody_made_anew(
    run: JobRecord, others: tuple[JobRecord, ...], text: str, lost: int, opened: Project
) -> None:
    if text:
        (opened.root / "dist/a").write_text(text)
    with open_state(opened) as session:
        asyncio.run(session.store.put(run, *others))
        assert last_copies(session, run) == lost
        assert by_job(session, "one", ())["j"] == lost


def test_what_a_plan_knows_of_a_run_counts_instead_of_what_is_stored(opened: Project) -> None:
    now = replace(DONE, job_id="k", files=(NEVER,))
    with open_state(opened) as session:
        asyncio.run(session.store.put(DONE))
        change = Change("one", "delete", ())
        steps = (PlannedChange(change, None, now), PlannedChange(change, None, None))
        assert by_job(session, "one", steps) == {"k": 1}
