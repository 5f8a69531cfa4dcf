"""What must be confirmed or is refused before anything is sent, and what a person is asked besides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change, Plan
from a2c_spec.engine.confirmation import confirmed
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


def asked(plan: Plan, answer: bool | None, *, local: bool = False, prune: bool = False, **options: Any) -> list[str]:
    somebody = Asked(answer)
    assert confirmed(plan, ApplyOptions(**options), somebody, local=local, prune=prune) == bool(
        somebody.questions and answer
    )
    return somebody.questions


def test_what_was_paid_for_runs_again_only_if_somebody_says_so() -> None:
    assert asked(again(1), True) == ["a0 would be cancelled or deleted, although already paid for. Go on?"]
    with pytest.raises(LimitRefused, match="not confirmed; nothing was sent"):
        asked(again(1), False)


def test_a_running_job_is_let_go_only_if_somebody_says_so_and_is_not_said_to_run_again() -> None:
    plan = Plan((Change("a", "forget", (), paid_again=True, running=("j",)),))
    says = "a would be let go while it runs; what it gives, although paid for, is not downloaded"
    assert asked(plan, True) == [f"{says}. Go on?"]
    with pytest.raises(LimitRefused, match="let go while it runs"):
        asked(plan, None)


def test_so_is_one_that_ended_whose_result_is_not_here() -> None:
    gone = [Change(name, "forget", (), paid_again=True, only_there=1) for name in "ab"]
    says = "a would be let go; 1 result is only on the service, although paid for, and is not downloaded"
    assert asked(Plan((gone[0],)), True) == [f"{says}. Go on?"]
    says = "a, b would be let go; 2 results are only on the service, although paid for, and are not downloaded"
    assert asked(Plan((*gone,)), True) == [f"{says}. Go on?"]


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


@pytest.mark.parametrize(("count", "named"), [(5, "a3, a4 would"), (7, "a3, a4 and 2 more would")])
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


START, CANCEL = Call("create_job", starts=True), Call("delete_job", "old")
RUN = Change("a", "re-run", (), (START,), paid_again=True, credits=2, replaces=("dist/a.png",))
RUN_B = replace(RUN, address="b", credits=1, replaces=("dist/b.png",))
ANEW = Change("n", "create", (), (START,), credits=11)
AWAY = Change("d", "delete", (), (replace(CANCEL, afterwards=True),))

QUESTIONS: list[tuple[Plan, dict[str, Any], str]] = [
    (
        Plan((RUN, RUN_B)),
        {},
        "a, b would be run again (about 3 credits), and dist/a.png, dist/b.png replaced, although already paid for",
    ),
    (
        Plan((replace(RUN, calls=(CANCEL, START), replaces=()),)),
        {},
        "a would be cancelled and run again (about 2 credits), although already paid for",
    ),
    (
        Plan((replace(RUN, calls=(START, AWAY.calls[0])),)),
        {},
        "a would be run again (about 2 credits), and dist/a.png replaced, job old deleted, although already paid for",
    ),
    (
        Plan((replace(RUN, calls=(Call("create_job"),), credits=0, replaces=()),)),
        {},
        "a would be made anew and held, not started, although already paid for",
    ),
    (
        Plan((Change("d", "delete", (), (CANCEL, Call("delete_preset", "p")), removes=("dist/d",)), AWAY)),
        {"attended": True, "prune": True},
        "1 file, 2 jobs and 1 preset on the service would be removed (d)",
    ),
    (Plan((ANEW,)), {"attended": True}, "about 11 credits would be spent"),
    (Plan((ANEW,), balance=471), {"attended": True}, "about 11 credits of 471 would be spent"),
    (Plan((ANEW,)), {"attended": True, "confirm_above": 11}, ""),
    (Plan((ANEW,)), {"attended": True, "local": True}, ""),
    (Plan((ANEW,)), {}, ""),
    (Plan((AWAY,)), {"attended": True, "local": True}, "job old would be deleted on the service"),
    (Plan((AWAY,)), {"attended": True, "only": ("download",)}, ""),
    (Plan((AWAY,)), {}, ""),
    (Plan((Change("d", "delete", (), removes=("dist/d",)),)), {"attended": True}, "1 file would be removed (d)"),
    (Plan((replace(ANEW, problem="taken"), Change("x", "rename", ()))), {"attended": True}, ""),
    (
        Plan((RUN, ANEW)),
        {"attended": True},
        "a would be run again (about 2 credits), and dist/a.png replaced, although already paid for; "
        "about 13 credits would be spent, 2 of them paid before",
    ),
]


@pytest.mark.parametrize(("plan", "options", "question"), QUESTIONS)
def test_the_question_says_what_is_spent_again_what_is_spent_at_all_and_what_goes(
    plan: Plan, options: dict[str, Any], question: str
) -> None:
    assert asked(plan, True, **options) == ([f"{question}. Go on?"] if question else [])
    assert asked(plan, True, yes=True, **options) == []


def test_new_work_goes_on_where_the_terminal_went_away() -> None:
    assert len(asked(Plan((ANEW,)), None, attended=True)) == 1
