"""Every planned sequence of calls is as short as any can be, sends no more bytes, and ends as the manifest says.

Each pair of a live job and a desired one is planned, the plan is compared with the optimum that the search over the
abstract API finds (calls first, then bytes), and its calls are carried out on that API. The ordinary run covers every
pair in the worlds below; ``A2C_SPEC_PROVE=full`` takes the product of 3 inputs, 2 conversions and the job's fields
whole, some millions of pairs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import plan_job
from tests.core.planner.api_model import reached, runs_already
from tests.core.planner.api_words import Illegal, Live, Source, Wish
from tests.core.planner.executor_model import begin, carry_out, service_of
from tests.core.planner.search import optimum
from tests.core.planner.situations import desired_job, given
from tests.core.planner.worlds import (
    BARE,
    BOTH,
    FEW_TASKS,
    FIELDS,
    PASSWORDS,
    SETTINGS,
    THREE_TASKS,
    Pair,
    World,
    at_random,
    from_nothing,
    input_pairs,
    task_pairs,
)

FULL = os.environ.get("A2C_SPEC_PROVE") == "full"

SHARDS = 64 if FULL else 4

ONE_INPUT = (((Source("r1"),), (Source("r1"),)), ((), (Source("b1"),)))
"""The same before and after; and a job that waits for its upload."""

EVERY_RUN: dict[str, Callable[[], Iterator[Pair]]] = {
    "creates of up to 3 inputs and 2 conversions": lambda: from_nothing(3, BARE, FEW_TASKS),
    "creates with passwords and settings": lambda: from_nothing(2, PASSWORDS + SETTINGS[1:], THREE_TASKS[:1]),
    "every input x 2 conversions x fields": lambda: World(input_pairs(1), task_pairs(2, THREE_TASKS)).pairs(),
    "every 2 conversions x fields": lambda: World(ONE_INPUT, task_pairs(2), FIELDS[2:]).pairs(),
    "every 3 inputs": lambda: World(input_pairs(3), task_pairs(2)).drawn(seed=1),
    "2 inputs with passwords": lambda: World(input_pairs(2, PASSWORDS), task_pairs(2)).sample(9_000, seed=2),
    "2 inputs with settings": lambda: World(input_pairs(2, SETTINGS), task_pairs(2)).sample(9_000, seed=3),
    "running jobs": lambda: World(input_pairs(2, PASSWORDS), task_pairs(1), FIELDS, ("started",)).sample(4_000, seed=4),
    "3 inputs with everything": lambda: at_random(2_500, seed=5, most_inputs=3, most_tasks=2),
    "5 inputs, 3 conversions with everything": lambda: at_random(150, seed=6, most_inputs=5, most_tasks=3),
}

FULL_RUN: dict[str, Callable[[], Iterator[Pair]]] = {
    "every 2 inputs with passwords": lambda: World(input_pairs(2, PASSWORDS), task_pairs(2)).drawn(seed=7),
    "every 2 inputs with settings": lambda: World(input_pairs(2, SETTINGS), task_pairs(2)).drawn(seed=8),
    "100,000 of 3 inputs with everything": lambda: at_random(100_000, seed=9, most_inputs=3, most_tasks=2),
    "creates with everything": lambda: from_nothing(3, BOTH, THREE_TASKS),
    "3 inputs x 2 conversions x fields, whole": lambda: World(
        input_pairs(3), task_pairs(2, THREE_TASKS), (FIELDS[0], FIELDS[3])
    ).pairs(),
    "2 inputs x 2 conversions x fields, whole": lambda: World(input_pairs(2), task_pairs(2, FEW_TASKS)).pairs(),
}


WORLDS = EVERY_RUN | FULL_RUN if FULL else EVERY_RUN


def planned(live: Live, wish: Wish) -> Change:
    desired = desired_job(wish)
    if live is None:
        return plan_job(desired, None, Observed(late=lambda late, _scope: late.text))
    now = given(live)
    return plan_job(desired, now.record, now.observed)


def mistake(pair: Pair) -> str:
    """What is wrong with the plan for one pair; empty when nothing is."""
    live, wish = pair
    change = planned(live, wish)
    best, cost = optimum(live, wish), (len(change.calls), change.size)
    if cost != best:
        return f"(calls, bytes) planned {cost}, possible {best}"
    record = None if live is None else given(live).record
    try:
        job = carry_out(begin(service_of(live), record, desired_job(wish), change), change.calls).service.job
    except Illegal as refusal:
        return f"refused: {refusal}"
    return "" if reached(job, wish) or runs_already(job, wish) else f"ends as {job}"


def prove(pairs: Iterator[Pair], record_property: Callable[[str, object], None]) -> None:
    count = 0
    for pair in pairs:
        count += 1
        wrong = mistake(pair)
        assert not wrong, f"{wrong}\nlive:   {pair[0]}\nwished: {pair[1]}"
    record_property("pairs proven minimal", count)


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("world", WORLDS)
def test_no_plan_can_be_shorter(world: str, shard: int, record_property: Callable[[str, object], None]) -> None:
    prove(islice(WORLDS[world](), shard, None, SHARDS), record_property)
