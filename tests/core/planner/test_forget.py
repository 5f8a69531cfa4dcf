"""An address that no manifest asks for any more: what goes on without us is said, and asked about if it costs."""

from __future__ import annotations

import pytest

from a2c_spec.core.planner import plan_forget
from a2c_spec.core.state import JobRecord, Phase

STAYING: list[tuple[Phase, str, str, bool]] = [
    ("started", "job-1", "its job job-1 keeps running; its result will not be downloaded", True),
    ("started", "", "the service no longer has its job", False),
    ("building", "job-1", "its job job-1 stays held on the service", False),
    ("building", "", "", False),
    ("done", "job-1", "", False),
    ("failed", "job-1", "", False),
]


@pytest.mark.parametrize(("phase", "job_id", "said", "asked"), STAYING)
def test_a_job_that_is_let_go_is_named(phase: Phase, job_id: str, said: str, asked: bool) -> None:
    change = plan_forget(JobRecord("a", "local", phase, job_id))
    assert change.reasons[1:] == ((said,) if said else ())
    assert change.paid_again is asked
    assert (change.action, change.calls, change.leaves) == ("forget", (), ())
