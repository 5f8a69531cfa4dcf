"""Planned changes carried out: each after those it needs, one failure leaving the others alone, over a service that
is a function."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from a2c_spec.api.change_task import Task
from a2c_spec.api.costs import Costs
from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Content, Input, Job
from a2c_spec.core.events import Event
from a2c_spec.core.live import LiveJob
from a2c_spec.core.moves import Move
from a2c_spec.core.plan import Change
from a2c_spec.core.state import Intent, JobRecord, SavedFile
from a2c_spec.engine.execution import Execution
from a2c_spec.engine.outcome import ApplyOptions, Result, Unattended, stops_all
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.run_limits import UNDER_WAY, Limits
from a2c_spec.engine.selection import EVERYTHING
from a2c_spec.engine.session import Session
from a2c_spec.engine.summaries import summarised
from a2c_spec.errors import (
    AuthError,
    Conflict,
    ConversionFailed,
    Interrupted,
    NotStarted,
    PartialFailure,
    QuotaError,
    ResultLocked,
    SpecError,
    WaitTimeout,
)
from a2c_spec.state.results_cache import ResultsCache
from tests.engine.planning import SHA
from tests.engine.projects import NOW, WEBP, desired, job, record, session_in

CREATE = (Call("create_job", starts=True),)
PLAIN = ApplyOptions()


class Listening(Unattended):
    """A reporter that remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.expected = -1

    def __call__(self, event: Event, /) -> None:
        self.events.append((event.kind, event.address))

    def expect(self, jobs: int, /) -> None:
        self.expected = jobs


@dataclass
class World:
    """One apply over a service that is ``answer``: it is given a change and gives the record that it ends in."""

    session: Session
    answer: Callable[[Change, JobRecord], JobRecord]
    order: list[str] = field(default_factory=list)
    moved: list[Move] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    turns: int = 1
    allowed: list[bool] = field(default_factory=list)
    reporter: Listening = field(default_factory=Listening)
    costs: Costs = field(init=False)

    def __post_init__(self) -> None:
        self.costs = Costs(self.session.store)

    async def carry_out(self, task: Task, change: Change, before: JobRecord, **_: bool) -> JobRecord:
        self.order.append(change.address)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.allowed.append(task.paid_again_allowed)
        for _turn in range(self.turns):
            await asyncio.sleep(0)
        self.at_once -= 1
        after = self.answer(change, before)
        self.costs.learn(replace(after, spent=0), LiveJob(after.job_id, "completed", spent=after.spent))
        await self.session.store.put(after)
        return after

    async def move_all(self, rows: Sequence[tuple[Job, JobRecord, Move]]) -> None:
        self.moved += [move for _, _, move in rows]

    def apply(
        self,
        *steps: PlannedChange,
        options: ApplyOptions = PLAIN,
        again: Iterable[PlannedChange] = (),
    ) -> Result:
        @asynccontextmanager
        async def slot() -> Any:
            yield

        service: Any = SimpleNamespace(
            delivery=self,
            turns=SimpleNamespace(slot=slot, released=slot),
            client=SimpleNamespace(wire=SimpleNamespace(count=Counter(POST=1))),
            executor=SimpleNamespace(costs=self.costs),
        )
        session = replace(self.session, connection=service)
        return asyncio.run(Execution(session, options, self.reporter, EVERYTHING).run(steps, again))


def done(change: Change, before: JobRecord) -> JobRecord:
    return replace(before, realm="local", phase="done", job_id=f"id-{change.address}", spent=2)


def failing(**errors: SpecError) -> Callable[[Change, JobRecord], JobRecord]:
    """A service that ends these addresses with these errors."""

    def answer(change: Change, before: JobRecord) -> JobRecord:
        if change.address in errors:
            raise errors[change.address]
        return done(change, before)

    return answer


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with session_in(tmp_path, no_cache=True, parallelism=4) as session:
        yield World(session, done)


