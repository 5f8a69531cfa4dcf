"""Of many changes only a summary is kept; each is planned again, as it was shown, when its turn comes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Secret
from a2c_spec.core.plan import Change, Detail
from a2c_spec.core.state import JobRecord
from a2c_spec.engine import plan_builder
from a2c_spec.engine.plan import without_lost_secrets
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.selection import EVERYTHING
from a2c_spec.engine.summaries import outline, replan_summarised, summarised
from a2c_spec.errors import StalePlan
from tests.engine.planning import named, plan
from tests.engine.projects import WEBP, desired, job, record, session_in


def test_of_many_changes_only_a_summary_is_kept_and_planned_again_when_its_turn_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_builder, "KEPT_WHOLE", 8)
    items = [named(f"j{n}") for n in range(10)]
    with session_in(tmp_path) as session:
        steps = plan(session, *items)
        assert [step.summary_only for step in steps].count(True) == 2
        assert all(step.desired is None for step in steps if step.summary_only)
        again = list(replan_summarised(session, items, steps, EVERYTHING))
        assert [step.change.address for step in again] == ["j8", "j9"]
        assert all(step.desired and not step.change.problem for step in again)
        assert not any(step.summary_only for step in plan(session, *items, whole=True))
        changed = [replace(item, conversions=(replace(WEBP, target="png"),)) for item in items]
        (first, _) = replan_summarised(session, changed, steps, EVERYTHING)
        assert first.change.problem == "changed since the plan was shown; apply again to make a new plan"
        with pytest.raises(StalePlan, match="j9 is no longer in its manifest"):
            list(replan_summarised(session, items[:-1], steps, EVERYTHING))


def test_nothing_is_planned_again_where_all_was_kept(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        steps = plan(session, named("a"))
        assert list(replan_summarised(session, [named("a")], steps, EVERYTHING)) == []


def test_a_summary_keeps_what_the_estimate_of_the_cost_needs() -> None:
    step = PlannedChange(Change("a", "create", ("new",)), desired(job("a")), record(job("a"), spent=3))
    short = summarised(step, {})
    assert short.record == JobRecord("a", "local", "done", spent=3)
    assert (short.desired, short.summary_only, short.change.reasons) == (None, True, ("new",))
    assert summarised(replace(step, record=record(job("a"))), {}).record is None
    assert summarised(replace(step, record=None), {}).record is None


BASIS = {
    "inputs": {"a": {"type": "upload", "sha256": "ab"}, "b": {}},
    "conversions": {"webp": {"target": "webp", "category": "image", "options": {"width": 1}}, "pdf": {"target": "pdf"}},
}
CREATE = Call("create_job", body={"x": 1}, step=1, starts=True, size=5, reason="so")
CHANGE = Change(
    "a", "create", ("new",), (CREATE, Call("patch_job")), {"x": "y"}, (Detail("x", 1, 2),), basis=BASIS, lower_bound="b"
)


def test_an_outline_keeps_what_a_plan_shows_and_shares_calls_that_look_alike() -> None:
    shared: dict[Call, Call] = {}
    one, other = outline(CHANGE, shared), outline(CHANGE, shared)
    assert one.calls == (Call("create_job", step=1, starts=True, size=5), Call("patch_job"))
    assert all(a is b for a, b in zip(one.calls, other.calls, strict=True))
    assert one.basis == {
        "inputs": {"a": {"type": "upload"}, "b": {"type": None}},
        "conversions": {"webp": {"target": "webp", "category": "image"}, "pdf": {"target": "pdf"}},
    }
    assert (one.bindings, one.details, one.lower_bound, one.reasons) == ({}, (), "", ("new",))
    assert outline(Change("b", "no-op", (), basis=BASIS), shared).basis == {}


def test_what_is_refused_for_a_secret_that_cannot_be_had_is_so_of_a_summary_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_builder, "KEPT_WHOLE", 1)
    locked = (replace(WEBP, options={"download_password": Secret("env:A2C_VAR_NONE")}),)
    items = [replace(named(f"j{n}"), conversions=locked) for n in range(3)]
    with session_in(tmp_path) as session:
        builder = plan_builder.PlanBuilder(session, EVERYTHING, offline=False)
        for item in items:
            builder.take(item)
        steps = without_lost_secrets(session, [step for made in builder.made.values() for step in made])
        assert [step.summary_only for step in steps] == [False, True, True]
        assert {step.change.problem for step in steps} == {"the secret env:A2C_VAR_NONE is not set"}
        again = list(replan_summarised(session, items, steps, EVERYTHING))
        assert all(step.unread and step.unread.exit_code == 5 for step in (*steps, *again))
        assert len({id(step.unread) for step in steps}) == 3, "each has an error of its own, which gets its address"
