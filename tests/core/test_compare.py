"""The two comparisons: ours with ours is exact, ours with an echo is tolerant, and never further than it says."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.compare import (
    MISSING,
    changed_keys,
    differences,
    echoes,
    equal,
    same_category,
    same_secret,
    same_target,
)

SECRET = {"$secret": "env:A#1"}

EQUAL: list[tuple[Any, Any, bool]] = [
    (1, 1.0, True),
    (1, "1", False),
    (1, True, False),
    (0, False, False),
    (True, True, True),
    (None, None, True),
    (None, False, False),
    (None, "", False),
    ("a", "a", True),
    ("a", "A", False),
    ([1, 2], (1, 2), True),
    ([1, 2], [2, 1], False),
    ([1], [1, 2], False),
    ([1, 2], [1], False),
    ([], {}, False),
    ({}, {}, True),
    ({"a": 1}, {"a": 1.0}, True),
    ({"a": 1}, {"a": 2}, False),
    ({"a": 1}, {"a": 1, "b": 2}, False),
    ({"a": None}, {}, False),
    ({"a": [{"b": 1}]}, {"a": ({"b": 1},)}, True),
    ("ab", ["a", "b"], False),
    (SECRET, {"$secret": "env:B#1"}, True),
    (SECRET, {"$secret": "env:A#2"}, False),
    (SECRET, {"$secret": "env:A"}, True),
    (SECRET, {"a": 1}, False),
    (SECRET, "env:A#1", False),
]


@pytest.mark.parametrize(("one", "other", "same"), EQUAL)
def test_two_values_of_ours_are_equal_if_they_are_the_same_json(one: Any, other: Any, same: bool) -> None:
    assert equal(one, other) is same
    assert equal(other, one) is same


ECHOES: list[tuple[Any, Any, bool]] = [
    ("colored", "(sensitive)", True),
    ("(sensitive)", "colored", True),
    ("", "(sensitive)", False),
    (None, "(sensitive)", False),
    ({"a": "x"}, {"a": "see (sensitive)"}, True),
    ({"a": "x", "b": 1}, {"a": "(sensitive)", "b": 2}, False),
    (1, "1", True),
    ("1", 1, True),
    (1, "1.0", True),
    (1, "01", False),
    (1.5, "1.50", True),
    (100, "1e2", True),
    (0.1, "0.1", True),
    (0.1, "0.10000000000000001", False),
    (1, "01x", False),
    (1, " 1", False),
    (1, "", False),
    (-1, "-1", True),
    (True, "1", False),
    (1, True, False),
    ("1", "1.0", False),
    ("a", "a", True),
    ({}, [], True),
    ([], {}, True),
    ({}, [1], False),
    ({"a": 1}, [], False),
    ({}, None, False),
    ({}, "", False),
    ([], None, False),
    ([1], {}, False),
    ([], {"a": 1}, False),
    ("", {}, False),
    (0, {}, False),
    (None, {}, False),
    (False, {}, False),
    ({"a": 1}, {"a": "1"}, True),
    ({"a": 1}, {"a": "2"}, False),
    ({"a": 1}, {"a": 1, "b": 1}, False),
    ({"a": {}}, {"a": []}, True),
    ([1, {}], ["1", []], True),
    ([1, 2], [1], False),
    (None, None, True),
    (None, "", False),
]


@pytest.mark.parametrize(("value", "echo", "shown"), ECHOES)
def test_an_echo_may_show_a_number_as_text_and_an_empty_object_as_an_array(value: Any, echo: Any, shown: bool) -> None:
    assert echoes(value, echo) is shown


SECRETS: list[tuple[str | None, str | None, bool]] = [
    ("env:A#1", "env:A#1", True),
    ("env:A#1", "env:B#1", True),
    ("env:A#1", "env:A#2", False),
    ("env:A#1", "env:A", True),
    ("env:A", "env:B#1", False),
    ("env:A", "env:A", True),
    (None, None, True),
    ("env:A", None, False),
    (None, "", False),
]


@pytest.mark.parametrize(("one", "other", "same"), SECRETS)
def test_secrets_agree_by_digest_or_by_reference_where_one_has_none(
    one: str | None, other: str | None, same: bool
) -> None:
    assert same_secret(one, other) is same
    assert same_secret(other, one) is same


CHANGED: list[tuple[Any, Any, Any, tuple[str, ...], tuple[str, ...]]] = [
    ({"a": 1}, {"a": "1"}, None, (), ()),
    ({"a": 1}, {"a": 2}, None, ("a",), ()),
    ({"a": 1}, {}, None, ("a",), ()),
    ({"a": 1}, {}, {"a": 1}, (), ()),
    ({"a": 1}, {}, {"a": 2}, ("a",), ()),
    ({"a": 1}, {"a": 2}, {"a": 1}, ("a",), ()),
    ({"a": None}, {}, None, (), ()),
    ({"a": None}, {"a": 1}, None, ("a",), ()),
    ({"a": None}, {"a": None}, None, (), ()),
    ({"a": SECRET}, {"a": "***"}, {"a": SECRET}, (), ()),
    ({"a": SECRET}, {"a": "***"}, None, ("a",), ()),
    ({"a": SECRET}, {}, {"a": {"$secret": "env:A#2"}}, ("a",), ()),
    ({}, {"a": 1}, {"a": 1}, (), ("a",)),
    ({}, {"a": None}, {"a": 1}, (), ()),
    ({}, {"b": 1}, {"a": 1}, (), ()),
    ({}, {}, {"a": 1}, (), ("a",)),
    ({}, {"a": 1}, None, (), ()),
]


@pytest.mark.parametrize(("desired", "live", "sent", "wrong", "gone"), CHANGED)
def test_only_what_is_wrong_is_set_and_only_what_we_had_set_is_removed(
    desired: Any, live: Any, sent: Any, wrong: tuple[str, ...], gone: tuple[str, ...]
) -> None:
    assert changed_keys(desired, live, sent) == (wrong, gone)


def test_how_an_echo_shows_a_value_can_be_told() -> None:
    assert changed_keys({"a": "X"}, {"a": "x"}, None, lambda ours, echo: bool(ours.lower() == echo)) == ((), ())


@pytest.mark.parametrize(
    ("one", "other", "same"), [("a", "a", True), ("a", "b", False), ("", "b", True), ("a", "", True)]
)
def test_a_category_left_out_fits_any(one: str, other: str, same: bool) -> None:
    assert same_category(one, other) is same


FTP = {"type": "ftp", "parameters": {"host": "a"}, "credentials": {"password": SECRET}}

TARGETS: list[tuple[list[Any], list[Any], bool]] = [
    ([], [], True),
    ([FTP], [], False),
    ([FTP], [{"type": "ftp", "parameters": {"host": "a", "port": 21}, "status": "ok"}], True),
    ([FTP], [{"type": "ftp", "parameters": {"host": "b"}}], False),
    ([FTP], [{"type": "s3", "parameters": {"host": "a"}}], False),
    ([FTP], [{"type": "ftp", "parameters": []}], False),
    ([FTP], [{"type": "ftp"}], False),
    ([{"type": "ftp"}], [{"type": "ftp"}], True),
    ([{"type": "ftp", "parameters": {}}], [{"type": "ftp", "parameters": []}], True),
    ([{"type": "ftp", "parameters": None}], [{"type": "ftp", "parameters": None}], True),
    ([FTP, FTP], [FTP], False),
]


@pytest.mark.parametrize(("desired", "live", "same"), TARGETS)
def test_targets_agree_in_type_and_in_the_parameters_that_we_manage(
    desired: list[Any], live: list[Any], same: bool
) -> None:
    assert same_target(desired, live) is same


TREES: list[tuple[Any, Any, list[Any]]] = [
    ({"a": 1}, {"a": 1.0}, []),
    ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
    ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, [("a.b", 1, 2), ("a.c", MISSING, 3)]),
    ({"a": 1, "b": 2}, {"b": 2}, [("a", 1, MISSING)]),
    ({"a": None}, {}, [("a", None, MISSING)]),
    ({"a": [1]}, {"a": [2]}, [("a", [1], [2])]),
    ({"a": [{"x": {"y": 1}, "z": 0}]}, {"a": [{"z": 0, "x": {"y": 2}}]}, [("a.0.x.y", 1, 2)]),
    ({"a": [{"x": 1}]}, {"a": [{"x": 1}, {}]}, [("a", [{"x": 1}], [{"x": 1}, {}])]),
    ({"a": SECRET}, {"a": {"$secret": "env:A#2"}}, [("a", SECRET, {"$secret": "env:A#2"})]),
    ({"a": SECRET}, {"a": {"$secret": "env:B#1"}}, []),
    ({"a": {"b": 1}}, {"a": 1}, [("a", {"b": 1}, 1)]),
    (1, 2, [("", 1, 2)]),
]


@pytest.mark.parametrize(("before", "after", "found"), TREES)
def test_every_leaf_that_differs_is_found_and_a_secret_is_one_leaf(before: Any, after: Any, found: list[Any]) -> None:
    assert list(differences(before, after)) == found