def step(address: str, *needed: str, **more: Any) -> PlannedChange:
    change = replace(Change(address, "create", ("new",), CREATE, fetch=True), **more)
    one = job(address, *needed)
    return PlannedChange(change, desired(one), None, whole=one if needed else None)


def ends(result: Result) -> dict[str, str]:
    """The kind of error of each address that failed."""
    return {error.address: type(error).__name__ for error in result.errors}


def test_everything_done_is_counted_and_written_down(world: World, tmp_path: Path) -> None:
    idle = PlannedChange(Change("c", "no-op", ()), desired(job("c")), None)
    result = world.apply(step("a"), step("b"), idle)
    assert (result.error, result.errors, result.requests) == (None, (), {"POST": 1})
    tally = result.tally
    assert (tally.busy, tally.applied, tally.spent, tally.unstarted, world.reporter.expected) == (2, 2, 4, 0, 2)
    rows = json.loads((tmp_path / ".a2c/outputs.json").read_text())["jobs"]
    assert [(row["address"], row["action"]) for row in rows] == [("a", "create"), ("b", "create")]


def test_results_are_told_even_where_nothing_is_to_be_done(tmp_path: Path) -> None:
    idle = PlannedChange(Change("c", "no-op", ()), desired(job("c")), None)
    with session_in(tmp_path, no_cache=True, parallelism=4) as session:
        World(session, done).apply(idle)
    assert (tmp_path / ".a2c/outputs.json").exists()
    with session_in(tmp_path, no_cache=True, outputs="out.json") as session:
        World(session, done).apply(idle)
    assert (tmp_path / "out.json").exists()


def test_what_is_recorded_of_an_unchanged_job_stays_as_it_is(world: World) -> None:
    """Of most unchanged jobs only a summary is at hand, which is no record."""
    known = record(job("a"), spent=2)
    asyncio.run(world.session.store.put(known))
    world.apply(summarised(PlannedChange(Change("a", "no-op", ()), desired(job("a")), known), {}))
    assert world.session.store.get("a") == known
    world.apply(PlannedChange(Change("a", "no-op", ()), desired(job("a")), replace(known, gone=("out-1",))))
    assert world.session.store.get("a") == replace(known, gone=("out-1",))


def test_rows_are_kept_only_where_all_of_the_plan_is_shown(tmp_path: Path) -> None:
    for detailed, count in ((False, 0), (True, 1)):
        with session_in(tmp_path, no_cache=True, as_json=detailed) as session:
            assert len(World(session, done).apply(step("a")).rows) == count


def test_each_job_runs_after_those_it_needs(world: World) -> None:
    result = world.apply(step("top", "middle"), step("middle", "base"), step("base"))
    assert (world.order, result.tally.applied) == (["base", "middle", "top"], 3)


def test_a_job_that_takes_results_is_planned_again_with_what_came_out(world: World) -> None:
    given = []

    def answer(change: Change, before: JobRecord) -> JobRecord:
        given.append((change.address, change.fingerprint))
        return replace(done(change, before), files=(SavedFile("", 1, "ab", "out-1", "webp"),))

    world.answer = answer
    world.apply(step("base"), step("top", "base", fingerprint="planned before"))
    (_, (address, fingerprint)) = given
    assert address == "top"
    assert len(fingerprint) == 64


def test_what_would_now_be_paid_for_again_is_not_done_unseen(world: World) -> None:
    ran = record(job("top", "base"), job_id="job-1")
    asyncio.run(world.session.store.put(ran))
    world.answer = lambda change, before: replace(
        done(change, before), files=(SavedFile("", 1, "ab", "out-1", "webp"),)
    )
    steps = step("base"), replace(step("top", "base", action="wait"), record=ran)
    assert ends(world.apply(*steps)) == {"top": "Conflict"}
    assert ends(world.apply(*steps, options=ApplyOptions(yes=True))) == {}


