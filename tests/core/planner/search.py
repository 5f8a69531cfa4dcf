"""The fewest calls between two states of the abstract API, found fast enough for millions of pairs.

`brute_force` searches over every single call and knows nothing but the model. `optimum` tries every combination too,
but of parts; a test holds the two to the same answers. What `optimum` relies on:

1. Jobs do not touch each other and only one may remain, so either the live job is edited to the end (and every call of
   another job is wasted), or it is deleted by one call and the job is built from nothing.
2. A call touches one part: the inputs, the conversions, or the job's own fields and process. Whether it is allowed
   depends on that part and on the job not having started. So until the start, the parts' optima add up.
3. A part that is added and deleted again can be left out of the call that added it. So every input and conversion of
   the result is either a kept live one, and every live one not kept costs one delete, or it is added, once.
4. Only bulk PATCHes change order and settings, the last one alone can do what all did, and it can come last. So there
   is none, and inputs must arrive exactly as wished, or one, and they may arrive in any order.
5. A waiting job lets in one input and is closed by it. So either that input comes last of all calls and is the only
   one, or the job is held by a PATCH, which carries the fields, before any input comes.
6. A create can carry conversions and fields at no cost, so it does; which inputs it carries is tried in every way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, permutations, product
from typing import TypeVar

from tests.core.planner.api_model import runs_already
from tests.core.planner.api_words import BASE64_SIZE, SIZES, ApiJob, Live, Source, Task, Wish

Cost = tuple[int, int]
"""Calls, then bytes."""

Part = TypeVar("Part")

NEVER: Cost = (10**6, 0)


def plus(*costs: Cost) -> Cost:
    return (sum(cost[0] for cost in costs), sum(cost[1] for cost in costs))


def optimum(live: Live, wish: Wish) -> Cost:
    """The cheapest way from the live job, if any, to exactly one job as wished."""
    if live is None:
        return build(wish)
    if runs_already(live, wish):
        return (0, 0)
    anew = plus((1, 0), build(wish))
    return anew if live.phase == "started" else min(anew, edit(live, wish))


@lru_cache(50_000)
def build(wish: Wish) -> Cost:
    """From nothing: every choice of inputs that ride in the create, with process as wished at once or later."""
    ways = [_started_by_create(wish), *_held_creates(wish)]
    return plus((1, 0), min(ways))


def _started_by_create(wish: Wish) -> Cost:
    """What follows a create with process true: nothing, or the lone input that it waits for."""
    if not wish.start or any(map(is_set, wish.inputs)):
        return NEVER
    if all(source.inline for source in wish.inputs):
        return (0, 0)
    return _lone(wish.inputs)


def _lone(sources: tuple[Source, ...]) -> Cost:
    """One call that brings the only input, complete."""
    if len(sources) != 1:
        return NEVER
    ways = [cost for count, cost in _first_calls(sources) if count == 1 and cost[0] == 1]
    return min(ways, default=NEVER)


def _held_creates(wish: Wish) -> Iterator[Cost]:
    start: Cost = (int(wish.start), 0)
    inline = [place for place, source in enumerate(wish.inputs) if source.inline]
    for count in range(len(inline) + 1):
        for carried in combinations(inline, count):
            rest = tuple(source for place, source in enumerate(wish.inputs) if place not in carried)
            yield plus(in_any_order(rest), (1, 0), start)
            if carried == tuple(range(count)) and not any(map(is_set, wish.inputs)):
                yield plus(in_this_order(rest), start)


def edit(live: ApiJob, wish: Wish) -> Cost:
    """From a job that has not started, without deleting it."""
    tasks = edit_tasks(live.tasks, wish.tasks)
    fields: Cost = (int(live.fields != wish.fields), 0)
    start: Cost = (int(wish.start), 0)
    inputs = edit_inputs(live.inputs, wish.inputs)
    if live.phase == "held":
        return plus(tasks, inputs, max(fields, start))
    held = plus((1, 0), tasks, inputs, start)
    if not wish.start or any(map(is_set, wish.inputs)):
        return held
    return min(held, plus(tasks, fields, _lone(wish.inputs)))


@lru_cache(50_000)
def edit_tasks(live: tuple[Task, ...], wished: tuple[Task, ...]) -> Cost:
    """Every way to keep live conversions: deletes, PATCHes, and one POST for all that are new."""
    return min(_task_cost(live, wished, keep) for keep in _pairings(len(wished), len(live)))


def _task_cost(live: tuple[Task, ...], wished: tuple[Task, ...], keep: tuple[int | None, ...]) -> Cost:
    kept = [(live[place], desired) for desired, place in zip(wished, keep, strict=True) if place is not None]
    if any(have.target != desired.target for have, desired in kept):
        return NEVER
    patches = sum(have != desired for have, desired in kept)
    return (len(live) - len(kept) + patches + (len(kept) < len(wished)), 0)


@lru_cache(50_000)
def edit_inputs(live: tuple[Source, ...], wished: tuple[Source, ...]) -> Cost:
    """Every way to keep live inputs, with a bulk PATCH at the end and without."""
    return min(_input_cost(live, wished, keep) for keep in _pairings(len(wished), len(live)))


def _input_cost(live: tuple[Source, ...], wished: tuple[Source, ...], keep: tuple[int | None, ...]) -> Cost:
    kept = [(live[place], desired) for desired, place in zip(wished, keep, strict=True) if place is not None]
    if not all(_can_become(have, desired) for have, desired in kept):
        return NEVER
    new = tuple(desired for desired, place in zip(wished, keep, strict=True) if place is None)
    passwords = sum(desired.password not in ("", have.password) for have, desired in kept)
    fixed: Cost = (len(live) - len(kept) + passwords, 0)
    cost = plus(fixed, in_any_order(new), (1, 0))
    settled = not any(map(is_set, new)) and all(_settings(a) == _settings(b) for a, b in kept)
    places = [place for place in keep if place is not None]
    first = keep[: len(places)] == tuple(places) and places == sorted(places)
    return min(cost, plus(fixed, in_this_order(new))) if settled and first else cost


def _can_become(have: Source, desired: Source) -> bool:
    """Same bytes from the same place, and nothing set that would have to be unset."""
    settings = ((have.slide, desired.slide), (have.resize, desired.resize), (have.password, desired.password))
    unset = any(had and not wished for had, wished in settings)
    return have.identity == desired.identity and not unset


def is_set(source: Source) -> bool:
    return bool(source.slide or source.resize)


def _settings(source: Source) -> tuple[str, str]:
    return (source.slide, source.resize)


@lru_cache(50_000)
def _pairings(wished: int, live: int) -> tuple[tuple[int | None, ...], ...]:
    """Every way to give each wished part a live one of its own, or none."""
    every = product((None, *range(live)), repeat=wished)
    return tuple(keep for keep in every if max(Counter(n for n in keep if n is not None).values(), default=0) <= 1)


@lru_cache(50_000)
def in_this_order(sources: tuple[Source, ...]) -> Cost:
    """The cheapest calls that append exactly this sequence, without its settings."""
    if not sources:
        return (0, 0)
    return min(plus(cost, in_this_order(sources[count:])) for count, cost in _first_calls(sources))


@lru_cache(50_000)
def in_any_order(sources: tuple[Source, ...]) -> Cost:
    """The cheapest calls that append these inputs in whatever order."""
    return min(in_this_order(order) for order in permutations(sources))


def _first_calls(sources: tuple[Source, ...]) -> Iterator[tuple[int, Cost]]:
    """Every first call: how many inputs it brings, and its cost with the passwords that must be set afterwards."""
    if not sources[0].inline:
        yield 1, (1, SIZES[sources[0].identity[0]])
    for count in range(1, len(sources) + 1):
        some = sources[:count]
        if all(source.inline for source in some):
            yield count, (1, 0)
        if all(source.small for source in some):
            yield count, (1 + sum(bool(source.password) for source in some), BASE64_SIZE * count)
