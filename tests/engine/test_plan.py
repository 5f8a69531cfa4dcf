"""A whole project planned: in the order of its manifests, with what is gone, taken over, in the way, and summed up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.desired import Preset
from a2c_spec.core.live import LiveJob
from a2c_spec.engine.plan import plan_only, plan_project
from a2c_spec.engine.project import reading
from a2c_spec.engine.selection import EVERYTHING, Selection
from a2c_spec.errors import InvalidError, UsageError
from tests.engine.planning import Given, actions, done, named, plan, put
from tests.engine.projects import job, project_in, record, session_in


def test_presets_come_first_then_the_manifests_in_their_order_then_what_is_gone(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, record(job("gone", conversions=())))
        steps = plan(session, named("b", "a"), Preset("p", "P", "jpg"), named("a"))
    assert list(actions(steps).items()) == [("p", "create"), ("b", "create"), ("a", "create"), ("gone", "forget")]


def test_what_was_forgotten_before_is_not_forgotten_again(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, record(job("gone", conversions=()), gone_since=5.0))
        assert plan(session, named("a"))[1:] == []


@pytest.mark.parametrize("chosen", [Selection(target=("a",)), Selection(exclude=("x",)), Selection(selector=("x",))])
def test_a_partial_plan_forgets_nothing(chosen: Selection, tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, record(job("gone", conversions=())))
        jobs = named("a"), named("x", labels={"x": ""})
        assert "gone" not in actions(plan(session, *jobs, chosen=chosen))


def test_a_plan_of_named_manifests_forgets_nothing(tmp_path: Path) -> None:
    with session_in(tmp_path, manifests=("a.yaml",)) as session:
        put(session, record(job("gone", conversions=())))
        assert actions(plan(session, named("a"))) == {"a": "create"}


def test_a_selection_leaves_the_others_out(tmp_path: Path) -> None:
    items = named("base"), named("top", "base", labels={"team": "web"}), named("alone")
    with session_in(tmp_path) as session:
        assert [*actions(plan(session, *items, chosen=Selection(target=("top",))))] == ["base", "top"]
        assert [*actions(plan(session, *items, chosen=Selection(selector=("team=web",))))] == ["top"]
        assert [*actions(plan(session, *items, chosen=Selection(exclude=("top",))))] == ["base", "alone"]
        for chosen in (Selection(target=("nope",)), Selection(replace=("nope",))):
            with pytest.raises(UsageError, match="no address matches"):
                plan(session, *items, chosen=chosen)


@pytest.mark.parametrize("chosen", [EVERYTHING, Selection(target=("a",))])
def test_two_jobs_that_would_write_one_path_are_refused(chosen: Selection, tmp_path: Path) -> None:
    with session_in(tmp_path) as session, pytest.raises(InvalidError) as error:
        plan(session, job("a"), job("b"), chosen=chosen)
    assert "would both write dist/cover.webp" in error.value.diagnostics[0].message


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


MANIFEST = """apiVersion: a2c-spec/v1
kind: Job
name: a
inputs: [{id: cover, path: missing.png}]
conversions: [{id: webp, target: webp, category: image}]
"""


def test_a_plan_of_its_own_needs_no_service_when_offline(tmp_path: Path) -> None:
    (tmp_path / "missing.png").write_bytes(b"abc")
    (tmp_path / "a.yaml").write_text(MANIFEST)
    made = asyncio.run(plan_only(project_in(tmp_path, local=True, offline=True), Selection(target=("a",))))
    assert ([change.action for change in made.changes], made.partial) == (["create"], True)


def test_a_file_that_cannot_be_read_is_a_problem_of_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MANIFEST)
    with session_in(tmp_path) as session, pytest.raises(InvalidError) as error:
        asyncio.run(plan_project(session, reading(session.project), EVERYTHING, None))
    assert [one.position.file for one in error.value.diagnostics] == ["a.yaml"]
