"""An address that no manifest asks for any more: what goes on without us is said, and asked about if it costs."""

from __future__ import annotations

import pytest

from a2c_spec.core.live import LiveJob, LiveOutput
from a2c_spec.core.planner import plan_forget
from a2c_spec.core.state import JobRecord, Phase, SavedFile

RUNS = "runs, as far as is known (the service was not asked); its result will not be downloaded"
ONE, TWO = (LiveOutput("1"),), (LiveOutput("1"), LiveOutput("2"), LiveOutput("3", status="expired"))
THERE = "only on the service, and will not be downloaded"

STAYING: list[tuple[Phase, str, LiveJob | None, str, bool]] = [
    ("started", "j", None, f"its job j {RUNS}", True),
    ("started", "j", LiveJob("j", "processing"), "its job j keeps running; its result will not be downloaded", True),
    ("started", "j", LiveJob("j", "completed", outputs=ONE), f"its job j has completed; 1 result is {THERE}", True),
    ("started", "j", LiveJob("j", "completed", outputs=TWO), f"its job j has completed; 2 results are {THERE}", True),
    ("started", "j", LiveJob("j", "completed"), "its job j has completed", False),
    ("started", "j", LiveJob("j", "failed"), "its job j has failed", False),
    ("started", "j", LiveJob("j", "failed", outputs=ONE), f"its job j has failed; 1 result is {THERE}", True),
    ("started", "j", LiveJob("j", "canceled"), "its job j was cancelled", False),
    ("started", "", None, "the service no longer has its job", False),
    ("building", "j", None, "its job j is held, as far as is known (the service was not asked)", False),
    ("building", "j", LiveJob("j", "incomplete"), "its job j stays held on the service", False),
    ("building", "", None, "", False),
    ("done", "j", None, "", False),
    ("failed", "j", None, "", False),
]


@pytest.mark.parametrize(("phase", "job_id", "live", "said", "asked"), STAYING)
def test_a_job_that_is_let_go_is_named(phase: Phase, job_id: str, live: LiveJob | None, said: str, asked: bool) -> None:
    change = plan_forget(JobRecord("a", "local", phase, job_id), live=live)
    assert change.reasons[1:] == ((said,) if said else ())
    assert (change.paid_again, bool(change.running or change.only_there)) == (asked, asked)
    assert (change.action, change.calls, change.leaves) == ("forget", (), ())


def test_so_is_one_whose_results_were_seen_and_not_taken() -> None:
    files = tuple(SavedFile(path, 1, "", output, "c") for output, path in (("1", ""), ("2", ""), ("3", "dist/x")))
    change = plan_forget(JobRecord("a", "local", "completed", "j", files=files, gone=("2",)))
    assert (change.reasons[1:], change.only_there, change.paid_again) == ((f"1 result is {THERE}",), 1, True)
