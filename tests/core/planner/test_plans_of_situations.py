"""The situations a user meets, one case each: what is planned, in which calls and waves, and why."""

from __future__ import annotations

from itertools import groupby

import pytest

from a2c_spec.core.plan import Change
from tests.core.planner.plan_cases import Case, cases


def told(change: Change) -> list[list[str]]:
    """The kinds of the calls, wave by wave; a star marks the call that starts the job."""
    groups = groupby(change.calls, key=lambda call: call.step)
    return [[call.kind + ("*" if call.starts else "") for call in step] for _, step in groups]


@pytest.mark.parametrize("case", tuple(cases()), ids=lambda case: case.name)
def test_the_plan_of(case: Case) -> None:
    change, expected = case.change(), case.expected
    assert change.action == expected["action"]
    assert told(change) == expected.get("calls", [])
    text = " | ".join(change.reasons)
    assert change.reasons
    for part in expected.get("reasons", ()):
        assert part in text
    assert expected.get("problem", "") in change.problem
    assert bool(change.problem) == ("problem" in expected)
    for attribute in ("paid_again", "first_runs", "fetch", "downloads", "moves", "leaves", "size"):
        if attribute in expected:
            assert _plain(getattr(change, attribute)) == expected[attribute], attribute
    for place, body in enumerate(expected.get("bodies", ())):
        assert body is None or _plain(change.calls[place].body) == body


def _plain(value: object) -> object:
    """As YAML would have it: lists and strings."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "source") and hasattr(value, "target"):
        return f"{value.source} -> {value.target}"
    return getattr(value, "name", getattr(value, "reference", value))
