"""The options of an apply, and its result."""

from __future__ import annotations

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change, Plan
from a2c_spec.core.tally import Tally
from a2c_spec.engine.outcome import ApplyOptions, Reporter, Result, Unattended, failure_of
from a2c_spec.engine.run_limits import Limits
from a2c_spec.errors import (
    AskedToWait,
    AuthError,
    ConversionFailed,
    NetworkError,
    NotCleanedUp,
    NotStarted,
    PartialFailure,
    SpecError,
    WaitTimeout,
)

FREE = Change("a", "download", ())
WAITED = Change("a", "wait", ())
PAID = Change("a", "create", (), (Call("create_job", starts=True),))
HELD = Change("a", "create", (), (Call("create_job"),))
STARTED = Change("a", "wait", (), (Call("patch_job", starts=True),))

TAKEN: list[tuple[ApplyOptions, Change, bool]] = [
    (ApplyOptions(), PAID, True),
    (ApplyOptions(), FREE, True),
    (ApplyOptions(only=("download",)), FREE, True),
    (ApplyOptions(only=("download",)), PAID, False),
    (ApplyOptions(only=("wait", "download")), WAITED, True),
    (ApplyOptions(starts=False), PAID, False),
    (ApplyOptions(starts=False), HELD, True),
    (ApplyOptions(only=("wait",), starts=False), STARTED, False),
    (ApplyOptions(only=("wait",), starts=False), WAITED, True),
]


@pytest.mark.parametrize(("options", "change", "taken"), TAKEN)
def test_a_change_is_carried_out_if_its_action_is_asked_for_and_its_start_allowed(
    options: ApplyOptions, change: Change, taken: bool
) -> None:
    assert options.takes(change) is taken


def test_an_apply_is_careful_and_unbounded_unless_told_otherwise() -> None:
    options = ApplyOptions()
    assert (options.yes, options.detach, options.fail_fast, options.only) == (False, False, False, ())
    assert (options.starts, options.timeout, options.limits) == (True, 0.0, Limits(None, None))


def result(*errors: SpecError, error: SpecError | None = None) -> Result:
    return Result((), Tally(0), errors, {}, error)


def test_an_error_says_it_all_where_it_is_what_failed() -> None:
    failure = SpecError("no")
    assert result(failure, error=failure).lone
    assert not result(failure, SpecError("no"), error=PartialFailure("2 failed")).lone
    assert not result(error=PartialFailure("stopped")).lone
    assert not result().lone
    paid = Tally(1, done={"a"})
    assert not Result((), paid, (failure,), {}, failure).lone, "what was done before it is told, too"


CLEANING = NotCleanedUp("no", address="a")
FAILED, WAITING = SpecError("no", address="b"), NotStarted("no", address="c")
ENDS: list[tuple[list[SpecError], str]] = [
    ([CLEANING, NotCleanedUp("no", address="d")], "2 of 4 jobs not cleaned up"),
    ([CLEANING, FAILED], "1 of 4 jobs failed, 1 not cleaned up"),
    ([WAITING, FAILED, CLEANING], "1 of 4 jobs failed, 1 not cleaned up, 1 not started"),
    ([WAITING], "1 of 4 jobs not started"),
    ([WaitTimeout("", address="e"), FAILED, SpecError("no", address="e")], "2 of 4 jobs failed"),
    (
        [AskedToWait("", address="e"), WaitTimeout("", address="f"), CLEANING],
        "1 of 4 jobs not done in time, 1 still running, 1 not cleaned up",
    ),
]


@pytest.mark.parametrize(("errors", "told"), ENDS)
def test_what_is_only_not_cleaned_up_is_counted_apart(errors: list[SpecError], told: str) -> None:
    error = failure_of(Tally(4), errors)
    assert error is not None
    assert (error.message, error.exit_code) == (told, 9)


BROKEN: list[SpecError] = [ConversionFailed("job 1 failed", hint="fix it", address=name) for name in "ab"]
REFUSED: list[SpecError] = [AuthError("wrong key", hint="look", address=name) for name in "ab"]
ALIKE: list[tuple[list[SpecError], Tally, tuple[str, str, int]]] = [
    (REFUSED, Tally(2), ("2 of 2 jobs failed: wrong key", "look", 3)),
    (REFUSED[:1], Tally(2, unstarted=1), ("1 of 2 jobs failed, 1 not started: wrong key", "look", 3)),
    (
        [REFUSED[0], NotStarted("no", address="c")],
        Tally(2),
        ("1 of 2 jobs failed, 1 not started: wrong key", "look", 3),
    ),
    (
        [REFUSED[0], AuthError("other", address="b")],
        Tally(2),
        ("2 of 2 jobs failed", "run it again to do the rest", 3),
    ),
    (BROKEN, Tally(2), ("2 of 2 jobs failed: job 1 failed", "fix it", 6)),
    (
        [BROKEN[0], NotStarted("needs a", address="b")],
        Tally(2),
        ("1 of 2 jobs failed, 1 not started", "run it again to do the rest", 9),
    ),
    (BROKEN, Tally(3, done={"c"}), ("2 of 3 jobs failed", "run it again to do the rest", 9)),
    (REFUSED, Tally(3, done={"c"}), ("2 of 3 jobs failed", "run it again to do the rest", 9)),
    ([REFUSED[0], NetworkError("no", address="b")], Tally(2), ("2 of 2 jobs failed", "run it again to do the rest", 9)),
]


@pytest.mark.parametrize(("errors", "tally", "told"), ALIKE)
def test_where_all_fail_alike_that_is_the_end(
    errors: list[SpecError], tally: Tally, told: tuple[str, str, int]
) -> None:
    error = failure_of(tally, errors)
    assert error is not None
    assert (error.message, error.hint, error.exit_code) == told


LATE: list[tuple[list[SpecError], Tally, str, str]] = [
    ([WaitTimeout("j", address="a")], Tally(2), "1 of 2 jobs still running", "`a2c-spec wait` fetches their results"),
    (
        [WaitTimeout("j", address="a"), NotStarted("waits", address="b")],
        Tally(3, unstarted=1),
        "1 of 3 jobs still running, 2 not started",
        "`a2c-spec wait` fetches their results; then apply again to do the rest",
    ),
    (
        [AskedToWait("j", address="a"), NotStarted("waits", address="b")],
        Tally(2),
        "1 of 2 jobs not done in time, 1 not started",
        "try again later; then apply again to do the rest",
    ),
]


@pytest.mark.parametrize(("errors", "tally", "told", "hint"), LATE)
def test_what_waits_for_what_takes_too_long_is_no_failure(
    errors: list[SpecError], tally: Tally, told: str, hint: str
) -> None:
    error = failure_of(tally, errors)
    assert error is not None
    assert (error.message, error.hint, error.exit_code) == (told, hint, 7)


def test_nobody_is_asked_where_nobody_attends() -> None:
    reporter: Reporter = Unattended()
    assert reporter.confirm("Go on?") is None
    reporter.plan(Plan(()))
    reporter.warnings([])
    reporter.expect(3)
    reporter.close()
