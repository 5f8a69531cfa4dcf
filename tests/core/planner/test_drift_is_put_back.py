"""What somebody else changed of a held job is put back, with the fewest calls where live tells what it is."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from a2c_spec.core.observed import Observed
from a2c_spec.core.planner import plan_job
from tests.core.planner.api_model import after, reached
from tests.core.planner.api_words import (
    ApiJob,
    Arranged,
    DeleteInput,
    DeleteTask,
    Move,
    PatchInputs,
    PatchJob,
    PatchTask,
    Wish,
)
from tests.core.planner.call_meaning import Service
from tests.core.planner.executor_model import begin, carry_out, reply, service_of
from tests.core.planner.search import optimum
from tests.core.planner.situations import given, wanted
from tests.core.planner.worlds import at_random


def foreign_move(job: ApiJob, chance: random.Random) -> Move:
    """One change that a reply shows: of what was never set by us nothing is said, so nothing of that is touched."""
    places = list(range(len(job.inputs)))
    shuffled = chance.sample(places, len(places))
    task = chance.randrange(len(job.tasks))
    options = frozenset((key, f"{value}0") for key, value in job.tasks[task].options)
    fields = frozenset((key, f"{value}/other" if key == "callback" else value) for key, value in job.fields)
    moves: list[Move] = [
        DeleteInput(chance.choice(places)),
        DeleteTask(task),
        PatchInputs(tuple(Arranged(place) for place in shuffled)),
        PatchInputs(tuple(Arranged(place, "9" if job.inputs[place].slide else "") for place in places)),
        PatchTask(task, options, job.tasks[task].metadata),
        PatchTask(task, frozenset(), job.tasks[task].metadata),
        PatchJob(fields),
        PatchJob(process=True) if not job.inputs else PatchJob(process=False),
    ]
    return chance.choice(moves)


def moved(service: Service, move: Move) -> Service:
    job = after(service.job, move)
    inputs, tasks = service.inputs, service.tasks
    match move:
        case DeleteInput(place):
            inputs = inputs[:place] + inputs[place + 1 :]
        case DeleteTask(place):
            tasks = tasks[:place] + tasks[place + 1 :]
        case PatchInputs(order):
            inputs = tuple(inputs[entry.place] for entry in order)
    return replace(service, job=job, inputs=inputs, tasks=tasks)


@pytest.mark.parametrize("seed", range(4))
def test_a_change_by_somebody_else_is_put_back_with_the_fewest_calls(seed: int) -> None:
    chance = random.Random(seed)
    for live, _, _ in at_random(400, seed, most_inputs=3, most_tasks=2):
        assert live is not None
        wish = Wish(chance.random() < 0.5, live.inputs, live.tasks, live.fields)
        desired, service = wanted(wish), moved(service_of(live), foreign_move(live, chance))
        now = Observed(late=lambda late, _scope: late.text, live=reply(service, positions=True))
        change = plan_job(desired, given(live).record, now)
        assert (len(change.calls), change.size) == optimum(service.job, wish), (live, service.job)
        end = carry_out(begin(service, given(live).record, desired, change), change.calls)
        assert reached(end.service.job, wish)
