"""A preset: created, patched where it can be, else made anew, and put right where somebody else changed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.desired import Preset, Secret
from a2c_spec.core.planner import plan_preset, sent_preset
from a2c_spec.core.recipe import digest
from a2c_spec.core.state import Element, JobRecord
from tests.core.planner.situations import fingerprint_secret

SMALL = Preset("small", "Small", "jpg", "image", options={"quality": 80, "width": 8})
LIVE: Mapping[str, Any] = {"id": "p-1", "name": "Small", "target": "jpg", "category": "image", "scope": "private",
        "options": {"quality": 80, "width": 8}}  # fmt: skip  # a table


def record(preset: Preset = SMALL) -> JobRecord:
    sent = sent_preset(preset, fingerprint_secret)
    echo = {"options": {"quality": 80, "width": 8}}
    return JobRecord(
        "small", "host", "done", "p-1", fingerprint=digest(sent), elements={"preset": Element("p-1", sent, echo)}
    )


def test_a_new_one_is_created_whole() -> None:
    change = plan_preset(SMALL, fingerprint_secret, None, None)
    (call,) = change.calls
    assert (change.action, change.reasons, call.kind) == (
        "create", ("not applied yet: preset for jpg",), "create_preset",
    )  # fmt: skip  # a table
    assert call.body == {name: value for name, value in LIVE.items() if name != "id"}


def test_what_a_manifest_leaves_out_is_not_sent_but_options_always_are() -> None:
    (call,) = plan_preset(Preset("a", "A", "jpg"), fingerprint_secret, None, None).calls
    assert call.body == {"name": "A", "target": "jpg", "scope": "private", "options": {}}


def test_one_that_the_service_no_longer_has_is_made_anew() -> None:
    change = plan_preset(SMALL, fingerprint_secret, record(), None, gone=True)
    assert (change.action, change.reasons) == ("create", ("the service no longer has it: preset for jpg",))


CHANGES: list[tuple[str, Preset, Mapping[str, Any] | None, str, list[Any]]] = [
    ("nothing, unread", SMALL, None, "no-op", []),
    ("nothing, read", SMALL, LIVE, "no-op", []),
    ("an echo as text", SMALL, {**LIVE, "options": {"quality": "80", "width": 8}}, "no-op", []),
    ("its name", replace(SMALL, name="Other"), None, "update", [{"name": "Other"}]),
    ("an option", replace(SMALL, options={"quality": 9, "width": 8}), LIVE, "update",
     [{"options": {"quality": 9, "width": 8}}]),
    ("an option goes", replace(SMALL, options={"quality": 80}), LIVE, "update",
     [{"options": {"quality": 80, "width": None}}]),
    ("somebody changed an option", SMALL, {**LIVE, "options": {"quality": 7, "width": 8}}, "update",
     [{"options": {"quality": 80, "width": 8}}]),
    ("somebody changed the target", SMALL, {**LIVE, "target": "png"}, "update", [{"target": "jpg"}]),
    ("its category", replace(SMALL, category="video"), LIVE, "replace", [None, "whole"]),
    ("its scope", replace(SMALL, scope="public"), None, "replace", [None, "whole"]),
]  # fmt: skip  # a table


@pytest.mark.parametrize(
    ("preset", "live", "action", "bodies"), [row[1:] for row in CHANGES], ids=[r[0] for r in CHANGES]
)
def test_only_what_differs_is_sent(
    preset: Preset, live: Mapping[str, Any] | None, action: str, bodies: list[Any]
) -> None:
    change = plan_preset(preset, fingerprint_secret, record(), live)
    assert change.action == action
    whole = plan_preset(preset, fingerprint_secret, None, None).calls[0].body
    assert [call.body for call in change.calls] == [whole if body == "whole" else body for body in bodies]
    assert [call.step for call in change.calls] == [*range(len(bodies))]


def test_what_somebody_else_changed_is_told_as_that_and_our_change_as_ours() -> None:
    theirs = plan_preset(SMALL, fingerprint_secret, record(), {**LIVE, "name": "Hers"})
    ours = plan_preset(replace(SMALL, name="Ours"), fingerprint_secret, record(), LIVE)
    assert [(one.path, one.before, one.after) for one in theirs.details] == [("name", "Hers", "Small")]
    assert [(one.path, one.before, one.after) for one in ours.details] == [("name", "Small", "Ours")]
    assert theirs.reasons[0] != ours.reasons[0]
    assert "outside" in theirs.reasons[0] or "service" in theirs.reasons[0]


def test_a_secret_is_compared_by_its_fingerprint_and_never_shown() -> None:
    locked = replace(SMALL, options={"password": Secret("env:WORD")})
    change = plan_preset(locked, fingerprint_secret, record(SMALL), LIVE)
    assert any(one.sensitive for one in change.details)
    assert plan_preset(locked, fingerprint_secret, record(locked), None).action == "no-op"
