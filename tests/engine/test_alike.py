"""Which changes of one plan make the same, and which of them is the one that is paid for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Content, Conversion, Input, Output
from a2c_spec.core.plan import Change
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.alike import Alike, Later, made_once, with_alike
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.reuse import Results
from a2c_spec.errors import NotStarted
from a2c_spec.state.results_cache import ResultsCache
from tests.engine.projects import desired, job

UPLOAD = Input("i", "upload", path="a.txt", content=Content(3, "5" * 64, ""))


def step(address: str, *keys: str, **more: Any) -> PlannedChange:
    calls = (Call("create_job", starts=True),)
    return PlannedChange(Change(address, "create", (), calls, credits=2, **more), None, None, keys=keys)


def waits(address: str, *keys: str) -> PlannedChange:
    return PlannedChange(Change(address, "wait", ()), None, None, keys=keys)


@pytest.mark.parametrize(
    ("steps", "alike"),
    [
        ((step("a", "k"), step("b", "k"), step("c", "m")), ["", "a", ""]),
        ((step("a", "k"), step("b", "m"), step("c", "k", "m")), ["c", "c", ""]),
        ((step("a", "k"), step("b", "k", "m"), step("c", "m")), ["b", "", "b"]),
        ((step("a", "k", "m"), step("b", "m", "n")), ["", ""]),
        ((step("a"), step("b")), ["", ""]),
        ((step("b", "k"), waits("a", "k"), waits("c", "k")), ["a", "", ""]),
        ((step("a", "k", problem="no"), step("b", "k")), ["", ""]),
        ((step("a", "k", problem="no"), step("b", "k"), step("c", "k")), ["", "", "b"]),
        ((step("b", "k", forced=True), step("a", "k"), step("taken", "k")), ["taken", "taken", ""]),
        ((step("a", "k", forced=True), step("b", "k", forced=True)), ["", "a"]),
    ],
)
def test_which_changes_are_alike(steps: tuple[PlannedChange, ...], alike: list[str]) -> None:
    steps_found = with_alike(steps, {"taken"})
    assert [bool(one.makers) for one in steps_found] == [bool(one) for one in alike]
    found = [one.change for one in steps_found]
    assert {change.credits for change in found if change.alike} <= {0}, "it is taken, not paid for"
    assert [change.alike for change in found] == alike
    assert all(("makes the same" in " ".join(change.reasons)) is bool(change.alike) for change in found)


def test_what_is_not_carried_out_is_not_waited_for_and_has_made_nothing() -> None:
    """As where only what runs already is waited for."""
    follower = replace(step("b", "k"), makers=("a",))
    alike = Alike([follower])
    asyncio.run(asyncio.wait_for(alike.wait_for_makers(follower), 5))
    with pytest.raises(NotStarted, match="a was to make the same and did not"):
        alike.check(follower, None)


def test_of_equal_changes_that_pay_is_first_whose_results_have_no_names_of_their_own() -> None:
    plain = Conversion("c", "webp")
    jobs = {"a": replace(plain, options={"output_filename": "a"}), "b": plain}
    steps = [replace(step(name, "k"), desired=desired(job(name, conversions=(one,)))) for name, one in jobs.items()]
    assert [one.change.alike for one in with_alike(steps, set())] == ["b", ""]


def test_what_the_cache_has_is_taken_although_its_maker_failed_unless_it_was_to_be_made_anew() -> None:
    follower, forced = (replace(step("b", "k", forced=forced), makers=("a",)) for forced in (False, True))
    alike, cached = Alike([follower]), JobRecord("b", "local")
    alike.check(follower, cached)
    with pytest.raises(NotStarted):
        alike.check(forced, cached)


def test_a_change_waits_until_its_maker_has_ended() -> None:
    maker, follower = step("a", "k"), replace(step("b", "k"), makers=("a",))
    alike = Alike([maker, follower])

    async def order() -> list[str]:
        told: list[str] = []

        async def follow() -> None:
            await alike.wait_for_makers(follower)
            told.append("follower")

        waiting = asyncio.create_task(follow())
        await asyncio.sleep(0)
        told.append("maker")
        alike.end("a")
        await asyncio.wait_for(waiting, 5)
        return told

    assert asyncio.run(order()) == ["maker", "follower"]


def test_only_those_that_did_not_make_it_are_named() -> None:
    follower = replace(step("c", "k", "m"), makers=("a", "b"))
    alike = Alike([follower])
    alike.well.add("a")
    with pytest.raises(NotStarted, match=r"^not started: b was to make the same and did not$"):
        alike.check(follower, None)
    alike.well.add("b")
    with pytest.raises(NotStarted, match=r"^not started: a, b made the same, and its result could not be kept$"):
        alike.check(follower, None)


def test_a_job_that_is_planned_again_starts_nothing_that_others_were_to_make_for_it() -> None:
    one, other = desired(job("b")), desired(job("b", conversions=(Conversion("d", "png"),)))
    alike = Alike([replace(step("b", "k"), makers=("a",), desired=one, whole=one.job)])
    again = [replace(step("b"), desired=item) for item in (other, one)]
    alike.check_no_more("b", again[:1])
    with pytest.raises(NotStarted):
        alike.check_no_more("b", again)


def test_what_is_known_only_once_its_inputs_are_here_is_not_started_beside_another_one() -> None:
    alike = Alike([waits("runs", "w")])
    alike.check(step("a"), None, ["k", "m"])
    with pytest.raises(Later, match="runs makes the same, and is not waited for"):
        alike.check(step("b"), None, ["w"])
    alike.end("runs")
    with pytest.raises(NotStarted, match="not started: a was to make the same and did not"):
        alike.check(step("b"), None, ["m", "other"])
    alike.later.add("a")
    with pytest.raises(Later):
        alike.check(step("b"), None, ["m"])
    alike.check(step("a"), None, ["k"])  # the same run, planned again
    alike.check(step("b", forced=True), None, ["k"])  # --replace asks for it
    alike.check(step("b"), JobRecord("b", "local"), ["k"])  # it is in the results cache
    alike.well.add("a")
    alike.check(step("b"), None, ["k"])  # nothing could be kept of it: it is made as planned


def test_a_job_that_is_planned_again_makes_once_what_several_of_its_conversions_make(tmp_path: Path) -> None:
    one, two = (desired(job("d", inputs=(UPLOAD,), conversions=(Conversion(name, "webp"),))) for name in "xy")
    saved = [
        replace(each, job=replace(each.job, outputs=(Output(each.job.conversions[0].id, save="dist/"),)))
        for each in (one, two)
    ]
    steps = [replace(step(f"d#{each.job.conversions[0].id}"), desired=each) for each in saved]
    found = made_once(steps, Results(ResultsCache(tmp_path), "local"))
    assert [(each.change.address, each.makers) for each in found] == [("d#x", ()), ("d#y", ("d#x",))]
    assert [each.makers for each in made_once(steps, Results(None, "local"))] == [(), ()]


def test_a_job_of_which_another_one_made_some_meanwhile_is_left_to_the_next_apply() -> None:
    """As it was divided before that one was begun."""
    both = desired(job("b", conversions=(Conversion("x", "gif"), Conversion("z", "jpg"))))
    alike = Alike([])
    alike.check(step("a"), None, ["x"])
    alike.well.add("a")
    with pytest.raises(Later, match="a made some of it meanwhile"):
        alike.check(replace(step("b"), desired=both), None, ["x", "z"])
    with pytest.raises(Later):
        alike.check(replace(step("b"), desired=both), None, ["x"])  # the other one is not kept by the cache
    alike.check(replace(step("b"), desired=both), None, ["y", "z"])


def test_what_makes_more_than_the_cache_may_keep_makes_it_for_the_others() -> None:
    """It would be made anyway, as what it makes beside cannot be taken from others."""
    both = desired(job("b", conversions=(Conversion("x", "gif"), Conversion("z", "jpg"))))
    steps = [step("a", "k"), replace(step("b", "k"), desired=both)]
    assert [one.makers for one in with_alike(steps, set())] == [("b",), ()]
