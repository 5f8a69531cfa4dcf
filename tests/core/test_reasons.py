"""Why something is done, in words a user can act on."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.compare import MISSING
from a2c_spec.core.observed import Disk, Observed
from a2c_spec.core.plan import Detail
from a2c_spec.core.reasons import (
    conflict,
    counted,
    details,
    of_another,
    recipe_reasons,
    refused,
    shown,
    size,
    skipped,
)

A, B = "a" * 64, "0123456789abcdef" * 4
SECRET = {"$secret": "env:A#1"}


def recipe(**parts: Any) -> dict[str, Any]:
    return {"order": ["x"], "inputs": {"x": {"sha256": A}}, "conversions": {"webp": {"target": "webp"}}} | parts


SENTENCES: list[tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = [
    (recipe(), recipe(), ()),
    (recipe(), recipe(inputs={"x": {"sha256": B}}), ("input x changed: sha256 aaaa.. -> 0123..",)),
    (recipe(), recipe(inputs={"y": {"sha256": A}}), ("input y added", "input x removed")),
    (recipe(), recipe(conversions={}), ("conversion webp removed",)),
    (recipe(), recipe(conversions={"webp": {"target": "png"}}), ('conversion webp changed: target "webp" -> "png"',)),
    (
        recipe(conversions={"webp": {"options": {"width": 1}}}),
        recipe(conversions={"webp": {"options": {}}}),
        ("conversion webp changed: options.width 1 -> (unset)",),
    ),
    (
        recipe(inputs={"x": {"password": SECRET}}),
        recipe(inputs={"x": {}}),
        ("input x changed: password (sensitive: changed)",),
    ),
    (
        recipe(inputs={"x": {"upstream": A}}),
        recipe(inputs={"x": {"upstream": B}}),
        ("input x changed: what it depends on in another manifest changed",),
    ),
    (
        recipe(),
        recipe(fields={"fail_on_input_error": False}),
        ("job.fail_on_input_error changed: true -> false",),
    ),
    (
        recipe(fields={"fail_on_input_error": False}),
        recipe(),
        ("job.fail_on_input_error changed: false -> true",),
    ),
    (recipe(order=["x", "y"]), recipe(order=["y", "x"]), ("order of inputs: x, y -> y, x",)),
    (recipe(order=["x"]), recipe(order=["x", "y"]), ()),
    (
        recipe(),
        recipe(conversions={"webp": {"target": "webp"}, "png": {}}, order=["y"], fields={"fail_on_input_error": False}),
        ("job.fail_on_input_error changed: true -> false", "conversion png added"),
    ),
    ({}, {}, ()),
    ({}, {"order": []}, ()),
    ({}, {"order": ["x"], "inputs": {"x": {}}}, ("input x added",)),
]


@pytest.mark.parametrize(("before", "after", "sentences"), SENTENCES)
def test_one_sentence_tells_each_difference_of_two_recipes(
    before: dict[str, Any], after: dict[str, Any], sentences: tuple[str, ...]
) -> None:
    assert recipe_reasons(before, after) == sentences


def test_details_mark_what_is_sensitive() -> None:
    assert details({"a": 1, "b": SECRET}, {"b": {"$secret": "env:A#2"}, "c": 2}) == (
        Detail("a", 1, None),
        Detail("b", SECRET, {"$secret": "env:A#2"}, sensitive=True),
        Detail("c", None, 2),
    )
    assert details({"a": 1}, {"a": SECRET})[0].sensitive


SHOWN = [
    (None, "(unset)"),
    (MISSING, "(unset)"),
    (1, "1"),
    (True, "true"),
    ("x", '"x"'),
    (B, "0123.."),
    (B.upper(), f'"{B.upper()}"'[:57] + "..."),
    (B[1:], f'"{B[1:]}"'[:57] + "..."),
    ("x" * 58, f'"{"x" * 58}"'),
    ("x" * 59, f'"{"x" * 56}...'),
]


@pytest.mark.parametrize(("value", "text"), SHOWN)
def test_a_value_fits_on_a_line(value: Any, text: str) -> None:
    assert shown(value) == text
    assert len(text) <= 60


SIZES = [
    (0, "0 B"),
    (999, "999 B"),
    (1000, "1.0 kB"),
    (4_200_000, "4.2 MB"),
    (1_000_000_000, "1.0 GB"),
    (5_000_000_000_000, "5000.0 GB"),
]


@pytest.mark.parametrize(("count", "text"), SIZES)
def test_bytes_are_told_for_people(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 jobs"), (1, "1 job"), (2, "2 jobs")])
def test_numbers_agree_with_their_words(number: int, text: str) -> None:
    assert counted(number, "job") == text


def test_a_conflict_says_what_stands_there_and_the_ways_out() -> None:
    assert conflict("a", "changed", "error") == (
        "a has changed since a2c-spec wrote it, and on_conflict is error; "
        "move it away, or set on_conflict to overwrite, rename or skip"
    )
    assert conflict("a", "foreign", "skip") == (
        "a exists and is not recorded as a result of a2c-spec, and on_conflict is skip; "
        "move it away, or set on_conflict to overwrite or rename"
    )
    assert of_another("a", "b") == "a is a result of b; give one of the two another name or folder"


REFUSED: list[tuple[Disk, str, bool, str]] = [
    ("absent", "error", False, ""),
    ("intact", "error", False, ""),
    ("another's", "error", False, ""),
    ("foreign", "error", False, "a exists and is not recorded as a result of a2c-spec"),
    ("changed", "error", True, "a has changed since a2c-spec wrote it"),
    ("foreign", "overwrite", True, ""),
    ("foreign", "rename", True, ""),
    ("foreign", "skip", False, ""),
    ("foreign", "skip", True, "a exists and is not recorded as a result of a2c-spec"),
    ("folder", "error", False, "a is a folder; move it away, or set on_conflict to rename or skip"),
    ("folder", "overwrite", False, "a is a folder; move it away, or set on_conflict to rename or skip"),
    ("folder", "rename", True, ""),
    ("folder", "skip", False, ""),
    ("folder", "skip", True, "a is a folder; move it away, or set on_conflict to rename"),
]


@pytest.mark.parametrize(("stands", "policy", "moves", "why"), REFUSED)
def test_what_stands_there_hinders_only_where_the_policy_says_so(
    stands: Disk, policy: str, moves: bool, why: str
) -> None:
    found = refused(Observed(lambda late, _scope: late.text, disk={"a": stands}), "a", policy, moves=moves)
    assert found.startswith(why) if why else not found


@pytest.mark.parametrize("policy", ["error", "overwrite", "rename", "skip"])
def test_a_path_that_cannot_be_written_is_refused_under_every_policy(policy: str) -> None:
    observed = Observed(lambda late, _scope: late.text, blocked={"dist/a": "dist is a file"})
    assert refused(observed, "dist/a", policy) == "dist/a cannot be written, because dist is a file"
    assert refused(observed, "other/a", policy) == ""


SKIPPED = [
    (("foreign",), "exists and is not ours"),
    (("changed",), "has changed since a2c-spec wrote it"),
    (("folder",), "is a folder"),
    (("outdated", "", "was written for another endpoint"), "was written for another endpoint"),
    (
        ("foreign", "it is a result of a in environment pr"),
        "cannot be written, because it is a result of a in environment pr",
    ),
]


@pytest.mark.parametrize(("known", "told"), SKIPPED)
def test_what_is_skipped_says_whose_it_is_as_far_as_that_is_known(known: Any, told: str) -> None:
    assert skipped("x", *known) == f"skipped: x {told}"
