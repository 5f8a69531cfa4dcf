"""Worlds end right: those written by hand for each known defect, and as many random ones as fit into the time.

More of them: ``python -m tests.worlds --seeds 0-1999 --minutes 20 --jobs 2 --service both``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds.flavour import LOCAL, OTHER, Flavour
from tests.worlds.known import KNOWN
from tests.worlds.oracle import play
from tests.worlds.shrink import reproduction, shrunk
from tests.worlds.world import World, memory
from tests.worlds.worlds import Script, script_of

SECONDS = float(os.environ.get("A2C_SPEC_WORLD_SECONDS", "6"))
"""How long random worlds are tried on the other service; on the local API, half as long."""


REFUSED = ("A3 rows of a batch share a place", "A3 two jobs share a place", "B15 a result over its own source")
"""Worlds whose manifests are wrong in the end, and are to be refused."""


def is_refused(world: World) -> bool:
    """Whether the last apply found problems in the manifests, so that nothing else was tried."""
    last = [line for line in world.story if line.startswith("$")][-1:]
    return any("in the manifests" in line for line in last)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with memory() as place:
        yield place


@pytest.mark.parametrize("name", KNOWN)
def test_a_world_that_once_went_wrong_ends_right(folder: Path, name: str) -> None:
    found = play(KNOWN[name], folder)
    assert not found.found, "\n".join([*found.story, *(f"{one.kind}: {one.text}" for one in found.found)])
    assert is_refused(found) == (name in REFUSED)


@pytest.mark.parametrize("flavour", [OTHER, LOCAL], ids=lambda one: str(one.name))
def test_random_worlds_end_right(folder: Path, flavour: Flavour) -> None:
    until = time.monotonic() + (SECONDS if flavour.pure else SECONDS / 2)
    refused = 0
    for seed in range(100_000):
        if time.monotonic() > until:
            break
        script = script_of(seed, flavour)
        world = play(script, folder)
        assert not world.found, _told(script, world.found[0].kind, folder)
        refused += is_refused(world)
        assert refused <= 3 + seed / 5, "most worlds must be about more than wrong manifests"


def _told(script: Script, kind: str, folder: Path) -> str:
    return reproduction(shrunk(script, kind, folder, seconds=SECONDS), folder)


def test_a_seed_always_makes_the_same_world() -> None:
    one, two = script_of(17), script_of(17)
    assert (one.steps, one.switches, one.ground.files()) == (two.steps, two.switches, two.ground.files())


def test_a_world_without_trouble_ends_right(folder: Path) -> None:
    calm = KNOWN["one of two conversions changes"]
    played = play(Script(0, calm.switches, calm.ground, (("apply", "-y"), ("look", "verify"), ("plan",))), folder)
    assert played.found == []
    assert len(played.service.starts) == 1
