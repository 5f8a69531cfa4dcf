"""Jobs that failed: why, in the words of their manifests, and what they made all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.failed_jobs import failed_unseen, failure_text, problem_text, split_failed, without_good_result
from a2c_spec.core.live import LiveJob, LiveOutput, Problem, parse_job
from a2c_spec.core.state import Element, JobRecord


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        ({"source": "conversion", "id_source": "c1", "code": "3", "message": "no"}, "conversion sum: no (code 3)"),
        ({"source": "conversion", "id_source": "other", "code": "0", "message": "no"}, "conversion: no"),
        ({"message": "no"}, "no"),
    ],
)
def test_a_problem_names_the_part_it_is_about(problem: dict[str, Any], text: str) -> None:
    record = JobRecord("a", "host", elements={"conversions.sum": Element("c1")})
    assert failure_text(record, parse_job({"id": "j", "errors": [problem]})) == text


def test_a_job_without_errors_says_what_its_status_says() -> None:
    live = parse_job({"id": "j", "status": {"code": "failed", "info": "out of paper"}})
    assert failure_text(JobRecord("a", "host"), live) == "out of paper"


def test_a_job_about_which_nothing_is_said_says_so() -> None:
    assert failure_text(JobRecord("a", "host"), parse_job({"id": "j"})) == "the service does not say why"


def test_all_errors_are_told_in_their_order_and_go_before_the_status() -> None:
    errors = [{"message": "no"}, {"message": "never", "code": "8"}]
    live = parse_job({"id": "j", "status": {"code": "failed", "info": "out of paper"}, "errors": errors})
    assert failure_text(JobRecord("a", "host"), live) == "no; never (code 8)"


def test_an_input_is_named_as_an_input() -> None:
    problem = Problem(source="input", id_source="i-1", code="7", message="broken")
    assert problem_text(problem, {"i-1": "inputs.cover"}) == "input cover: broken (code 7)"


RECORD = JobRecord(
    "job", "host", elements={"inputs.a": Element("i1"), "inputs.b": Element("i2"), "conversions.x": Element("c1"),
                             "conversions.y": Element("c2")},
)  # fmt: skip
BOTH = (LiveOutput("o1", "c1", ("i1", "i2")), LiveOutput("o2", "c2", ("i1",)))

WHOLE = (BOTH[0], LiveOutput("o2", "c2", ("i1",)), LiveOutput("o3", "c2", ("i2",)))
UNTOLD = (BOTH[0], LiveOutput("o2", "c2"))

BAD: list[tuple[str, str, tuple[LiveOutput, ...], set[str]]] = [
    ("conversion", "c1", WHOLE, {"x"}),
    ("conversion", "unknown", WHOLE, set()),
    ("input", "i2", WHOLE, set()),
    ("input", "i2", BOTH, {"y"}),
    ("input", "i1", UNTOLD, {"y"}),
    ("input", "unknown", UNTOLD, {"y"}),
    ("conversion", "c1", BOTH, {"x", "y"}),
    ("output", "o1", WHOLE, set()),
    ("", "", WHOLE, set()),
]


@pytest.mark.parametrize(("source", "about", "outputs", "bad"), BAD)
def test_a_result_is_good_unless_an_error_is_about_it_or_it_lacks_an_input(
    source: str, about: str, outputs: tuple[LiveOutput, ...], bad: set[str]
) -> None:
    live = LiveJob("j", "failed", outputs=outputs, errors=(Problem(source, about, "1", "no"),))
    assert without_good_result(RECORD, live) - {""} == bad


@pytest.mark.parametrize(("outputs", "bad"), [(WHOLE, set()), (UNTOLD, set()), (BOTH, {"y"})])
def test_without_an_error_every_result_is_good_that_lacks_no_input(
    outputs: tuple[LiveOutput, ...], bad: set[str]
) -> None:
    assert without_good_result(RECORD, LiveJob("j", "canceled", outputs=outputs)) == bad


SENT = replace(
    RECORD,
    phase="started",
    job_id="j",
    basis={"order": ["a", "b"], "inputs": {"a": {}, "b": {}}, "conversions": {"x": {}, "y": {}}},
)


def test_of_a_failed_job_what_it_made_is_one_run_and_the_rest_another() -> None:
    whole, failed = split_failed(replace(SENT, phase="failed", problem="no"), {"x"}, "job#2")
    assert (whole.address, whole.phase, whole.problem) == ("job", "completed", "")
    assert list(whole.basis["conversions"]) == ["x"]
    assert (failed.address, failed.phase, failed.problem, failed.job_id) == ("job#2", "failed", "no", "")
    assert list(failed.basis["conversions"]) == ["y"]


NO = (Problem("conversion", "c2", "1", "no"),)
UNSEEN: list[tuple[str, JobRecord, LiveJob, list[tuple[str, str, list[str]]]]] = [
    ("nothing made", SENT, LiveJob("j", "failed", errors=NO), [("job", "failed", ["x", "y"])]),
    (
        "one made",
        SENT,
        LiveJob("j", "failed", outputs=WHOLE[:1], errors=NO),
        [("job", "completed", ["x"]), ("job#2", "failed", ["y"])],
    ),
    (
        "one made, and gone",
        SENT,
        LiveJob("j", "failed", outputs=(replace(WHOLE[0], status="expired"),), errors=NO),
        [("job", "failed", ["x", "y"])],
    ),
    ("all made", SENT, LiveJob("j", "canceled", outputs=WHOLE), [("job", "completed", ["x", "y"])]),
    ("it runs", SENT, LiveJob("j", "processing"), []),
    ("it completed", SENT, LiveJob("j", "completed", outputs=WHOLE), []),
    ("not started", replace(SENT, phase="building"), LiveJob("j", "canceled"), []),
    ("seen", replace(SENT, phase="failed"), LiveJob("j", "failed", errors=NO), []),
]


@pytest.mark.parametrize(("record", "live", "runs"), [row[1:] for row in UNSEEN], ids=[row[0] for row in UNSEEN])
def test_a_job_that_failed_unseen_is_recorded_as_whoever_waits_would(
    record: JobRecord, live: LiveJob, runs: list[tuple[str, str, list[str]]]
) -> None:
    ended = failed_unseen(record, live, "job#2")
    assert [(run.address, run.phase, list(run.basis["conversions"])) for run in ended] == runs
    assert [run.problem for run in ended if run.phase == "failed"] == [
        "conversion y: no (code 1)" for run in ended if run.phase == "failed"
    ]
