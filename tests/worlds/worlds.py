"""Random worlds from a seed: a service with some freedoms, a project, and a script of what happens to it.

A script is data, so that it can be told, and made shorter: each step is the name of a function in ``edits``,
``manifests``, ``deeds`` or ``people`` with its arguments. Plots are short sequences that often bring about trouble;
random steps lie between them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from tests.worlds import deeds, edits, manifests, people
from tests.worlds.flavour import OTHER, Flavour
from tests.worlds.ground import Ground
from tests.worlds.plots import PLOTS
from tests.worlds.project import random_ground
from tests.worlds.steps import APPLY, Step, random_step
from tests.worlds.switches import Switches, random_switches
from tests.worlds.world import World

MODULES: tuple[ModuleType, ...] = (edits, manifests, deeds, people)


OFTEN = ("divided", "elsewhere", "elsewhere", "elsewhere", "there and back", "held", "preset", "kept bytes")
"""Plots of what changed last in the client are tried more often."""


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that a world begins with, and what happens then."""

    seed: int
    switches: Switches
    ground: Ground
    steps: tuple[Step, ...]
    plots: tuple[str, ...] = ()


def script_of(seed: int, flavour: Flavour = OTHER) -> Script:
    """The world of a seed."""
    chance = random.Random(f"steps {seed}")
    switches = random_switches(random.Random(f"switches {seed}"))
    theme = chance.choice([*PLOTS, *OFTEN, ""])
    if theme == "kept bytes" and chance.random() < 0.3:
        switches = replace(switches, input_id="refused")
    ground = random_ground(random.Random(f"ground {seed}"), theme, flavour)
    if random.Random(f"settings {seed}").random() < 0.2:
        ground.settings = "state: data/s.db\n"
    steps: list[Step] = []
    if chance.random() < 0.8:
        steps.append(("apply", "-y"))
    names = [theme] if theme else []
    names += [one for one in chance.sample(sorted(PLOTS), chance.choice((0, 0, 1))) if one != theme]
    for name in names:
        steps += _noise(chance, 0.25)
        steps += PLOTS[name](chance)
    while len(steps) < 3 or (len(steps) < 10 and chance.random() < 0.4):
        steps += _noise(chance, 1.0)
    return Script(seed, switches, ground, tuple(steps[:14]), tuple(names))


def _noise(chance: random.Random, how_often: float) -> list[Step]:
    return [random_step(chance)] if chance.random() < how_often else []


def act(world: World, step: Step) -> None:
    """Lets one step happen."""
    name, *args = step
    if not world.ground.bodies() and name != "bring_back" and (hasattr(edits, name) or hasattr(manifests, name)):
        return  # the person took every manifest of a job away
    if step != APPLY and name not in ("plan", "look"):
        world.rested = False
    function: Callable[..., Any] = next(getattr(one, name) for one in MODULES if hasattr(one, name))
    function(world, *args)
