"""Which changes of one plan make the same, and which of them is the one that is paid for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change
from a2c_spec.engine.alike import Alike, with_alike
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.errors import NotStarted


def step(address: str, *keys: str, **more: Any) -> PlannedChange:
    return PlannedChange(
        Change(address, "create", (), (Call("create_job", starts=True),), **more), None, None, keys=keys
    )


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
        ((step("b", "k", forced=True), step("a", "k"), step("taken", "k")), ["taken", "taken", ""]),
        ((step("a", "k", forced=True), step("b", "k", forced=True)), ["", "a"]),
    ],
)
def test_which_changes_are_alike(steps: tuple[PlannedChange, ...], alike: list[str]) -> None:
    steps_found = with_alike(steps, {"taken"})
    assert [bool(one.makers) for one in steps_found] == [bool(one) for one in alike]
    found = [one.change for one in steps_found]
    assert [change.alike for change in found] == alike
    assert all(("makes the same" in " ".join(change.reasons)) is bool(change.alike) for change in found)


def test_what_is_not_carried_out_is_not_waited_for_and_has_made_nothing() -> None:
    """As where only what runs already is waited for."""
    follower = replace(step("b", "k"), makers=("a",))
    alike = Alike([follower])
    asyncio.run(asyncio.wait_for(alike.wait_for_makers(follower), 5))
    with pytest.raises(NotStarted, match="a was to make the same and did not"):
        alike.check(follower, None)
