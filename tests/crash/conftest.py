"""One service and one forking process for all crash tests of a worker."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.scenarios import SCENARIOS
from tests.crash.world import After, World
from tests.crash.world import world as make_world

MEMORY = Path("/dev/shm")
"""A file system in memory, where there is one: killing a process loses no write, so the disk need not be waited for."""


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    place = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as folder, make_world(Path(folder)) as one:
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
