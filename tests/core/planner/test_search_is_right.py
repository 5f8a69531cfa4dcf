"""The fast search agrees with brute force over the model, everywhere in small worlds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.planner.api_model import reached, runs_already
from tests.core.planner.api_words import ApiJob, Live, Source, Task, Wish
from tests.core.planner.brute_force import Palette, everywhere
from tests.core.planner.search import optimum

PLAIN = Task("jpg")
OTHER_OPTIONS = Task("jpg", frozenset({("quality", "80")}))
OTHER_TARGET = Task("png")
CALLBACK = frozenset({("callback", "https://example.com/hook")})

WORLDS = {
    "files and links in every order": Palette(
        (Source("r1"), Source("s1"), Source("s2"), Source("b1")), (PLAIN,), most_tasks=1
    ),
    "passwords of links, in every order": Palette(
        (Source("r1", "p"), Source("r1", "q"), Source("r2"), Source("r3")), (PLAIN,), most_tasks=1
    ),
    "passwords of files": Palette(
        (Source("s1"), Source("s1", "p"), Source("s1", "q"), Source("b1", "p")), (PLAIN,), most_tasks=1
    ),
    "settings": Palette((Source("r1"), Source("s1")), (PLAIN,), slides=("", "1", "2"), most_inputs=2, most_tasks=1),
    "conversions and fields": Palette(
        (Source("r1"), Source("b1")),
        (PLAIN, OTHER_OPTIONS, OTHER_TARGET),
        fields=(frozenset(), CALLBACK),
        most_inputs=1,
    ),
}

STARTS = 6
"""From how many states of each world, spread over all of them, the search begins; besides from nothing."""


def starts(palette: Palette) -> Iterator[Live]:
    """Nothing, and states spread over all that can be reached from it."""
    yield None
    states = sorted(everywhere(None, palette), key=repr)
    yield from [state for state in states if state is not None][:: max(1, len(states) // STARTS)]


def wishes(palette: Palette) -> dict[Wish, list[ApiJob]]:
    """Everything that can be wished for in this world, with the states in which it is fulfilled."""
    states = [state for state in everywhere(None, palette) if state is not None and state.phase != "waiting"]
    known = [job for job in states if {source._replace(slide="") for source in job.inputs} <= {*palette.sources}]
    wished = {Wish(job.phase == "started", job.inputs, job.tasks, job.fields): [job] for job in known}
    alike: dict[object, list[ApiJob]] = {}
    for job in states:
        alike.setdefault(likeness(job.inputs, job.tasks), []).append(job)
    for wish, fulfilled in wished.items():
        near = alike[likeness(wish.inputs, wish.tasks)]
        fulfilled += [job for job in near if job not in fulfilled and reached(job, wish)]
    return wished


def likeness(inputs: tuple[Source, ...], tasks: tuple[Task, ...]) -> object:
    return (tuple(source.identity for source in inputs), tasks)


@pytest.mark.parametrize("name", WORLDS)
def test_the_fast_search_finds_what_brute_force_finds(name: str) -> None:
    palette = WORLDS[name]
    wished = wishes(palette)
    for start in starts(palette):
        costs = everywhere(start, palette)
        for wish, fulfilled in wished.items():
            if not runs_already(start, wish):
                expected = min(costs[job] for job in fulfilled)
                assert optimum(start, wish) == expected, (start, wish)
