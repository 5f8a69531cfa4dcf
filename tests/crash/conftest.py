"""One service and one forking process for all crash tests of a worker."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import in_memory
from tests.crash.scenarios import SCENARIOS
from tests.crash.world import After, World
from tests.crash.world import world as make_world


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    memory = in_memory.place()
    with tempfile.TemporaryDirectory(dir=memory, ignore_cleanup_errors=True) as folder, make_world(Path(folder)) as one:
        yield one


@pytest.fixture(scope="session")
def undisturbed(world: World) -> Callable[[str], tuple[After, int]]:
    """What there is after an undisturbed apply of a scenario, and how many uploads arrived."""
    known: dict[str, tuple[After, int]] = {}

    def ask(name: str) -> tuple[After, int]:
        if name not in known:
            world.prepare(SCENARIOS[name])
            assert world.apply(command=SCENARIOS[name].command).code == 0, world.runs
            known[name] = world.after(), world.arrived()
        return known[name]

    return ask
