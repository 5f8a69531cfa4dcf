"""A process killed at any moment leaves something that one more apply brings to the very end it would have had."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.crash.points import ON_THE_WAY, POINTS
from tests.crash.scenarios import SCENARIOS
from tests.crash.world import KILLED, After, Stop, World, stop_at

Undisturbed = Callable[[str], tuple[After, int]]
Note = Callable[[str, object], None]

HALF_WAY: dict[str, dict[str, Any]] = {
    "carried out after its death": {"do": "latency", "seconds": 0.08},
    "answered half": {"do": "slow", "size": 40, "seconds": 0.03},
}


def request_of(moment: str) -> dict[str, Any]:
    """The fault script's words for the request of a ``send`` moment."""
    name, _, nth = moment.partition("#")
    _, method, path = name.split(" ")
    path = path.removeprefix("/v2")
    return {"method": method, "path": "/jobs/*" if path == "/jobs/*" else path, "nth": int(nth)}


def survives(world: World, undisturbed: Undisturbed, name: str, stop: Stop) -> None:
    """Kills the apply, applies once more, and looks at everything."""
    assert world.apply(stop=stop).code == KILLED, world.runs
    ran = world.apply()
    assert ran.code == 0, ran.said
    assert (world.after(), world.arrived()) == undisturbed(name), world.runs
    world.check_state(SCENARIOS[name])
    world.check_tidy()
    world.check_quiet()


@pytest.mark.parametrize(("name", "moment"), [(name, moment) for name, some in POINTS.items() for moment in some])
def test_a_process_killed_there_loses_nothing(
    world: World, undisturbed: Undisturbed, record_property: Note, name: str, moment: str
) -> None:
    record_property("crash", f"{name}|{moment}|killed")
    undisturbed(name)
    world.prepare(SCENARIOS[name])
    survives(world, undisturbed, name, stop_at(moment))


@pytest.mark.parametrize("way", HALF_WAY)
@pytest.mark.parametrize(("name", "moment"), [(name, moment) for name, some in ON_THE_WAY.items() for moment in some])
def test_a_request_that_outlives_its_process_is_not_sent_again(
    world: World, undisturbed: Undisturbed, record_property: Note, name: str, moment: str, way: str
) -> None:
    record_property("crash", f"{name}|{moment}|killed, the request {way}")
    undisturbed(name)
    world.prepare(SCENARIOS[name])
    world.fail([{**request_of(moment), **HALF_WAY[way]}])
    survives(world, undisturbed, name, stop_at(moment, delay=0.04))


@pytest.mark.parametrize("name", POINTS)
def test_the_list_of_points_names_every_moment(world: World, name: str) -> None:
    trace = world.folder.parent / "trace"
    trace.unlink(missing_ok=True)
    world.prepare(SCENARIOS[name])
    assert world.apply(trace=str(trace)).code == 0
    seen = [line for line in trace.read_text().splitlines() if not line.startswith("record ")]
    reads = ("send GET /v2/jobs", "answered GET /v2/jobs")
    assert {line for line in seen if not line.startswith(reads) or line.endswith("#1")} == set(POINTS[name])
