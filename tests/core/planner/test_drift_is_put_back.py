"""What somebody else changed of a held job is put back, with the fewest calls where live tells what it is."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

import pytest

from a2c_spec.core.foreign import UNSEEN
from a2c_spec.core.observed import Observed
from a2c_spec.core.planner import plan_job, rebind
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
    Source,
    Task,
    Wish,
)
from tests.core.planner.call_meaning import Service
from tests.core.planner.executor_model import begin, carry_out, reply, service_of
from tests.core.planner.search import optimum
from tests.core.planner.situations import desired_job, given
from tests.core.planner.worlds import SETTINGS, at_random, input_lists


def foreign_move(job: ApiJob, chance: random.Random) -> Move:
    """One change that a reply shows. Settings of inputs are also set where we set none; of fields and conversions, only
    what we had set is touched, for the record tells nothing of the rest."""
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
        PatchInputs(tuple(Arranged(place, "9") for place in places)),
        PatchInputs(
            tuple(Arranged(place, chance.choice(("", "9")), chance.choice(("", "crop"))) for place in shuffled)
        ),
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


def put_back(live: ApiJob, move: Move, wish: Wish) -> None:
    """Plans after the move, compares with the fewest calls, carries them out, and finds nothing more to do."""
    desired, service = desired_job(wish), moved(service_of(live), move)
    now = Observed(late=lambda late, _scope: late.text, live=reply(service, positions=True))
    change = plan_job(desired, given(live).record, now)
    assert (len(change.calls), change.size) == optimum(service.job, wish), (live, service.job, wish)
    end = carry_out(begin(service, given(live).record, desired, change), change.calls)
    assert reached(end.service.job, wish)
    if not wish.start:
        again = replace(now, live=reply(end.service, positions=True))
        assert plan_job(desired, end.record, again).calls == ()


@pytest.mark.parametrize("seed", range(4))
def test_a_change_by_somebody_else_is_put_back_with_the_fewest_calls(seed: int) -> None:
    chance = random.Random(seed)
    for live, _ in at_random(400, seed, most_inputs=3, most_tasks=2):
        assert live is not None
        wish = Wish(chance.random() < 0.5, live.inputs, live.tasks, live.fields)
        put_back(live, foreign_move(live, chance), wish)


THEIRS = [*product(("", "9"), ("", "crop"))]
"""What somebody else sets of one input."""


def test_every_setting_of_somebody_else_goes_or_gets_our_value() -> None:
    for inputs in input_lists(2, SETTINGS):
        for theirs in product(THEIRS, repeat=len(inputs)):
            live = ApiJob("held", inputs, (Task("jpg"),))
            move = PatchInputs(tuple(Arranged(place, *one) for place, one in enumerate(theirs)))
            for start in (False, True) if inputs else (False,):
                put_back(live, move, Wish(start, live.inputs, live.tasks))


@pytest.mark.parametrize("seed", range(2))
def test_they_go_whatever_the_manifest_says_meanwhile(seed: int) -> None:
    chance = random.Random(seed)
    for live, wish in at_random(500, seed, most_inputs=3, most_tasks=2):
        assert live is not None
        put_back(live, PatchInputs(tuple(Arranged(n, *chance.choice(THEIRS)) for n in range(len(live.inputs)))), wish)


def test_an_input_that_is_recognised_by_what_it_is_counts_as_having_nothing_set() -> None:
    live, wish = ApiJob("held", (Source("r1"),), (Task("jpg"),)), Wish(False, (Source("r1"),), (Task("jpg"),))
    known = given(live).record
    forgotten = replace(known, elements={name: one for name, one in known.elements.items() if name != "inputs.a"})
    bound = rebind(
        forgotten, desired_job(wish), {"job": known.job_id, "inputs.a": "input-0", "conversions.a": "conversion-0"}
    )
    assert bound.elements["inputs.a"].echo == UNSEEN
