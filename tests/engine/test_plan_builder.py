"""The changes of a whole plan, made as jobs come by: their order, and what of them is kept."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.desired import Preset
from a2c_spec.core.live import LiveJob
from a2c_spec.engine.plan import plan_project
from a2c_spec.engine.selection import EVERYTHING
from tests.engine.planning import Given, actions, done, named, plan, put
from tests.engine.projects import job, record, session_in


def test_presets_come_first_then_the_manifests_in_their_order_then_what_is_gone(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, record(job("gone", conversions=())))
        steps = plan(session, named("b", "a"), Preset("p", "P", "jpg"), named("a"))
    assert list(actions(steps).items()) == [("p", "create"), ("b", "create"), ("a", "create"), ("gone", "forget")]


def test_what_was_forgotten_before_is_not_forgotten_again(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, record(job("gone", conversions=()), gone_since=5.0))
        assert plan(session, named("a"))[1:] == []


def test_loose_ends_are_kept_whole_although_nothing_is_to_be_done(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, named("a"), "a", gone_since=5.0), done(session, named("b"), "b"))
        a, b = plan(session, named("a"), named("b"))
    assert (a.change.action, a.summary_only, b.change.action, b.summary_only) == ("no-op", False, "no-op", True)


class Service:
    """A service on which every job runs; it remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def job(self, job_id: str) -> LiveJob:
        self.asked.append(job_id)
        return LiveJob(job_id, "processing", process=True)


@pytest.mark.parametrize("parallelism", [1, 2, 16])
def test_every_job_under_way_is_asked_for_once(parallelism: int, tmp_path: Path) -> None:
    items = [*(named(f"j{n}") for n in range(5)), named("top", "j0")]
    service: Any = Service()
    with session_in(tmp_path, parallelism=parallelism) as session:
        put(session, *(record(item, phase="started", job_id=f"id-{item.address}") for item in items))
        given = Given(session, items)
        steps = asyncio.run(plan_project(session, given, EVERYTHING, service))
        assert {step.change.action for step in steps[:5]} == {"wait"}
        assert sorted(service.asked) == [*(f"id-j{n}" for n in range(5)), "id-top"]
        assert service.asked[-1] == "id-top"
