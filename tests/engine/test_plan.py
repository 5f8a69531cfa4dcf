"""A whole project planned: in the order of its manifests, with what is gone, taken over, in the way, and summed up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from a2c_spec.engine.loading import reading
from a2c_spec.engine.plan import plan_only, plan_project
from a2c_spec.engine.selection import EVERYTHING, Selection
from a2c_spec.errors import InvalidError, UsageError
from tests.engine.planning import actions, named, plan, put
from tests.engine.projects import job, project_in, record, session_in


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


MANIFEST = """apiVersion: a2c-spec/v1
kind: Job
name: a
inputs: [{id: cover, path: missing.png}]
conversions: [{id: webp, target: webp, category: image}]
"""


def test_a_plan_of_its_own_needs_no_service_when_offline(tmp_path: Path) -> None:
    (tmp_path / "missing.png").write_bytes(b"abc")
    (tmp_path / "a.yaml").write_text(MANIFEST)
    made = asyncio.run(plan_only(project_in(tmp_path, local=True, offline=True)))
    assert ([change.action for change in made.changes], made.partial) == (["create"], False)


def test_a_file_that_cannot_be_read_is_a_problem_of_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MANIFEST)
    with session_in(tmp_path) as session, pytest.raises(InvalidError) as error:
        asyncio.run(plan_project(session, reading(session.project), EVERYTHING, None))
    assert [one.position.file for one in error.value.diagnostics] == ["a.yaml"]
