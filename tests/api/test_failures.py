"""What is said of jobs that failed, or gave less than was asked for."""

from __future__ import annotations

from a2c_spec.api.failures import CONFLICT_HINT, NOT_CANCELLED_HINT, conflict_of, partial_result, warnings_of
from a2c_spec.api.http.replies import NotCancelled, Refused
from a2c_spec.core.desired import Conversion, Input, Job
from a2c_spec.core.live import LiveJob, LiveOutput, Problem

JOB = Job(
    "pack",
    inputs=(Input("a", "remote"), Input("b", "remote")),
    conversions=(Conversion("c", "png", "image", {"allow_multiple_outputs": True}),),
)
NAMES = {"c1": "conversions.c", "i1": "inputs.a", "i2": "inputs.b"}


def test_a_refusal_that_came_twice_is_a_conflict_which_says_what_to_do() -> None:
    told, running = conflict_of(Refused(409, "no")), conflict_of(NotCancelled(409, "it runs"))
    assert (told.message.startswith("the job was modified outside a2c-spec: "), told.hint) == (True, CONFLICT_HINT)
    assert running.hint == NOT_CANCELLED_HINT


def test_what_has_no_result_is_named_with_the_warnings_and_how_to_run_it_again() -> None:
    told = partial_result([("c", "")], ["page 3 is empty"], "pack#2")
    assert told.message == "c has no result there: page 3 is empty"
    assert "--replace pack.c" in told.hint


def test_warnings_are_told_and_an_input_that_gave_nothing_though_nothing_warns() -> None:
    one = LiveOutput("o1", "c1", ("i1",))
    warned = LiveJob("j", "completed", outputs=(one,), warnings=(Problem("input", "i2", "7", "broken"),))
    assert warnings_of(JOB, warned, NAMES) == ("input b: broken (code 7)",)
    silent = LiveJob("j", "completed", outputs=(one,))
    assert warnings_of(JOB, silent, NAMES) == ("the service shows no result of b by c",)
