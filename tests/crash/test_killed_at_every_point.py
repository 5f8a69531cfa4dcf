"""A process killed at any moment leaves something that one more apply brings to the very end it would have had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.find_points import moments
from tests.crash.points import POINTS
from tests.crash.scenarios import SCENARIOS, new_bytes, nothing
from tests.crash.world import KILLED, After, Stop, World, stop_at

Undisturbed = Callable[[str], tuple[After, int]]
Note = Callable[[str, object], None]

ON_THE_WAY: Mapping[str, tuple[str, ...]] = {
    "create with one upload": (
        "send POST /v2/jobs#1",
        "send POST /v2/dl/web1/upload-file/*#1",
    ),
    "create with two uploads and a remote file": (
        "send POST /v2/jobs#1",
        "send POST /v2/dl/web1/upload-file/*#2",
        "send PATCH /v2/jobs/*#1",
        "send PATCH /v2/jobs/*#2",
    ),
    "create without an upload": ("send POST /v2/jobs#1",),
    "edit of a held job": (
        "send DELETE /v2/jobs/*/input/*#1",
        "send PATCH /v2/jobs/*/conversions/*#1",
        "send POST /v2/jobs/*#1",
        "send POST /v2/jobs/*#2",
        "send PATCH /v2/jobs/*#1",
    ),
    "re-run with new bytes": ("send POST /v2/jobs#1", "send POST /v2/dl/web1/upload-file/*#1"),
    "rename of a result": ("send PATCH /v2/jobs/*/output/*#1",),
    "batch of three alike": ("send POST /v2/jobs#2", "send POST /v2/dl/web1/upload-file/*#2"),
    "replace while running": ("send DELETE /v2/jobs/*#1", "send POST /v2/jobs#1"),
    "a dependent of what changed": ("send POST /v2/jobs#2",),
    "--replace": ("send POST /v2/jobs#1",),
    "one of two conversions changes": ("send POST /v2/jobs#1",),
    "a preset whose options change": ("send PATCH /v2/presets/*#1",),
}
"""Requests that are with the service when the process dies: not carried out yet, or carried out and half answered."""

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
    """Kills the command, applies once more, and looks at everything."""
    scenario = SCENARIOS[name]
    assert world.apply(command=scenario.command, stop=stop).code == KILLED, world.runs
    ran = world.apply()
    assert ran.code == 0, ran.said
    world.check_end(scenario, undisturbed(name))


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


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_list_of_points_names_every_moment(world: World, name: str) -> None:
    assert {*moments(world, SCENARIOS[name])} == {*POINTS[name]}, "python -m tests.crash.find_points --update"


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_an_undisturbed_apply_yields_is_what_a_new_project_yields(
    world: World, undisturbed: Undisturbed, name: str
) -> None:
    scenario = SCENARIOS[name]
    results = undisturbed(name)[0].results  # before the new project, for both are made in the same folder
    world.prepare(replace(scenario, before="", change=nothing))
    scenario.change(world.folder) if scenario.change is new_bytes else None
    assert world.apply().code == 0, world.runs
    kept = {path: data for path, data in results.items() if path not in scenario.stays}
    assert world.results() == kept
