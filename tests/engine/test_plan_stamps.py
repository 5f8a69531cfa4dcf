"""What a saved plan rests on: what changed is said to have changed, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.desired import Conversion, Input
from a2c_spec.core.plan import Change
from a2c_spec.engine.plan_differences import moved_of
from a2c_spec.engine.plan_stamps import stamp
from a2c_spec.engine.planned import PlannedChange
from tests.engine.projects import LINK, desired, job

TAKEN = Input("page", "from", source="up.c", upstream="first", awaited=True)
HERE = replace(TAKEN, awaited=False, path="dist/up.md5", upstream="second", result_name="up.md5")
NAMED = Conversion("webp", "webp", preset_from="fast", preset_id="1", upstream="first")
MADE = "up.c, which it takes, was made"
OTHER = "what is known of up.c, which it takes, changed"


def stamped(*inputs: Input, preset: Conversion = NAMED, **more: Any) -> dict[str, str]:
    one = job("late", inputs=inputs, conversions=(preset,), **more)
    return stamp(PlannedChange(Change("late", "create", ("new",)), desired(one), None))


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (stamped(HERE), [MADE]),
        (stamped(replace(TAKEN, upstream="other")), [OTHER]),
        (stamped(HERE, process=False), ["the manifest changed", MADE]),
        (stamped(replace(TAKEN, source="up.d")), ["the manifest changed"]),
        (stamped(TAKEN, preset=replace(NAMED, preset_id="2")), ["what is known of fast, which it takes, changed"]),
        (stamped(TAKEN, elsewhere=frozenset({"dist/x"})), []),
    ],
)
def test_what_it_takes_is_told_apart_from_its_manifest(now: dict[str, str], told: list[str]) -> None:
    assert moved_of(now, stamped(TAKEN), "") == told


def test_bytes_that_the_service_holds_are_not_of_the_manifest() -> None:
    assert moved_of(stamped(replace(LINK, held="in-1")), stamped(LINK), "") == []


@pytest.mark.parametrize("takes", [None, "", "[]", "{", json.dumps({"up.c": 1})])
def test_a_plan_of_an_earlier_version_or_of_another_hand_is_read_all_the_same(takes: str | None) -> None:
    then = {key: text for key, text in stamped(TAKEN).items() if key != "takes"}
    then |= {} if takes is None else {"takes": takes}
    assert moved_of(stamped(TAKEN), then, "") in ([], [OTHER])
