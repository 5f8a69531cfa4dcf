"""What a draft would run, after each call of an edit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest

from a2c_spec.core.calls import Call, Effect
from a2c_spec.core.draft_recipe import recipe_after, renamed_recipe
from tests.core.test_draft_versions import BASIS, PNG, WEBP, WIDE

TWO: Mapping[str, Any] = {
    "order": ["a", "b"],
    "inputs": {"a": {"sha256": "1"}, "b": {"sha256": "2"}},
    "conversions": {"webp": WEBP, "png": PNG},
}
THREE: Mapping[str, Any] = {**TWO, "inputs": {**TWO["inputs"], "c": {"sha256": "3"}}, "order": ["c", "a", "b"]}


def effects(*effects: tuple[str, Mapping[str, Any] | None]) -> Call:
    return Call("x", effects=tuple(Effect(*one) for one in effects))


CALLS: dict[str, tuple[Call, Mapping[str, Any], Collection[str], Mapping[str, Any]]] = {
    "an option": (effects(("conversions.webp", {})), {**TWO, "conversions": {"webp": WIDE, "png": PNG}}, (),
                  {**TWO, "conversions": {"webp": WIDE, "png": PNG}}),
    "a conversion less": (effects(("conversions.webp", None)), BASIS, (), {**TWO, "conversions": {"png": PNG}}),
    "a conversion that another call changes, too": (effects(("conversions.webp", {})), TWO, ("conversions.webp",),
                                                    {**TWO, "conversions": {"png": PNG}}),
    "an input less": (effects(("inputs.a", None)), TWO, (), {**TWO, "order": ["b"], "inputs": {"b": {"sha256": "2"}}}),
    "an input more": (effects(("inputs.c", {})), THREE, (), {**THREE, "order": ["a", "b", "c"]}),
    "an input whose place comes later": (effects(("inputs.c", {})), THREE, ("inputs.c",), {}),
    "another order": (effects(("inputs.a", {"position": 2}), ("inputs.b", {"position": 1})),
                      {**TWO, "order": ["b", "a"]}, (), {**TWO, "order": ["b", "a"]}),
    "a field": (effects(("job", {})), {**TWO, "fields": {"f": False}}, (), {**TWO, "fields": {"f": False}}),
    "a field that another call changes, too": (effects(("job", {})), TWO, ("job",), {}),
}  # fmt: skip  # a table


@pytest.mark.parametrize(("call", "wanted", "later", "after"), CALLS.values(), ids=CALLS)
def test_each_call_changes_the_recipe_of_what_it_touches(
    call: Call, wanted: Mapping[str, Any], later: Collection[str], after: Mapping[str, Any]
) -> None:
    assert recipe_after(TWO, [call], wanted, later) == after
    assert recipe_after({}, [call], wanted, later) == {}


def test_parts_of_a_draft_exchange_their_names() -> None:
    names = {"conversions.webp": "conversions.png", "conversions.png": "conversions.webp", "inputs.a": "inputs.x"}
    assert renamed_recipe(TWO, names) == {
        "order": ["x", "b"],
        "inputs": {"x": {"sha256": "1"}, "b": {"sha256": "2"}},
        "conversions": {"png": WEBP, "webp": PNG},
    }
    assert renamed_recipe({}, names) == {}