def undecided(address: str, needed: str, ran: JobRecord) -> PlannedChange:
    """A job of which nothing is to be done, unless what it takes, and is made again, comes out differently."""
    one = job(address, needed)
    waiting = replace(one, inputs=tuple(replace(item, awaited=item.type == "from") for item in one.inputs))
    return PlannedChange(Change(address, "no-op", ("unchanged",)), desired(waiting), ran, whole=one)


@pytest.mark.parametrize("yes", [True, False])
def test_what_was_to_stay_is_run_again_only_if_what_it_takes_comes_out_differently_and_that_is_allowed(
    world: World, yes: bool
) -> None:
    ran = record(job("top", "base"), job_id="job-1")
    asyncio.run(world.session.store.put(ran))
    world.answer = lambda change, before: replace(
        done(change, before), files=(SavedFile("", 1, "ab", "out-1", "webp"),)
    )
    result = world.apply(step("base"), undecided("top", "base", ran), options=ApplyOptions(yes=yes))
    assert (ends(result), world.order) == (({}, ["base", "top"]) if yes else ({"top": "Conflict"}, ["base"]))
    assert result.tally.busy == 2


@pytest.mark.parametrize("fail_fast", [True, False])
def test_what_was_to_stay_stays_where_what_it_takes_is_not_made(world: World, fail_fast: bool) -> None:
    """And what takes it starts, unless all is stopped."""
    ran = record(job("top", "base"), job_id="job-1")
    asyncio.run(world.session.store.put(ran))
    world.answer = failing(base=ConversionFailed("damaged"))
    steps = step("base"), undecided("top", "base", ran), step("last", "top")
    result = world.apply(*steps, options=ApplyOptions(fail_fast=fail_fast))
    assert ends(result) == {"base": "ConversionFailed"} | ({"last": "NotStarted"} if fail_fast else {})
    assert (world.order, result.tally.busy) == (["base"] if fail_fast else ["base", "last"], 2)
    assert world.session.store.get("top") == ran


def test_one_failure_leaves_the_others_alone(world: World) -> None:
    world.answer = failing(a=ConversionFailed("damaged"))
    result = world.apply(step("a"), step("b"))
    assert ends(result) == {"a": "ConversionFailed"}
    assert isinstance(result.error, PartialFailure)
    assert result.error.message == "1 of 2 jobs failed"
    assert not result.lone
    assert world.reporter.events == [("failed", "a")]


def test_the_only_thing_to_do_fails_with_its_own_error(world: World, tmp_path: Path) -> None:
    world.answer = failing(a=ConversionFailed("damaged"))
    result = world.apply(step("a"))
    assert (type(result.error), result.lone) == (ConversionFailed, True)
    assert (tmp_path / ".a2c/outputs.json").exists(), "what there was before is still told"


def test_an_error_of_the_system_is_that_of_one_job(world: World) -> None:
    def answer(change: Change, before: JobRecord) -> JobRecord:
        if change.address == "a":
            raise OSError(24, "too many")
        return done(change, before)

    world.answer = answer
    result = world.apply(step("a"), step("b"))
    assert (ends(result), world.order) == ({"a": "SpecError"}, ["a", "b"])


def test_what_needs_a_failed_job_is_not_started(world: World) -> None:
    world.answer = failing(base=ConversionFailed("damaged"))
    result = world.apply(step("base"), step("top", "base"), step("alone"))
    assert ends(result) == {"base": "ConversionFailed", "top": "NotStarted"}
    assert world.order == ["base", "alone"]


def test_what_needs_a_job_that_nobody_waits_for_is_left_to_the_next_apply(world: World) -> None:
    result = world.apply(step("base"), step("top", "base"), options=ApplyOptions(detach=True))
    assert (ends(result), result.error) == ({}, None)
    assert world.reporter.events == [("done", "base"), ("done", "top")]
    assert result.tally.later == {"top": "it needs base, which is not waited for"}
    assert (result.tally.busy, result.tally.applied, result.tally.unstarted) == (2, 1, 0)


