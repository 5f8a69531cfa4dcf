"""In which order files of ours change places."""

from __future__ import annotations

import pytest

from a2c_spec.core.moves import Move, in_safe_order


@pytest.mark.parametrize(
    ("moves", "order"),
    [
        ([("a", "b")], ["a > b"]),
        ([("a", "b"), ("c", "d")], ["a > b", "c > d"]),
        ([("a", "b"), ("b", "c")], ["b > b.moving aside", "a > b", "b.moving > c"]),
        ([("a", "b"), ("b", "a")], ["a > a.moving aside", "b > b.moving aside", "a.moving > b", "b.moving > a"]),
    ],
)
def test_what_stands_where_another_goes_is_moved_aside_first(moves: list[tuple[str, str]], order: list[str]) -> None:
    found = in_safe_order([Move(*one) for one in moves])
    assert [f"{one.source} > {one.target}{' aside' if one.aside else ''}" for one in found] == order


def test_the_place_is_the_one_that_the_manifest_asks_for() -> None:
    assert (Move("a", "b").place, Move("a", "b-1", "b").place) == ("b", "b")
