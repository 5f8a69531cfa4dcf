"""Which jobs are deleted because others make their results, and in which change that stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.live import LiveJob
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import plan_job, spared, with_deletes
from a2c_spec.core.planner.deletions import Planned, deletes, let_go
from a2c_spec.core.state import JobRecord
from tests.core.planner.api_words import ApiJob, Source, Task, Wish
from tests.core.planner.situations import desired_job, given

CREATE = (Call("create_job"), Call("upload_file", step=1, starts=True))


def run(job_id: str, *made: str, **more: Any) -> JobRecord:
    basis: dict[str, Any] = {"conversions": {name: {} for name in made}}
    return replace(JobRecord("a", "r", "done", job_id, basis=basis), **more)


def idle(record: JobRecord | None) -> Planned:
    return Change("a", "no-op", ("unchanged",)), record


def again(record: JobRecord, **more: Any) -> Planned:
    calls = (*CREATE, *deletes([record.job_id], CREATE))
    return replace(Change("a", "re-run", ("changed",), calls, fetch=True), **more), record


def doomed(planned: list[Planned], *unused: JobRecord, asked: str = "xy") -> list[list[str]]:
    """The jobs that each change deletes."""
    changes = with_deletes(planned, unused, [*asked])
    return [[str(call.subject) for call in change.calls if call.afterwards] for change in changes]


OLD = run("old", "x")
ROWS: list[tuple[str, list[Planned], list[JobRecord], list[list[str]]]] = [
    ("the run in whose place it stands", [again(OLD)], [], [["old"]]),
    ("every run that is replaced", [again(OLD)], [run("more", "y")], [["old", "more"]]),
    ("jobs known by their ids alone", [again(run("old", "x", former_jobs=("first",)))], [], [["old", "first"]]),
    ("a part that is current stays", [idle(run("kept", "y")), again(OLD)], [], [[], ["old"]]),
    ("it stands where something is made", [again(OLD), idle(run("kept", "y"))], [], [["old"], []]),
    ("what an apply left", [idle(run("new", "x"))], [OLD], [["old"]]),
    ("a run that failed", [idle(run("new", "x"))], [run("old", "x", phase="failed")], [["old"]]),
    ("a run of which nothing is known", [idle(run("new", "x"))], [JobRecord("a", "r", "failed", "old")], [["old"]]),
    ("what is no longer asked for is not replaced", [idle(run("new", "x"))], [run("old", "z")], [[]]),
    ("one that runs on", [idle(run("new", "x"))], [run("old", "x", phase="started")], [[]]),
    ("one that has no job", [idle(run("new", "x"))], [run("", "x")], [[]]),
    ("one that the service does not delete", [idle(run("new", "x", undeletable=("old",)))], [OLD], [[]]),
    ("something else is refused", [again(OLD), again(run("b", "y"), problem="no")], [], [[], []]),
    ("something else is not fetched yet", [idle(run("b", "y", phase="completed")), again(OLD)], [], [[], []]),
    ("something is held", [again(OLD, fetch=False)], [], [[]]),
    ("nothing was made", [idle(None)], [OLD], [[]]),
]


@pytest.mark.parametrize(("planned", "unused", "gone"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_is_deleted(planned: list[Planned], unused: list[JobRecord], gone: list[list[str]]) -> None:
    assert doomed(planned, *unused) == gone


def test_it_comes_after_everything_else_and_once() -> None:
    cached = replace(again(OLD)[0], action="cached", calls=deletes(["old"], ()))
    for change in (again(OLD)[0], cached):
        (after,) = with_deletes([(change, OLD)], [run("old", "x"), OLD], ["x"])
        *before, last = after.calls
        assert (last.kind, last.subject, last.afterwards) == ("delete_job", "old", True)
        assert all(call.step < last.step for call in before)


@pytest.mark.parametrize(("count", "told"), [(1, "1 job that it replaced is"), (2, "2 jobs that it replaced are")])
def test_nothing_else_to_do_is_told_as_that(count: int, told: str) -> None:
    unused = [run(f"old-{n}", "x") for n in range(count)]
    (change,) = with_deletes([idle(run("new", "x"))], unused, ["x"])
    assert (change.action, change.reasons) == ("delete", (f"{told} deleted",))


def test_what_another_address_has_results_of_stays() -> None:
    kept = with_deletes([again(OLD)], [run("more", "y")], ["x", "y"], {"old"})
    assert [str(call.subject) for call in kept[0].calls if call.afterwards] == ["more"]


def test_what_was_paid_for_and_never_came_here_is_not_deleted_unasked() -> None:
    told = "2 results are only on the service, and deleted there"
    for there in ({"old": 2}, {"new": 2}):
        asks, lost = "old" in there, there.get("old", 0)
        (change,) = with_deletes([idle(run("new", "x"))], [OLD], ["x"], there=there)
        assert (change.action, change.paid_again, change.only_there) == ("delete", asks, lost)
        assert (told in change.reasons) is asks
        (change,) = with_deletes([again(OLD)], [], ["x"], there=there)
        assert (change.only_there, told in change.reasons) == (lost, asks)
        kept = spared(change, {"old"}, there)
        assert (kept.only_there, told in kept.reasons, kept.deletes) == (0, False, ())


def test_of_what_is_spared_nothing_is_told_and_of_the_rest_it_is() -> None:
    there = {"old": 2, "more": 1}
    (change,) = with_deletes([again(OLD)], [run("more", "y")], ["x", "y"], there=there)
    assert change.only_there == 3
    kept = spared(change, {"old"}, there)
    assert (kept.only_there, kept.reasons[-1]) == (1, "1 result is only on the service, and deleted there")


def test_the_plan_says_that_jobs_are_deleted_only_once_the_results_are_here() -> None:
    (change,) = with_deletes([again(OLD)], [run("more", "y")], ["x", "y"])
    assert change.reasons == ("changed", "once its results are here, 2 jobs that it replaces are deleted")
    (change,) = with_deletes([again(OLD)], [], ["x"])
    assert change.reasons[-1] == "once its results are here, 1 job that it replaces is deleted"


def observed(status: str = "", **more: Any) -> Observed:
    live = LiveJob("job", status, process=True) if status else None
    return Observed(late=lambda late, _scope: late.text, live=live, **more)


@pytest.mark.parametrize(
    ("seen", "jobs"),
    [
        (observed("incomplete"), ["job"]),
        (observed("processing"), ["job"]),
        (observed("processing", shared=True), []),
        (observed("completed"), []),
        (observed("failed"), []),
        (observed(), []),
        (observed(gone=True), []),
    ],
)
def test_a_job_that_has_not_ended_is_let_go_where_its_results_come_from_elsewhere(
    seen: Observed, jobs: list[str]
) -> None:
    assert [str(call.subject) for call in let_go(seen)] == jobs


DRAFT = ApiJob("held", (Source("r1"),), (Task("webp"),))


@pytest.mark.parametrize(("start", "asked", "jobs"), [(True, False, 1), (True, True, 0), (False, False, 0)])
def test_only_what_would_start_says_what_it_lets_go_and_never_what_is_asked_for_anew(
    start: bool, asked: bool, jobs: int
) -> None:
    """A job that --replace makes anew leaves the old one alone."""
    there = given(DRAFT)
    desired = desired_job(Wish(start, DRAFT.inputs, DRAFT.tasks))
    change = plan_job(desired, there.record, replace(there.observed, replace=asked))
    assert (change.starts, len(change.instead)) == (start, jobs)
