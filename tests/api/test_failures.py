"""Why a job failed, and which of its results are as good as if it had not."""

from __future__ import annotations

import pytest

from a2c_spec.api.failures import without_good_result
from a2c_spec.core.live import LiveJob, LiveOutput, Problem
from a2c_spec.core.state import Element, JobRecord

RECORD = JobRecord(
    "job", "host", elements={"inputs.a": Element("i1"), "inputs.b": Element("i2"), "conversions.x": Element("c1"),
                             "conversions.y": Element("c2")},
)  # fmt: skip
BOTH = (LiveOutput("o1", "c1", ("i1", "i2")), LiveOutput("o2", "c2", ("i1",)))

BAD: list[tuple[str, str, set[str]]] = [
    ("conversion", "c1", {"x"}),
    ("input", "i1", set()),
    ("input", "i2", {"y"}),
    ("input", "unknown", {"y"}),
    ("conversion", "unknown", set()),
    ("output", "o1", set()),
    ("", "", set()),
]


@pytest.mark.parametrize(("source", "about", "bad"), BAD)
def test_a_result_is_good_unless_an_error_is_about_it_or_about_an_input_it_lacks(
    source: str, about: str, bad: set[str]
) -> None:
    live = LiveJob("j", "failed", outputs=BOTH, errors=(Problem(source, about, "1", "no"),))
    assert without_good_result(RECORD, live) - {""} == bad


def test_without_an_error_every_result_is_good() -> None:
    assert without_good_result(RECORD, LiveJob("j", "canceled", outputs=BOTH)) == set()
