"""Lost calls of addresses for which nothing is planned: looked for only where it matters, and never paid for twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from a2c_spec.core.state import Intent, JobRecord
from a2c_spec.engine.lost_beside import look_beside, unless_undecided
from a2c_spec.engine.session import Session
from a2c_spec.errors import Conflict
from tests.engine.planning import done, named, plan, put
from tests.engine.projects import job, record, session_in
from tests.engine.test_plan_one import Service

MEANT = record(job("old"))
OPEN = JobRecord("old", "local", intent=Intent(("create_job",), starts=True, basis=MEANT.basis, noted_at=1.0))
OTHER = replace(job("new"), conversions=(replace(job().conversions[0], target="png"),))


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs whose job is looked for; that of ``unclear`` ones cannot be told."""
    found: list[str] = []

    async def resolve(_client: Any, run: JobRecord, _records: Any) -> None:
        found.append(run.address)
        if run.problem == "unclear":
            raise Conflict("two jobs may be it", hint="adopt one")

    monkeypatch.setattr("a2c_spec.api.lost_answers.resolve_lost_create", resolve)
    return found


def beside(session: Session, steps: Iterable[Any], *, let_go: bool = False) -> None:
    client: Any = Service()
    made = {step.change.address: [step] for step in steps if step.desired}
    asyncio.run(look_beside(session, made, [], client, let_go=let_go))


CASES = [
    (OPEN, [job("new")], False, ["old"]),
    (OPEN, [OTHER], False, []),
    (OPEN, [OTHER], True, ["old"]),
    (replace(OPEN, gone_since=5.0), [OTHER], True, []),
    (OPEN, [replace(OTHER, moved_from="old")], False, ["old"]),
    (OPEN, [job("old")], True, []),
    (replace(OPEN, intent=None), [job("new")], True, []),
]


@pytest.mark.parametrize(
    ("run", "jobs", "let_go", "looked_for"),
    CASES,
    ids=["the same", "another", "let go", "gone before", "moved", "planned", "settled"],
)
def test_only_what_matters_to_the_plan_is_looked_for(
    run: JobRecord, jobs: list[Any], let_go: bool, looked_for: list[str], session: Session, searches: list[str]
) -> None:
    put(session, run)
    beside(session, plan(session, *jobs), let_go=let_go)
    assert searches == looked_for
    assert (session.store.get("old") is None) == bool(looked_for), "what made no job was not done"


def test_what_prune_may_take_away_is_looked_for(tmp_path: Path, searches: list[str]) -> None:
    with session_in(tmp_path, prune=True) as session:
        put(session, replace(OPEN, gone_since=5.0))
        beside(session, plan(session, OTHER), let_go=True)
    assert searches == ["old"]


def test_what_was_there_before_stays(session: Session, searches: list[str]) -> None:
    before = done(session, named("old"), "old")
    put(session, replace(before, intent=OPEN.intent))
    beside(session, plan(session, named("new")))
    assert (searches, session.store.get("old")) == (["old"], before)


def test_nothing_of_the_same_recipe_is_paid_for_as_long_as_it_is_undecided(
    session: Session, searches: list[str]
) -> None:
    put(session, replace(OPEN, problem="unclear"))
    for one, refused in ((job("new"), True), (OTHER, False), (replace(OTHER, moved_from="old"), True)):
        (step, *_) = plan(session, one)
        beside(session, [step], let_go=True)
        why = "a job of old may make it already: two jobs may be it; adopt one" if refused else ""
        assert unless_undecided(session, step).change.problem == why
    assert searches == ["old"]
    assert session.store.get("old") == replace(OPEN, problem="unclear"), "it stays open"


def test_what_is_there_already_is_not_paid_for_so_that_nothing_is_looked_for(
    session: Session, searches: list[str]
) -> None:
    put(session, OPEN, done(session, named("new"), "new"))
    (session.project.root / "dist" / "new.webp").unlink()
    steps = [step for step in plan(session, named("new")) if step.desired]
    assert [step.change.action for step in steps] == ["download"]
    beside(session, steps)
    assert searches == []


def test_an_apply_waits_until_no_call_can_arrive_any_more_and_looks_again(
    session: Session, searches: list[str]
) -> None:
    async def wait() -> None:
        searches.append("waited")

    connection: Any = SimpleNamespace(executor=SimpleNamespace(grace=SimpleNamespace(wait=wait)))
    session = replace(session, connection=connection)
    session.lost.to_pay = True
    put(session, OPEN)
    beside(session, plan(session, job("new")))
    assert searches == ["old", "waited", "old"]


def test_what_pays_nothing_or_repeats_its_own_calls_is_not_refused(session: Session) -> None:
    (own,) = plan(session, job("own"))
    put(session, OPEN, replace(OPEN, address="own"), done(session, job("there"), "there"))
    (there, *_) = plan(session, job("there"))
    assert (own.change.action, there.change.action) == ("create", "rename")
    why = Conflict("two jobs may be it", hint="adopt one")
    for key, step in (("own", own), ("old", there), ("old", replace(own, desired=None))):
        session.lost.undecided = {key: why}
        assert unless_undecided(session, step) is step


def test_a_job_that_was_replaced_before_is_not_forgotten_with_the_calls(session: Session, searches: list[str]) -> None:
    put(session, replace(OPEN, former_jobs=("job-0",)))
    beside(session, plan(session, job("new")))
    run = session.store.get("old")
    assert (searches, run and run.former_jobs, run and run.intent) == (["old"], ("job-0",), None)
