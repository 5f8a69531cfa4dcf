"""What is said of a finished job whose manifest changed where nothing can be changed any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Job, Secret
from a2c_spec.core.planner.changed_after_run import changed_after_run
from a2c_spec.core.prepare import DesiredJob, prepare
from tests.core.planner.situations import fingerprint_secret, record_of


def wanted(options: dict[str, Any], **fields: Any) -> DesiredJob:
    conversion = Conversion("pdf", "pdf", "document", options)
    job = Job("job", inputs=(Input("a", "remote", source="https://x"),), conversions=(conversion,), fields=fields)
    return prepare(job, fingerprint_secret, PlannerOptions())


ONE, TWO = Secret("env:ONE"), Secret("env:TWO")
OTHER = [
    "download_password of pdf changed after the run: its result is protected as it was then; --replace runs it again"
]
CASES = [
    ({}, {"download_password": ONE}, OTHER),
    ({"download_password": ONE}, {"download_password": TWO}, OTHER),
    ({"download_password": ONE}, {"download_password": ONE}, []),
    ({"width": 1}, {"width": 1}, []),
]


@pytest.mark.parametrize(("then", "now", "said"), CASES)
def test_a_password_that_was_given_or_changed_after_the_run_is_told(
    then: dict[str, Any], now: dict[str, Any], said: list[str]
) -> None:
    assert [*changed_after_run(wanted(now), record_of(wanted(then), "done"), ())] == said


def test_so_is_a_field_of_the_job_that_decides_no_result() -> None:
    record = record_of(wanted({}, callback="https://x/1"), "done")
    (told,) = changed_after_run(wanted({}, callback="https://x/2"), record, ())
    assert told.startswith("job.callback changed after the run")
    assert not [*changed_after_run(wanted({}, callback="https://x/1"), record, ())]
    assert not [*changed_after_run(wanted({}, callback="https://x/2"), replace(record, elements={}), ())]
