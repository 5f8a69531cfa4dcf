"""The worlds have teeth: each rule, broken on purpose, makes a world end wrong that ends right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds.mutants import MUTANTS, found_by
from tests.worlds.world import memory


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with memory() as place:
        yield place


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_rule_is_noticed(folder: Path, name: str) -> None:
    assert found_by(MUTANTS[name], MUTANTS[name].world, folder)
