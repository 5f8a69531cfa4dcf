"""Which pairs of (live, wished) are tried; of those that differ by names of files, secrets and targets alone, one."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement, product

from tests.core.planner.api_words import ApiJob, Live, Pairs, Phase, Source, Task, Wish

Pair = tuple[Live, Wish]
"""What is live, and what is wished."""

NOTHING: Pairs = frozenset()
HOOK: Pairs = frozenset({("callback", "https://example.com/hook"), ("opens", "p")})
OTHER_HOOK: Pairs = frozenset({("notify", "yes"), ("lenient", "yes"), ("opens", "q")})

FIELDS: tuple[tuple[Pairs, Pairs], ...] = ((HOOK, HOOK), (NOTHING, HOOK), (HOOK, NOTHING), (HOOK, OTHER_HOOK))
"""(live, wished) job fields: the same, set, unset, changed."""

Decoration = tuple[str, str, str]
"""decrypt_password, slide_duration, resize_handling of one input."""

BARE: tuple[Decoration, ...] = (("", "", ""),)
PASSWORDS: tuple[Decoration, ...] = (("", "", ""), ("p", "", ""), ("q", "", ""))
SETTINGS: tuple[Decoration, ...] = (("", "", ""), ("", "1", ""), ("", "2", ""), ("", "", "stretch"))
BOTH: tuple[Decoration, ...] = (*PASSWORDS, ("", "1", ""), ("", "2", ""), ("p", "1", "stretch"), ("q", "1", ""))

InputPair = tuple[tuple[Source, ...], tuple[Source, ...]]
TaskPair = tuple[tuple[Task, ...], tuple[Task, ...]]


def _labels(length: int) -> Iterator[tuple[str, ...]]:
    """Files and links for so many places, equal ones named alike; never two that differ by renaming alone."""
    if length == 0:
        yield ()
        return
    for before in _labels(length - 1):
        yield from ((*before, one) for one in sorted({*before}))
        yield from ((*before, f"{kind}{1 + len({*before})}") for kind in "rsb")


def input_lists(most: int, decorations: Sequence[Decoration]) -> Iterator[tuple[Source, ...]]:
    """Every input list up to that length."""
    for names in (names for count in range(most + 1) for names in _labels(count)):
        for worn in product(decorations, repeat=len(names)):
            yield tuple(Source(name, *one) for name, one in zip(names, worn, strict=True))


@cache
def input_pairs(most: int, decorations: Sequence[Decoration] = BARE) -> tuple[InputPair, ...]:
    """Every pair of input lists up to that length."""
    found: list[InputPair] = []
    for live, wished in product(range(most + 1), repeat=2):
        for names in _labels(live + wished):
            for worn in product(decorations, repeat=live + wished):
                sources = tuple(Source(name, *one) for name, one in zip(names, worn, strict=True))
                if _first_password_is_p(sources):
                    found.append((sources[:live], sources[live:]))
    return tuple(found)


def _first_password_is_p(sources: tuple[Source, ...]) -> bool:
    """Of two pairs that differ by which password is which, one is enough."""
    return next((source.password for source in sources if source.password), "p") == "p"


QUALITY = frozenset({("quality", "80")})
OTHER_QUALITY = frozenset({("quality", "90"), ("width", "640")})
TITLE = frozenset({("title", "Board pack")})

TASKS: Sequence[Task] = (
    Task("jpg"),
    Task("jpg", QUALITY),
    Task("jpg", OTHER_QUALITY),
    Task("jpg", QUALITY, TITLE),
    Task("png"),
    Task("png", QUALITY),
    Task("gif"),
)
THREE_TASKS: Sequence[Task] = (Task("jpg"), Task("jpg", QUALITY), Task("png"))
FEW_TASKS: Sequence[Task] = (Task("jpg"), Task("jpg", QUALITY), Task("png"), Task("png", QUALITY, TITLE))


@cache
def task_pairs(most: int, tasks: Sequence[Task] = TASKS) -> tuple[TaskPair, ...]:
    """Every pair of conversion lists up to that length; their order decides nothing."""
    lists = [some for count in range(most + 1) for some in combinations_with_replacement(tasks, count)]
    return tuple(dict.fromkeys(_renamed(live, wished) for live, wished in product(lists, repeat=2)))


def _renamed(before: tuple[Task, ...], after: tuple[Task, ...]) -> TaskPair:
    """The same pair under the first of the names that its targets could have."""
    names: dict[str, str] = {}
    for task in (*before, *after):
        names.setdefault(task.target, ("jpg", "png", "gif", "")[len(names)])
    live, wished = (tuple(task._replace(target=names[task.target]) for task in side) for side in (before, after))
    return live, wished


@dataclass(frozen=True, slots=True)
class World:
    """A family of pairs: the product of its parts. ``phases`` are those the live job may be in."""

    inputs: Sequence[InputPair]
    tasks: Sequence[TaskPair]
    fields: Sequence[tuple[Pairs, Pairs]] = FIELDS
    phases: Sequence[Phase] = ("held", "waiting")

    def __len__(self) -> int:
        return len(self.inputs) * len(self.tasks) * len(self.fields) * len(self.phases) * 2

    def pairs(self, places: Sequence[int] | range | None = None) -> Iterator[Pair]:
        """The pairs at these places of the product, all of them by default; those that cannot be are left out."""
        for place in range(len(self)) if places is None else places:
            pair = self._at(place)
            if pair is not None:
                yield pair

    def _at(self, place: int) -> Pair | None:
        place, start = divmod(place, 2)
        place, phase = divmod(place, len(self.phases))
        place, fields = divmod(place, len(self.fields))
        inputs, tasks = divmod(place, len(self.tasks))
        return pair_of(
            self.inputs[inputs], self.tasks[tasks], self.fields[fields], self.phases[phase], start=bool(start)
        )

    def drawn(self, seed: int) -> Iterator[Pair]:
        """Every pair of inputs once, each with conversions, fields, phase and start drawn at random."""
        chance = random.Random(seed)
        for inputs in self.inputs:
            tries = (
                pair_of(
                    inputs,
                    chance.choice(self.tasks),
                    chance.choice(self.fields),
                    chance.choice(self.phases),
                    start=chance.random() < 0.6,
                )
                for _ in range(30)
            )
            yield next(pair for pair in tries if pair is not None)

    def sample(self, count: int, seed: int) -> Iterator[Pair]:
        """So many places drawn at random."""
        chance = random.Random(seed)
        yield from self.pairs(sorted(chance.sample(range(len(self)), min(count, len(self)))))


def pair_of(
    inputs: InputPair, tasks: TaskPair, fields: tuple[Pairs, Pairs], phase: Phase, *, start: bool
) -> Pair | None:
    """One pair, unless nobody can have built or wished it: a job that starts has inputs and conversions, one that
    waits has conversions and no input."""
    if start and not (inputs[1] and tasks[1]):
        return None
    if (phase == "waiting" and (inputs[0] or not tasks[0])) or (phase == "started" and not (inputs[0] and tasks[0])):
        return None
    return ApiJob(phase, inputs[0], tasks[0], fields[0]), Wish(start, inputs[1], tasks[1], fields[1])


def at_random(count: int, seed: int, most_inputs: int, most_tasks: int) -> Iterator[Pair]:
    """Pairs of any size up to that, with everything an input and a conversion can have."""
    chance = random.Random(seed)
    names = [f"{kind}{number}" for kind in "rsb" for number in (1, 2, 3)]

    def sources() -> tuple[Source, ...]:
        return tuple(Source(chance.choice(names), *chance.choice(BOTH)) for _ in range(chance.randint(1, most_inputs)))

    def tasks() -> tuple[Task, ...]:
        return tuple(chance.choice(TASKS) for _ in range(chance.randint(1, most_tasks)))

    for _ in range(count):
        pair = pair_of(
            (sources(), sources()), (tasks(), tasks()), chance.choice(FIELDS), "held", start=chance.random() < 0.6
        )
        if pair is not None:
            yield pair


def from_nothing(most: int, decorations: Sequence[Decoration], tasks: Sequence[Task]) -> Iterator[Pair]:
    """Creates: every wish."""
    for wished, start in product(input_lists(most, decorations), (False, True)):
        for count in range(3):
            for some in combinations_with_replacement(tasks, count):
                if not start or (wished and some):
                    yield None, Wish(start, wished, some, HOOK)
