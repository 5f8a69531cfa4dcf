"""Whatever the order in which a wave's calls arrive, a plan ends as wished, and the next plan has nothing to do."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.observed import Observed
from a2c_spec.core.planner import plan_job
from tests.core.planner.api_model import reached
from tests.core.planner.api_words import ApiJob, Illegal, Source, Wish
from tests.core.planner.call_meaning import Service
from tests.core.planner.executor_model import Stand, begin, carry_out, every_order, reply, send, service_of, steps
from tests.core.planner.situations import desired_job, given
from tests.core.planner.worlds import BOTH, FIELDS, PASSWORDS, TASKS, Pair, World, at_random, input_pairs, task_pairs

ORDERS = 24
"""The most orders tried of one plan's calls."""

ECHOES: tuple[dict[str, bool], ...] = ({}, {"positions": True}, {"as_added": True})
"""How a reply may tell the order of inputs: by their order alone, by echoed positions, or not at all."""


def situations(seed: int) -> Iterator[Pair]:
    yield from World(input_pairs(2, PASSWORDS), task_pairs(2)).sample(600, seed)
    yield from at_random(300, seed, most_inputs=3, most_tasks=2)


def observed(service: Service, *, positions: bool = False, as_added: bool = False) -> Observed:
    live = reply(service, positions=positions, as_added=as_added)
    return Observed(late=lambda late, _scope: late.text, live=live)


def start_of(pair: Pair) -> tuple[Stand, tuple[Call, ...]]:
    live, wish = pair
    assert live is not None
    now = given(live)
    desired = desired_job(wish)
    change = plan_job(desired, now.record, now.observed)
    return begin(service_of(live), now.record, desired, change), change.calls


@pytest.mark.parametrize("seed", range(4))
def test_calls_of_one_wave_may_arrive_in_any_order(seed: int) -> None:
    for pair in situations(seed):
        stand, calls = start_of(pair)
        for order in islice(every_order(steps(calls)), ORDERS):
            assert reached(carry_out(stand, order).service.job, pair[1]), pair


@pytest.mark.parametrize("seed", range(4))
def test_after_an_apply_the_next_plan_is_empty_however_live_is_echoed(seed: int) -> None:
    for pair in situations(seed + 10):
        stand, calls = start_of(pair)
        for order in islice(every_order(steps(calls)), 6):
            end = carry_out(stand, order)
            for echo in ECHOES:
                change = plan_job(desired_job(pair[1]), end.record, observed(end.service, **echo))
                assert not change.calls, (pair, echo)


@pytest.mark.parametrize("seed", range(2))
def test_no_wave_waits_for_nothing(seed: int) -> None:
    """Two waves in one would be wrong in some order. Equal files apart: which of them comes first does not matter."""
    for pair in situations(seed + 20):
        stand, calls = start_of(pair)
        if any(call.kind == "delete_job" for call in calls) or len({*pair[1].inputs}) < len(pair[1].inputs):
            continue
        for groups in merged(steps(calls)):
            assert not all(fine(stand, order, pair[1]) for order in islice(every_order(groups), 120)), pair


def merged(groups: Sequence[tuple[Call, ...]]) -> Iterator[list[tuple[Call, ...]]]:
    """The waves with one and its next made one, where that leaves few orders."""
    for n in range(len(groups) - 1):
        if len(groups[n]) + len(groups[n + 1]) <= 5:
            yield [*groups[:n], (*groups[n], *groups[n + 1]), *groups[n + 2 :]]


def fine(stand: Stand, order: Sequence[Call], wish: Wish) -> bool:
    try:
        return reached(carry_out(stand, order).service.job, wish)
    except Illegal:
        return False


def random_wish(chance: random.Random, *, start: bool) -> Wish:
    names = [f"{kind}{number}" for kind in "rsb" for number in (1, 2)]
    sources = tuple(Source(chance.choice(names), *chance.choice(BOTH)) for _ in range(chance.randint(1, 4)))
    tasks = tuple(chance.choice(TASKS) for _ in range(chance.randint(1, 3)))
    return Wish(start, sources, tasks, chance.choice(FIELDS)[0])


@pytest.mark.parametrize("seed", range(60))
def test_one_job_is_edited_many_times_and_always_ends_as_wished(seed: int) -> None:
    """The record that one apply leaves is what the next one plans from; ids of the manifest pass from part to part."""
    chance = random.Random(seed)
    echo = ECHOES[seed % len(ECHOES)]
    service, record = Service(), None
    for step in range(8):
        names = tuple(chance.sample("abcdef", 6))
        wish = random_wish(chance, start=step == 7)
        desired = desired_job(wish, names=names)
        now = Observed(late=lambda late, _scope: late.text) if record is None else observed(service, **echo)
        change = plan_job(desired, record, now)
        end = carry_out(begin(service, record, desired, change), change.calls)
        assert reached(end.service.job, wish)
        assert not plan_job(desired, end.record, observed(end.service, **echo)).calls
        service, record = end.service, end.record


def test_an_apply_that_is_interrupted_after_any_call_is_completed_by_the_next() -> None:
    for live, wish in at_random(400, seed=31, most_inputs=3, most_tasks=2):
        stand, calls = start_of((live, wish))
        for call in calls:
            stand = send(stand, call)
            desired = desired_job(wish)
            if stand.service.job is None:
                change = plan_job(desired, None, Observed(late=lambda late, _scope: late.text))
            else:
                change = plan_job(desired, stand.record, observed(stand.service))
            end = carry_out(begin(stand.service, stand.record, desired, change), change.calls)
            assert reached(end.service.job, wish), (live, wish, call.kind)


@pytest.mark.parametrize("status", ["incomplete", "ready", "downloading", "queued", "processing", "some-new-status"])
def test_a_job_that_was_told_to_run_is_waited_for_whatever_its_status(status: str) -> None:
    wish = Wish(True, (Source("r1", "p"), Source("b1")), tuple(TASKS[:2]), FIELDS[0][0])
    job = ApiJob("started", wish.inputs, wish.tasks, wish.fields)
    live = reply(service_of(job), status=status)
    change = plan_job(desired_job(wish), given(job).record, replace(given(job).observed, live=live))
    assert (change.action, change.calls) == ("wait", ())