def test_what_needs_a_failed_job_too_is_not_only_left_to_the_next_apply(world: World) -> None:
    world.answer = failing(bad=ConversionFailed("damaged"))
    steps = (step("base"), step("bad"), step("top", "base", "bad"), step("over", "top"), step("next", "base"))
    result = world.apply(*steps, options=ApplyOptions(detach=True))
    assert ends(result) == {"bad": "ConversionFailed", "top": "NotStarted", "over": "NotStarted"}
    assert (list(result.tally.later), result.error is not None) == (["next"], True)


def test_what_needs_only_what_a_failed_job_gave_all_the_same_is_started(world: World) -> None:
    kept = record(job("base"), files=(SavedFile("dist/a", 1, "ab", "out-1", "webp"),))
    asyncio.run(world.session.store.put(kept))  # as the service's answer leaves it
    world.answer = failing(base=ConversionFailed("damaged"))
    result = world.apply(step("base"), step("top", "base"))
    assert (ends(result), world.order) == ({"base": "ConversionFailed"}, ["base", "top"])


@pytest.mark.parametrize("error", [AuthError("no key"), QuotaError("no credits")])
def test_what_every_job_would_meet_stops_the_rest(error: SpecError, world: World) -> None:
    assert stops_all(error)
    world.answer = failing(a0=error)
    result = world.apply(*(step(f"a{n}") for n in range(200)))
    assert result.tally.unstarted + len(result.errors) + result.tally.applied == 200
    assert result.tally.unstarted > 100
    assert result.error is not None
    unstarted = result.tally.unstarted + sum(isinstance(one, NotStarted) for one in result.errors)
    assert result.error.message == f"1 of 200 jobs failed, {unstarted} not started"


def test_whoever_waits_to_be_started_when_the_rest_stops_is_not_begun(tmp_path: Path) -> None:
    with session_in(tmp_path, no_cache=True, parallelism=1) as session:
        world = World(session, failing(a0=AuthError("no key")), turns=200)
        result = world.apply(*(step(f"a{n}") for n in range(100)))
    assert ends(result) == {"a0": "AuthError"}
    assert (len(world.order), result.tally.applied, result.tally.unstarted) == (64, 63, 36)


