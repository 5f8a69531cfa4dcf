"""What must be confirmed or is refused before anything is sent."""

from __future__ import annotations

import pytest

from a2c_spec.core.plan import Change, Plan
from a2c_spec.engine.apply import _confirmed
from a2c_spec.engine.budget import Limits, within
from a2c_spec.engine.outcome import ApplyOptions, Unattended
from a2c_spec.errors import Conflict, LimitRefused


class Asked(Unattended):
    """Somebody who gives this answer."""

    def __init__(self, answer: bool | None) -> None:
        self.answer, self.questions = answer, list[str]()

    def confirm(self, question: str, /) -> bool | None:
        self.questions.append(question)
        return self.answer


def again(count: int, problem: str = "") -> Plan:
    return Plan(tuple(Change(f"a{n}", "re-run", (), paid_again=True, problem=problem) for n in range(count)))


def asked(plan: Plan, answer: bool | None, *, yes: bool = False) -> list[str]:
    somebody = Asked(answer)
    _confirmed(plan, ApplyOptions(yes=yes), somebody)
    return somebody.questions


def test_what_was_paid_for_runs_again_only_if_somebody_says_so() -> None:
    assert asked(again(1), True) == ["a0 would be run again, cancelled or deleted, although already paid for. Go on?"]
    with pytest.raises(LimitRefused, match="not confirmed; nothing was sent"):
        asked(again(1), False)


def test_a_running_job_is_let_go_only_if_somebody_says_so_and_is_not_said_to_run_again() -> None:
    plan = Plan((Change("a", "forget", (), paid_again=True),))
    says = "a would be let go while it runs; what it gives, although paid for, is not downloaded"
    assert asked(plan, True) == [f"{says}. Go on?"]
    with pytest.raises(LimitRefused, match="let go while it runs"):
        asked(plan, None)
    within(plan, [], Limits(None, 0))  # nothing is paid again


def test_where_nobody_can_be_asked_it_is_refused_with_the_way_to_allow_it() -> None:
    with pytest.raises(LimitRefused, match="although already paid for") as error:
        asked(again(1), None)
    assert error.value.hint == "add -y to allow it; nothing was sent"
    assert asked(again(1), None, yes=True) == []


GONE = tuple(Change(f"rows[{n}]", "forget", (), emptied="rows") for n in range(2))


def test_what_an_empty_source_lets_go_is_asked_about_once_for_a_batch() -> None:
    says = "2 addresses of batch rows would be let go; its source is empty now"
    assert asked(Plan(GONE), True) == [f"{says}. Go on?"]
    assert asked(Plan((*again(1).changes, *GONE)), True)[0].endswith(f"although already paid for; {says}. Go on?")
    assert asked(Plan(GONE), None, yes=True) == []
    with pytest.raises(LimitRefused, match="its source is empty now"):
        asked(Plan(GONE), None)


def test_what_is_paid_for_once_is_not_asked_about() -> None:
    assert asked(Plan((Change("a", "create", ()),)), None) == []


@pytest.mark.parametrize(("count", "named"), [(5, "a3, a4 would"), (6, "a3, a4 and more would")])
def test_at_most_five_addresses_are_named(count: int, named: str) -> None:
    assert named in asked(again(count), True)[0]


TAKEN = Change("a", "create", (), problem="taken")
IDLE, BUSY = Change("b", "no-op", ()), Change("c", "create", ())


def test_a_plan_of_which_nothing_can_be_done_is_refused_with_its_first_problem() -> None:
    for plan in (Plan((TAKEN,)), Plan((IDLE, TAKEN, TAKEN))):
        with pytest.raises(Conflict, match="taken") as error:
            asked(plan, None, yes=True)
        assert error.value.address == "a"


def test_a_problem_of_one_leaves_the_others_alone() -> None:
    assert asked(Plan((TAKEN, BUSY)), None) == []
    assert asked(Plan((*again(1, "forbidden").changes, BUSY)), None) == []
