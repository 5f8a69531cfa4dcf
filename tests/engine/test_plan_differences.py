"""What differs of two plans is told part by part; plans of other hands, or versions, are read all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from a2c_spec.engine.plan_differences import as_it_was, changed_settings, differences, moved_of

KEYS = ("manifest", "inputs", "secrets", "state", "live", "takes", "actions")


def stamp(**more: Any) -> dict[str, str]:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in more.items()}
    return dict.fromkeys(KEYS, "") | texts


MADE = {"the manifest": ["1", ""], "the variable `v`": ["1", "A2C_VAR_v"]}
KNOWN = {"made_of": MADE, "files": {"a": "1"}, "marks": {"env:A": "1"}, "recorded": "1"}
DIFFER: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"manifest": "1"}, {"manifest": "2"}, ["the manifest changed"]),
    ({"manifest": "1", **KNOWN}, {"manifest": "2", **KNOWN}, ["what its manifest asks for changed"]),
    ({"inputs": "1", **KNOWN}, {"inputs": "2", **KNOWN}, ["what it reads changed"]),
    ({"inputs": "1", **KNOWN}, {"inputs": "2", **KNOWN, "files": {"b": "2"}}, ["what it reads changed"]),
    ({"secrets": "1", **KNOWN}, {"secrets": "2", **KNOWN, "marks": {"env:A": "2"}}, ["a secret changed"]),
    ({"state": "1", **KNOWN}, {"state": "2", **KNOWN, "recorded": "2"}, ["the state changed"]),
    (
        {"state": "1", "manifest": "1", **KNOWN},
        {"state": "2", "manifest": "2", **KNOWN, "made_of": MADE | {"the manifest": ["2", ""]}},
        ["the manifest changed"],
    ),
    ({"actions": "1", **KNOWN}, {"actions": "2", **KNOWN, "recorded": "2"}, ["what has to be done changed (why)"]),
    ({"live": "1", "job": "1"}, {"live": "2", "job": "2", "actions": "2"}, ["what has to be done changed (why)"]),
    ({**KNOWN}, {**KNOWN, "recorded": "2"}, []),
]


@pytest.mark.parametrize(("then", "now", "told"), DIFFER)
def test_each_part_that_differs_is_told(then: dict[str, Any], now: dict[str, Any], told: list[str]) -> None:
    assert moved_of(stamp(**now), stamp(**then), "why") == told


@pytest.mark.parametrize("strange", ["", "[]", "{", "{}", '{"the manifest": 3}', '{"the variable `v`": []}'])
def test_a_plan_of_another_hand_is_told_to_differ(strange: str) -> None:
    now, then = stamp(manifest="1", **KNOWN), stamp(manifest="2", **KNOWN | {"made_of": strange})
    assert moved_of(now, then, "")


def test_an_explained_difference_is_not_told_in_other_words() -> None:
    now, then = {"a": stamp(manifest="1", **KNOWN)}, {"a": stamp(manifest="2", **KNOWN)}
    settings = changed_settings({"x": ("2", "--x"), "y": ("1", "")}, {"x": ["1", "built in"], "y": ["1", "a"]})
    assert differences(now, then, {"a": ""}, settings) == ["the setting `x` changed (built in -> --x)"]
    assert differences(now, now, {"a": ""}, settings) == [], "a setting alone makes no plan stale"


def test_other_runs_of_one_address_are_told_by_their_cause_or_as_they_are() -> None:
    then = {"a": stamp(manifest="1", **KNOWN)}
    why = {"a": "", "a#2": ""}
    same = {"a": stamp(**KNOWN | {"made_of": ""}), "a#2": stamp(manifest="1", **KNOWN)}
    assert differences(same, then, why, []) == ["a#2 is new"]
    made = MADE | {"the variable `v`": ["2", "A2C_VAR_v"]}
    other = same | {"a#2": stamp(manifest="2", **KNOWN | {"made_of": made})}
    assert differences(other, then, why, []) == ["a: the variable `v` changed (A2C_VAR_v)"]
    assert as_it_was(["a: the variable `v` changed"]) == "give the variable the value that it had, or "