@pytest.mark.parametrize(
    ("yes", "paid_again", "allowed"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_what_was_planned_or_confirmed_as_paid_again_is_allowed(
    yes: bool, paid_again: bool, allowed: bool, world: World
) -> None:
    world.apply(step("a", paid_again=paid_again), options=ApplyOptions(yes=yes))
    assert world.allowed == [allowed]


@pytest.mark.parametrize(("fail_fast", "started"), [(False, 200), (True, 64)])
def test_fail_fast_starts_nothing_after_a_failure(fail_fast: bool, started: int, world: World) -> None:
    world.answer = failing(a0=ConversionFailed("damaged"))
    result = world.apply(*(step(f"a{n}") for n in range(200)), options=ApplyOptions(fail_fast=fail_fast))
    assert 200 - result.tally.unstarted <= started
    assert (result.tally.unstarted == 0) is (not fail_fast)


def test_jobs_that_still_run_are_no_failure_but_a_time_that_was_up(world: World) -> None:
    world.answer = failing(a=WaitTimeout("x"), b=WaitTimeout("x"))
    result = world.apply(step("a"), step("b"), step("c"))
    assert isinstance(result.error, WaitTimeout)
    assert result.error.message == "2 of 3 jobs still running"
    world.answer = failing(a=WaitTimeout("x"), b=ConversionFailed("x"))
    assert isinstance(world.apply(step("a"), step("b"), step("c")).error, PartialFailure)


def test_a_change_with_a_problem_is_refused(world: World) -> None:
    result = world.apply(step("a", problem="taken"), step("b"))
    assert ends(result) == {"a": "Conflict"}
    assert world.order == ["b"]


def test_the_budget_lets_no_job_start_beyond_it(world: World) -> None:
    result = world.apply(step("a"), step("b"), options=ApplyOptions(limits=Limits(credits=1)))
    assert ends(result) == {"b": "LimitRefused"}
    assert world.order == ["a"]


FINISHED = record(job("a", conversions=(replace(WEBP, options={"width": 1}),)), job_id="job-1")
BY_PRESET = job("a", conversions=(replace(WEBP, preset_from="small", upstream="f"),))
NOT_CACHED: list[tuple[str, Job, JobRecord | None, bool, bool]] = [
    ("it was never paid for", job("a"), None, False, True),
    ("it would be paid for again", job("a"), FINISHED, False, False),
    ("that is allowed", job("a"), FINISHED, True, True),
    ("its preset was not read", BY_PRESET, None, True, False),
]


@pytest.mark.parametrize(
    ("one", "before", "yes", "runs"), [row[1:] for row in NOT_CACHED], ids=[row[0] for row in NOT_CACHED]
)
def test_where_a_cached_result_has_gone_the_job_runs_if_that_is_allowed(
    world: World, one: Job, before: JobRecord | None, yes: bool, runs: bool
) -> None:
    planned = PlannedChange(Change("a", "cached", ("paid for before",)), desired(one), before)
    result = world.apply(planned, options=ApplyOptions(yes=yes))
    assert world.order == (["a"] if runs else [])
    assert ends(result) == ({} if runs else {"a": "Conflict"})
    assert runs or "no longer in the results cache" in str(result.errors[0])


def test_what_is_forgotten_stays_known(world: World) -> None:
    asyncio.run(world.session.store.put(record(job("old"))))
    result = world.apply(PlannedChange(Change("old", "forget", ()), None, record(job("old"))))
    kept = world.session.store.get("old")
    assert kept is not None
    assert (kept.gone_since, kept.fingerprint) == (NOW, record(job("old")).fingerprint)
    assert world.reporter.events == [("done", "old")]
    assert result.error is None


def test_a_record_that_moves_to_another_address_leaves_the_old_one(world: World) -> None:
    asyncio.run(world.session.store.put(record(job("old"), gone_since=5.0)))
    taken = replace(record(job("new")), gone_since=5.0)
    adopted = PlannedChange(Change("new", "adopt", ()), desired(job("new")), taken, taken_over="old")
    world.answer = lambda _change, before: before
    world.apply(adopted)
    assert world.session.store.addresses() == ("new",)


def test_what_is_asked_for_again_is_no_longer_gone(world: World) -> None:
    back = record(job("a"), gone_since=5.0, intent=Intent(("patch_job",)))
    asyncio.run(world.session.store.put(back))
    world.apply(PlannedChange(Change("a", "no-op", ()), desired(job("a")), back))
    kept = world.session.store.get("a")
    assert kept is not None
    assert (kept.gone_since, kept.intent) == (0.0, None)


def test_a_create_that_the_plan_looked_for_in_vain_and_that_is_not_needed_is_settled(world: World) -> None:
    lost = record(job("a"), gone_since=5.0, intent=Intent(("create_job",), starts=True))
    world.session.lost.looked.add("a")
    world.apply(PlannedChange(Change("a", "no-op", ()), desired(job("a")), lost))
    kept = world.session.store.get("a")
    assert kept is not None
    assert kept.intent is None


def test_moves_of_the_whole_plan_come_first_and_together(world: World) -> None:
    file = SavedFile("dist/a", 1, "ab", "o", "webp")
    steps = [
        replace(
            step(name, moves=(Move(f"dist/{name}", f"dist/{name}2"),), problem=problem),
            record=record(job(name), files=(file,)),
        )
        for name, problem in (("a", ""), ("b", "taken"), ("c", ""))
    ]
    world.apply(*steps)
    assert world.moved == [Move("dist/a", "dist/a2"), Move("dist/c", "dist/c2")]


def test_only_so_many_are_under_way_at_once(tmp_path: Path) -> None:
    with session_in(tmp_path, no_cache=True, parallelism=1) as session:
        world = World(session, done)
        result = world.apply(*(step(f"a{n}") for n in range(150)))
    assert (result.tally.applied, len(world.order)) == (150, 150)
    assert world.most_at_once <= 64


def test_more_may_be_under_way_where_more_requests_may_be_sent_at_once(tmp_path: Path) -> None:
    with session_in(tmp_path, no_cache=True, parallelism=5) as session:
        world = World(session, done, turns=3000)
        world.apply(*(step(f"j{n}") for n in range(100)))
    assert 4 * UNDER_WAY < world.most_at_once <= 5 * UNDER_WAY


@pytest.mark.parametrize(("forced", "runs"), [(False, []), (True, ["a"])])
def test_what_shall_be_run_again_is_not_taken_from_the_cache(tmp_path: Path, forced: bool, runs: list[str]) -> None:
    upload = Input("cover", "upload", path="a.png", content=Content(3, "ab" * 32, "cd" * 16))
    one = job("a", inputs=(upload,))
    file = SavedFile("dist/a.webp", 3, SHA, "out-1", "webp", ("cover",), 1, "a.webp")
    (tmp_path / "dist").mkdir()
    (tmp_path / file.path).write_bytes(b"abc")
    with session_in(tmp_path) as session:
        session.results.keep(desired(one), record(one, files=(file,)), tmp_path, NOW)
        assert session.results.known(desired(one), None) is not None
        world = World(session, done)
        world.apply(PlannedChange(Change("a", "re-run", (), CREATE, forced=forced), desired(one), None))
    assert world.order == runs


def test_twins_are_converted_once_and_the_second_waits_for_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(ResultsCache, "load", lambda _cache, key: looked.append(key))
    (tmp_path / "a.txt").write_bytes(b"abc")
    upload = Input("cover", "upload", path="a.txt", content=Content(3, "ab" * 32, ""))
    steps = [replace(step(name), desired=desired(job(name, inputs=(upload,)))) for name in ("a", "b")]
    with session_in(tmp_path) as session:
        world = World(session, done)
        result = world.apply(*steps)
    assert result.tally.applied == 2
    assert (world.order, world.most_at_once) == (["a", "b"], 1)  # nothing was kept of the first, so the second runs too
    assert len(looked) == 2  # the cache is asked once for each


def test_summaries_are_planned_again_and_one_that_became_invalid_leaves_the_rest_alone(world: World) -> None:
    def again() -> Iterator[PlannedChange]:
        yield step("b")
        raise Conflict("b.yaml has changed")

    summaries = [replace(step(name), summary_only=True, desired=None) for name in ("b", "c")]
    result = world.apply(step("a"), *summaries, again=again())
    assert world.order == ["a", "b"]
    assert (result.tally.busy, result.tally.applied, result.tally.unstarted) == (3, 2, 1)
    assert ends(result) == {"": "Conflict"}


def test_a_mistake_of_ours_is_raised_as_it_is(world: World) -> None:
    def broken(_change: Change, _before: JobRecord) -> JobRecord:
        raise KeyError("ours")

    world.answer = broken
    with pytest.raises(KeyError, match="ours"):
        world.apply(step("a"), step("b"))


def test_a_result_that_no_password_opens_stops_nothing_else(world: World) -> None:
    world.answer = failing(a0=ResultLocked("the service needs another password"))
    result = world.apply(*(step(f"a{n}") for n in range(200)))
    assert (result.tally.unstarted, len(result.errors), result.tally.applied) == (0, 1, 199)


def test_what_is_known_to_be_spent_is_said_of_an_apply_that_is_interrupted(world: World) -> None:
    def stopped_at_b(change: Change, before: JobRecord) -> JobRecord:
        if change.address == "b":
            for task in asyncio.all_tasks():
                task.cancel()
        return done(change, before)

    world.answer = stopped_at_b
    with pytest.raises(Interrupted, match="the state is exact") as caught:
        world.apply(step("a"), step("b"))
    assert caught.value.told.endswith(f"({caught.value.spent} credits spent)")
    assert caught.value.spent >= 2
