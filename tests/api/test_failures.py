"""Why a job failed: in the words of its manifest, as far as the service tells."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.api.failures import failure_text, problem_text, without_good_result
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
