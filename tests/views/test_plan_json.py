"""A plan as JSON: whole, without secrets, and read back as the value it was."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from a2c_spec.core.calls import Call, Ref
from a2c_spec.core.desired import Secret
from a2c_spec.core.moves import Move
from a2c_spec.core.plan import Change, Detail, Plan
from a2c_spec.manifests.schema.published import load_schema
from a2c_spec.views.plan_json import call_json, change_json, plan_from, plan_json
from a2c_spec.views.plan_text import PlanView
from a2c_spec.views.style import Style

CALL = Call("patch_input", Ref("inputs.a"), {"decrypt_password": "word"}, step=1, starts=True, size=9, reason="so")
CHANGE = Change(
    "a",
    "update",
    ("why", "and why"),
    (CALL, Call("create_job", body={"callback": Secret("env:W")})),
    details=(Detail("x", 1, 2, foreign=True), Detail("y", "old", "new", sensitive=True)),
    moves=(Move("dist/a", "dist/b"),),
    downloads=("dist/c",),
    leaves=("dist/d",),
    paid_again=True,
    fingerprint="f",
    lower_bound="they differ",
    problem="taken",
)
IDLE = Change("b", "no-op", ())


def test_a_call_tells_where_it_goes_and_hides_its_secrets() -> None:
    assert call_json(CALL) == {
        "kind": "patch_input",
        "method": "PATCH",
        "path": "/jobs/{job}/input/<inputs.a>",
        "step": 2,
        "starts": True,
        "afterwards": False,
        "bytes": 9,
        "body": {"decrypt_password": "(sensitive)"},
        "reason": "so",
    }


def test_a_change_tells_everything_but_sensitive_values() -> None:
    told = change_json(CHANGE)
    assert told["details"] == [
        {"path": "x", "sensitive": False, "foreign": True, "before": 1, "after": 2},
        {"path": "y", "sensitive": True, "foreign": False, "before": None, "after": None},
    ]
    assert told["moves"] == [{"from": "dist/a", "to": "dist/b"}]
    keys = (
        "address",
        "action",
        "reasons",
        "paid_again",
        "problem",
        "fingerprint",
        "downloads",
        "leaves",
        "lower_bound",
    )
    assert [told[key] for key in keys] == [
        "a",
        "update",
        ["why", "and why"],
        True,
        "taken",
        "f",
        ["dist/c"],
        ["dist/d"],
        "they differ",
    ]


def test_the_published_schema_describes_every_key() -> None:
    schema = load_schema("plan")["definitions"]
    assert schema["change"]["properties"].keys() == change_json(Change("a", "create", ())).keys()
    assert schema["call"]["properties"].keys() == call_json(Call("create_job")).keys()


def test_the_totals_are_those_of_the_plan() -> None:
    told = plan_json(Plan((replace(CHANGE, problem=""), IDLE), partial=True))
    assert (told["format_version"], told["noop"], told["partial"]) == (1, False, True)
    assert told["totals"] == {
        "actions": {"update": 1, "no-op": 1},
        "calls": {"PATCH": 1, "POST": 1},
        "requests": 2,
        "bytes_up": 9,
        "jobs_started": 1,
        "credits": 0,
        "credits_paid_before": 0,
        "files_written": 0,
        "inputs_awaited": 0,
    }
    assert plan_json(Plan((IDLE,)))["noop"] is True


@pytest.mark.parametrize("partial", [True, False])
@pytest.mark.parametrize("explain", [True, False])
def test_a_plan_read_back_looks_as_it_did(partial: bool, explain: bool) -> None:
    plan = Plan((replace(CHANGE, fingerprint=""), IDLE), partial)
    back = plan_from(json.loads(json.dumps(plan_json(plan))))
    view = PlanView(Style(), verbose=True, explain=explain)
    assert view.text(back) == view.text(plan)
    assert (back.partial, back.changes[0].paid_again, back.empty) == (partial, True, False)
