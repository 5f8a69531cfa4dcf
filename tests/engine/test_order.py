"""The order of changes: what each needs stands before it, and what a held job leaves is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Job
from a2c_spec.core.plan import Change
from a2c_spec.engine.order import dependent, held, independent, needed
from a2c_spec.engine.planned import PlannedChange
from tests.engine.projects import WEBP, desired, job, record


def step(one: Job, key: str = "", action: Any = "create", phase: Any = "") -> PlannedChange:
    before = record(one, phase=phase) if phase else None
    return PlannedChange(Change(key or one.address, action, ()), desired(one), before)


def keys(steps: Sequence[PlannedChange]) -> list[str]:
    return [one.change.address for one in steps]


def test_a_change_needs_the_results_it_takes_and_the_presets_it_names() -> None:
    one = job("top", "base", "a.b", conversions=(WEBP, replace(WEBP, id="x", preset_from="small")))
    assert needed(step(one)) == [("base", "webp"), ("a.b", "webp"), ("small", "")]
    assert needed(step(job("alone"))) == []
    assert needed(replace(step(one), desired=None)) == []


def test_what_needs_nothing_comes_by_itself_and_the_others_after_what_they_need() -> None:
    base, middle, top = job("base"), job("middle", "base"), job("top", "middle", "base")
    steps = [step(top), step(base), step(middle), replace(step(job("gone")), desired=None)]
    assert keys(list(independent(steps))) == ["base", "gone"]
    assert keys(list(dependent(steps))) == ["middle", "top"]


def test_every_run_of_an_address_comes_after_every_run_of_what_it_needs() -> None:
    base, top = job("base", "root"), job("top", "base")
    steps = [step(top, "top"), step(top, "top#2"), step(base, "base"), step(base, "base#2")]
    assert keys(list(dependent(steps))) == ["base", "base#2", "top", "top#2"]


def test_an_address_of_which_one_run_needs_others_comes_as_a_whole() -> None:
    """As another run of it may take what that one makes."""
    base, top, alone = job("base"), job("top", "base"), job("top")
    steps = [step(alone, "top#2"), step(base), step(top)]
    assert keys(list(independent(steps))) == ["base"]
    assert sorted(keys(list(dependent(steps)))) == ["top", "top#2"]
    assert keys(list(dependent([step(top), step(alone, "top#2"), step(job("next", "top"))]))) == [
        "top",
        "top#2",
        "next",
    ]


def test_what_runs_already_comes_before_what_is_to_be_started() -> None:
    """As it may make the same; what it needs comes before it all the same."""
    calls = (Call("create_job", starts=True),)
    base, one, two = (
        step(job(name, *needs)) for name, needs in (("base", ("root",)), ("one", ("root",)), ("two", ("base",)))
    )
    base, one = (replace(each, change=replace(each.change, calls=calls)) for each in (base, one))
    assert keys(list(dependent([one, base, two]))) == ["base", "two", "one"]


def test_who_names_a_preset_is_no_first_one() -> None:
    one = step(job("a", conversions=(replace(WEBP, preset_from="small"),)))
    assert (list(independent([one])), list(dependent([one]))) == ([], [one])


HELD = job("held", process=False)
LEAVES: list[tuple[str, PlannedChange, bool]] = [
    ("created and not started", step(HELD), True),
    ("another run of it", step(HELD, "held#2"), True),
    ("replaced", step(HELD, action="replace"), True),
    ("edited", step(HELD, action="update"), True),
    ("unchanged and not started", step(HELD, action="no-op", phase="building"), True),
    ("unchanged, and it ran once", step(HELD, action="no-op", phase="done"), False),
    ("it is waited for", step(HELD, action="wait", phase="started"), False),
    ("a job that runs", step(job("held")), False),
    ("let go", replace(step(HELD), desired=None), False),
]


@pytest.mark.parametrize(("one", "leaves"), [row[1:] for row in LEAVES], ids=[row[0] for row in LEAVES])
def test_a_held_job_leaves_its_results_to_be_made(one: PlannedChange, leaves: bool) -> None:
    assert held(one) == ([("held", "webp")] if leaves else [])
