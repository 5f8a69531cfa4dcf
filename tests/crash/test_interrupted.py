"""Ctrl-C and SIGTERM in every phase: exit 130, a word on how to go on, and a state that is exact."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.crash.points import POINTS
from tests.crash.scenarios import SCENARIOS
from tests.crash.world import After, World, stop_at

Undisturbed = Callable[[str], tuple[After, int]]

NAMES = ("create with one upload", "edit of a held job", "download of lost results", "replace while running")
PHASES = [
    (name, moment)
    for name in NAMES
    for moment in POINTS[name]
    if moment.startswith(("send", "answered", "place ")) or "intent" in moment
]


def goes_on(world: World, undisturbed: Undisturbed, name: str) -> None:
    """A further apply brings about what an undisturbed one would have."""
    ran = world.apply()
    assert ran.code == 0, ran.said
    world.check_end(SCENARIOS[name], undisturbed(name))


@pytest.mark.parametrize(("name", "moment"), PHASES)
def test_the_first_signal_stops_in_good_order(world: World, undisturbed: Undisturbed, name: str, moment: str) -> None:
    undisturbed(name)
    world.prepare(SCENARIOS[name])
    number = signal.SIGTERM if "POST" in moment else signal.SIGINT
    ran = world.apply(stop=stop_at(moment, signals=[number]))
    assert ran.code == 130, ran.said
    assert "apply again" in ran.said
    goes_on(world, undisturbed, name)


def test_what_was_sent_before_the_first_signal_is_recorded(world: World, undisturbed: Undisturbed) -> None:
    undisturbed(NAMES[0])
    world.prepare(SCENARIOS[NAMES[0]])
    world.apply(stop=stop_at("send POST /v2/jobs#1", signals=[signal.SIGINT]))
    assert [bool(record.job_id) for record in world.records()] == [True]
    goes_on(world, undisturbed, NAMES[0])


@pytest.mark.parametrize("moment", ["send POST /v2/jobs#1", "recorded started#1", "place sum.sha256#1"])
def test_the_second_signal_ends_at_once(world: World, undisturbed: Undisturbed, moment: str) -> None:
    undisturbed(NAMES[0])
    world.prepare(SCENARIOS[NAMES[0]])
    ran = world.apply(stop=stop_at(moment, signals=[signal.SIGINT, signal.SIGINT]))
    assert ran.code == 130, ran.said
    goes_on(world, undisturbed, NAMES[0])


def test_a_signal_while_planning_changes_nothing(world: World) -> None:
    world.prepare(SCENARIOS["edit of a held job"])
    before = world.requests()
    assert world.apply(stop=stop_at("send GET /v2/jobs/*#1", signals=[signal.SIGTERM])).code == 130
    assert world.requests() <= before + 1
