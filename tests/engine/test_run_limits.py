"""What an apply may cost: estimated before it starts, counted while it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change
from a2c_spec.core.state import Element, JobRecord
from a2c_spec.engine.run_limits import CreditLimit, beyond, estimate, under_way
from a2c_spec.errors import LimitRefused

START = (Call("create_job", starts=True),)


def starting(address: str = "a", conversions: int = 1, **more: Any) -> Change:
    basis: dict[str, Any] = {"conversions": {str(number): {} for number in range(conversions)}}
    return Change(address, "create", (), START, basis=basis, **more)


def spent(cost: int, phase: Any = "done") -> JobRecord:
    return JobRecord("a", "x", phase, spent=cost)


WITH_ANOTHER = {"conversions.a": Element("1"), "conversions.#2": Element("2")}
"""Somebody else added a conversion to the job."""

ESTIMATES = [
    (Change("a", "update", (), (Call("patch_job"),)), None, 0),
    (Change("a", "update", (), (Call("patch_job"),)), spent(7), 0),
    (Change("a", "create", (), START), None, 1),
    (starting(conversions=0), None, 1),
    (starting(conversions=3), None, 3),
    (starting(conversions=3), spent(0), 3),
    (starting(conversions=3), spent(7), 7),
    (starting(conversions=1), replace(spent(4), elements=WITH_ANOTHER, basis={"conversions": {"a": {}}}), 2),
    (starting(conversions=2), replace(spent(7), basis={"conversions": {"a": {}, "b": {}, "c": {}}}), 5),
]


@pytest.mark.parametrize(("change", "record", "cost"), ESTIMATES)
def test_a_start_costs_what_it_cost_before_or_one_per_conversion(
    change: Change, record: JobRecord | None, cost: int
) -> None:
    assert estimate(change, record) == cost


def test_jobs_are_started_until_the_credits_are_set_aside() -> None:
    limit = CreditLimit(3)
    assert limit.reserve(starting(conversions=2), spent(0)) == 2
    with pytest.raises(LimitRefused, match="not started: 2 credits spent or under way, --max-credits allows 3"):
        limit.reserve(starting("b", conversions=2), spent(0))
    assert limit.reserve(starting("c"), spent(0)) == 1
    assert limit.reserved == 3


def test_what_starts_nothing_is_never_refused() -> None:
    assert CreditLimit(0).reserve(Change("a", "rename", ()), spent(9)) == 0


def test_without_a_bound_everything_may_start() -> None:
    limit = CreditLimit(None)
    assert [limit.reserve(starting(conversions=100), spent(0)) for _ in range(2)] == [100, 100]


SETTLED = [
    (spent(5), 2, 5),
    (spent(0), 2, 2),
    (spent(1), 2, 1),
    (spent(5, "completed"), 2, 5),
    (spent(5, "failed"), 2, 5),
    (spent(5, "canceled"), 2, 5),
    (spent(5, "started"), 2, 2),
    (spent(5, "building"), 2, 2),
    (None, 2, 2),
    (spent(5), 0, 2),
]


@pytest.mark.parametrize(("record", "reserved", "left"), SETTLED)
def test_the_true_cost_takes_the_place_of_the_estimate_once_a_job_has_ended(
    record: JobRecord | None, reserved: int, left: int
) -> None:
    limit = CreditLimit(10, reserved=2)
    limit.settle(record, reserved)
    assert limit.reserved == left


@pytest.mark.parametrize(
    ("spent", "most", "told"),
    [(6, None, ""), (6, 6, ""), (0, 0, ""), (7, 6, "7 credits spent or under way, --max-credits allows 6")],
)
def test_what_was_spent_beyond_a_bound_is_told(spent: int, most: int | None, told: str) -> None:
    assert beyond(spent, most, "--max-credits") == CreditLimit(most, reserved=spent).exceeded == told


@pytest.mark.parametrize(
    ("parallelism", "bounded", "jobs"), [(1, True, 1), (1, False, 64), (2, True, 64), (8, True, 128)]
)
def test_jobs_run_one_after_the_other_where_what_they_cost_is_bounded(
    parallelism: int, bounded: bool, jobs: int
) -> None:
    assert under_way(parallelism, bounded) == jobs
