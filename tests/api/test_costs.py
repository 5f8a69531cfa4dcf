"""What jobs turn out to have cost is counted once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.api.costs import Costs
from a2c_spec.core.live import LiveJob
from a2c_spec.core.state import JobRecord
from a2c_spec.state.sqlite import SqliteStore

RUNNING = JobRecord("a", "host", "started", job_id="j")
ENDED = LiveJob("j", "completed", spent=2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "state.db", "host")
    yield opened
    opened.close()


def put(store: SqliteStore, *records: JobRecord) -> None:
    asyncio.run(store.put(*records))


def test_what_a_job_cost_is_recorded_counted_and_told_once(store: SqliteStore) -> None:
    put(store, RUNNING)
    heard: list[tuple[str, str, int]] = []
    costs = Costs(store, heard=lambda *told: heard.append(told))
    found = costs.learn(RUNNING, ENDED)
    assert (found.spent, costs.total, heard) == (2, 2, [("a", "j", 2)])
    assert (costs.learn(found, ENDED).spent, costs.total, len(heard)) == (2, 2, 1)
    assert (costs.of_job["j"], costs.tell("a"), costs.tell("a")) == (2, 2, 0)


def test_what_is_recorded_already_is_not_counted_again(store: SqliteStore) -> None:
    paid = replace(RUNNING, phase="completed", spent=2)
    put(store, paid)
    costs = Costs(store)
    assert (costs.learn(paid, ENDED).spent, costs.total) == (2, 0)
    assert costs.learn(paid, LiveJob("j", "completed", spent=0)).spent == 2, "a service that says nothing takes nothing"


@pytest.mark.parametrize("other", ["a#2", "b"])
def test_several_runs_of_one_job_cost_what_it_cost(store: SqliteStore, other: str) -> None:
    put(store, RUNNING, replace(RUNNING, address=other))
    costs = Costs(store, lambda: {"j"} if other == "b" else set())
    first = costs.learn(RUNNING, ENDED)
    second = costs.learn(replace(RUNNING, address=other), ENDED)
    assert (first.spent, second.spent, costs.total) == (2, 0, 2), "as in one process, before anything is written"
    put(store, first, second)
    later = Costs(store, costs.shared)
    assert (later.learn(second, ENDED).spent, later.total) == (0, 0), "as in the next one"
