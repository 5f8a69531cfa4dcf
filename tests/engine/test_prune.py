"""What no manifest asks for, seen before anything is sent: what goes, and what a plan has use for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.state import Intent, JobRecord
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.selection import Selection
from a2c_spec.errors import UsageError
from tests.engine.planning import done, named, plan, put
from tests.engine.projects import session_in

GONE, KEPT = named("gone"), named("kept")


def told(steps: list[PlannedChange], address: str = "gone") -> tuple[str, list[str], tuple[str, ...]]:
    """Action, jobs that are deleted and files that are removed of a run."""
    change = next(step.change for step in steps if step.change.address == address)
    return change.action, [str(call.subject) for call in change.calls], change.removes


def test_a_run_in_no_manifest_goes_with_its_jobs_and_files(tmp_path: Path) -> None:
    with session_in(tmp_path, prune=True) as session:
        put(session, done(session, GONE, "gone", former_jobs=("older",)), done(session, KEPT, "kept"))
        steps = plan(session, KEPT)
    assert told(steps) == ("delete", ["older", "id-gone"], ("dist/gone.webp",))
    assert told(steps, "kept") == ("no-op", [], ())


@pytest.mark.parametrize("since", [0.0, 5.0])
@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"phase": "started"}, "not pruned: whether job id-gone runs is not known (offline)"),
        ({"phase": "building"}, "not pruned: whether job id-gone runs is not known (offline)"),
        ({"intent": Intent(("create_job",), starts=True)}, "not pruned: whether its create made a job is not known"),
    ],
)
def test_what_may_cost_something_is_not_taken_away_unseen(
    tmp_path: Path, record: dict[str, Any], why: str, since: float
) -> None:
    with session_in(tmp_path, prune=True) as session:
        put(session, replace(done(session, GONE, "gone"), gone_since=since, **record), done(session, KEPT, "kept"))
        (step,) = [step for step in plan(session, KEPT) if step.change.address == "gone"]
    assert (step.change.action, step.going) == ("no-op" if since else "forget", False)
    assert step.change.stays[0].startswith(why)


def test_a_job_that_somebody_else_needs_is_not_deleted(tmp_path: Path) -> None:
    with session_in(tmp_path, prune=True) as session:
        shared = done(session, KEPT, "kept", job_id="both")
        put(session, shared, done(session, GONE, "gone", job_id="both"))
        assert told(plan(session, KEPT)) == ("delete", [], ("dist/gone.webp",))
        put(session, done(session, named("also"), "also", job_id="both"))
        assert [told(plan(session), name)[1] for name in ("also", "gone", "kept")] == [["both"], [], []], "and once"


def test_a_file_that_is_the_present_result_under_other_letters_stays(tmp_path: Path) -> None:
    """As where a file system takes both names for the same."""
    with session_in(tmp_path, prune=True) as session:
        put(session, done(session, KEPT, "kept"), done(session, GONE, "KEPT"))
        assert told(plan(session, KEPT))[2] == ("dist/KEPT.webp",)
        (tmp_path / "dist/KEPT.webp").unlink()
        (tmp_path / "dist/KEPT.webp").hardlink_to(tmp_path / "dist/kept.webp")
        assert told(plan(session, KEPT))[2] == ()


def test_nothing_is_left_of_a_run_of_which_only_the_record_is_there(tmp_path: Path) -> None:
    with session_in(tmp_path, prune=True) as session:
        put(session, JobRecord("gone", "local", "done"), done(session, KEPT, "kept"))
        put(session, JobRecord("kept#2", "local", "done", gone_since=1.0))
        steps = plan(session, KEPT)
    assert told(steps) == ("delete", [], ())
    assert "kept#2" not in [step.change.address for step in steps], "nobody sees it"


def test_what_was_not_read_may_ask_for_it(tmp_path: Path) -> None:
    with session_in(tmp_path, prune=True, manifests=("kept.yaml",)) as session, pytest.raises(UsageError):
        plan(session, KEPT)
    with session_in(tmp_path, prune=True) as session, pytest.raises(UsageError):
        plan(session, KEPT, chosen=Selection(target=("kept",)))
