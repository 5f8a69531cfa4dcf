"""Dijkstra's search over every call the abstract API allows: it knows nothing but the model, and is slow."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, permutations, product
from typing import TypeVar

from tests.core.planner import api_words as api
from tests.core.planner.api_model import after, weight
from tests.core.planner.search import NEVER, Cost, plus

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Palette:
    """What may be sent during a search, and how many inputs and conversions a job may hold meanwhile."""

    sources: tuple[api.Source, ...]
    tasks: tuple[api.Task, ...]
    fields: tuple[api.Pairs, ...] = (frozenset(),)
    slides: tuple[str, ...] = ("",)
    most_inputs: int = 3
    most_tasks: int = 2


def everywhere(start: api.Live, palette: Palette) -> dict[api.Live, Cost]:
    """The cheapest way from ``start`` to every state that can be reached."""
    costs: dict[api.Live, Cost] = {start: (0, 0)}
    queue: list[tuple[Cost, int, api.Live]] = [((0, 0), 0, start)]
    counter = 0
    while queue:
        cost, _, job = heapq.heappop(queue)
        if cost > costs[job]:
            continue
        for step, there in _steps(job, palette):
            total = plus(cost, step)
            if total < costs.get(there, NEVER):
                counter += 1
                costs[there] = total
                heapq.heappush(queue, (total, counter, there))
    return costs


def _steps(job: api.Live, palette: Palette) -> Iterator[tuple[Cost, api.Live]]:
    for move in _moves(job, palette):
        try:
            there = after(job, move)
        except api.Illegal:
            continue
        if there is None:
            yield (1, 0), there
        elif len(there.inputs) <= palette.most_inputs and len(there.tasks) <= palette.most_tasks:
            yield (1, weight(move)), there._replace(tasks=tuple(sorted(there.tasks, key=task_key)))


def task_key(task: api.Task) -> tuple[str, list[tuple[str, str]], list[tuple[str, str]]]:
    return (task.target, sorted(task.options), sorted(task.metadata))


def _moves(job: api.Live, palette: Palette) -> Iterator[api.Move]:
    if job is None:
        yield from _creates(palette)
        return
    yield api.DeleteJob()
    if job.phase == "started":
        return
    yield from _input_moves(job, palette)
    yield from _task_moves(job, palette)
    yield from (api.PatchJob(fields, flag) for fields in (None, *palette.fields) for flag in (None, True, False))


def _creates(palette: Palette) -> Iterator[api.Move]:
    inline = [source for source in palette.sources if source.inline]
    for sources in _orders(inline, palette.most_inputs):
        for tasks in _bags(palette.tasks, palette.most_tasks):
            yield from (api.Create(sources, tasks, fields, flag) for fields in palette.fields for flag in (True, False))


def _orders(values: Sequence[Part], most: int) -> Iterator[tuple[Part, ...]]:
    for count in range(most + 1):
        yield from product(values, repeat=count)


def _bags(values: Sequence[Part], most: int) -> Iterator[tuple[Part, ...]]:
    for count in range(most + 1):
        yield from combinations_with_replacement(values, count)


def _input_moves(job: api.ApiJob, palette: Palette) -> Iterator[api.Move]:
    room = palette.most_inputs - len(job.inputs)
    yield from (api.UploadFile(source) for source in palette.sources)
    yield from (api.UploadBase64(some) for some in _orders([one for one in palette.sources if one.small], room))
    yield from (api.AddInputs(some) for some in _orders([one for one in palette.sources if one.inline], room))
    places = range(len(job.inputs))
    passwords = {source.password for source in palette.sources}
    yield from (api.PatchInput(place, password) for place in places for password in passwords)
    yield from (api.DeleteInput(place) for place in places)
    for order in permutations(places):
        for slides in product(palette.slides, repeat=len(order)):
            yield api.PatchInputs(tuple(api.Arranged(*entry) for entry in zip(order, slides, strict=True)))


def _task_moves(job: api.ApiJob, palette: Palette) -> Iterator[api.Move]:
    yield from (api.AddTasks(some) for some in _bags(palette.tasks, palette.most_tasks - len(job.tasks)))
    for place, task in enumerate(job.tasks):
        yield api.DeleteTask(place)
        like = [other for other in palette.tasks if other.target == task.target]
        yield from (api.PatchTask(place, other.options, other.metadata) for other in like)
