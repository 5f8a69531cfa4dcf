"""A plan as a value: sums, and emptiness."""

from __future__ import annotations

from dataclasses import replace

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import SIGNS, Change, Detail, Plan

CREATE = Call("create_job", body={"x": 1}, step=1, starts=True, size=5, reason="so")
BASIS = {
    "inputs": {"a": {"type": "upload", "sha256": "ab"}, "b": {}},
    "conversions": {"webp": {"target": "webp", "category": "image", "options": {"width": 1}}, "pdf": {"target": "pdf"}},
}
CHANGE = Change(
    "a", "create", ("new",), (CREATE, Call("patch_job")), {"x": "y"}, (Detail("x", 1, 2),), basis=BASIS, lower_bound="b"
)


def test_every_action_has_a_sign_and_is_counted() -> None:
    plan = Plan(tuple(Change(action, action, ()) for action in SIGNS))
    assert plan.totals().actions == dict.fromkeys(SIGNS, 1)
    assert "".join(SIGNS[change.action] for change in plan.changes) == "+~>!! <~-=-="


def test_an_earlier_run_that_is_let_go_hides_nothing_and_is_not_called_an_address_in_no_manifest() -> None:
    changes = Change("h#2", "no-op", ("unchanged",)), Change("h", "forget", ()), Change("g", "forget", ())
    plan = Plan(changes)
    assert [(row.address, row.action) for row in plan.rows()] == [("h", "no-op"), ("h", "forget"), ("g", "forget")]
    assert plan.totals().actions == {"no-op": 1, "let go": 1, "forget": 1}


def test_a_change_sums_its_bytes_and_knows_whether_a_job_starts() -> None:
    assert (CHANGE.size, CHANGE.starts) == (5, True)
    assert (Change("a", "no-op", ()).size, Change("a", "update", (), (Call("patch_job"),)).starts) == (0, False)


def test_a_plan_sums_its_changes() -> None:
    totals = Plan((CHANGE, CHANGE, Change("b", "no-op", ()))).totals()
    assert (totals.actions, totals.calls) == ({"create": 2, "no-op": 1}, {"POST": 2, "PATCH": 2})
    assert (totals.size, totals.jobs, totals.requests) == (10, 2, 4)


def test_of_what_is_alike_only_the_first_is_sent_and_paid_for() -> None:
    first = replace(CHANGE, credits=1)
    totals = Plan((first, replace(CHANGE, address="b", alike="a"))).totals()
    assert (totals.actions, totals.calls, totals.size, totals.jobs, totals.credits) == (
        {"create": 2}, {"POST": 1, "PATCH": 1}, 5, 1, 1,
    )  # fmt: skip


def test_of_what_is_alike_what_is_sent_instead_counts() -> None:
    gone, later = Call("delete_job", "held"), Call("delete_job", "old", afterwards=True)
    change = replace(CHANGE, calls=(*CHANGE.calls, later), instead=(gone,))
    assert (change.sent, change.deletes) == (change.calls, (later,))
    change = replace(change, alike="b", paid_again=True, credits=0)
    assert (change.sent, change.deletes) == ((gone, later), (gone, later))
    assert (change.asks, change.pays_again) == (True, False)


def test_a_plan_is_empty_if_nothing_is_to_be_done() -> None:
    assert Plan(()).empty
    assert Plan((Change("b", "no-op", ()),)).empty
    assert not Plan((Change("b", "no-op", ()), CHANGE)).empty


def test_a_sign_is_shown_for_each_change_of_a_plan() -> None:
    plan = Plan((Change("a", "adopt", ()), Change("b", "cached", ()), CHANGE))
    assert not plan.empty
    assert [SIGNS[change.action] for change in plan.changes] == ["=", "=", "+"]


def test_runs_of_an_unchanged_address_are_told_as_one_and_beside_a_busy_one_not_at_all() -> None:
    idle = Change("a", "no-op", ("unchanged, 2 files verified",), verified=2)
    other = Change("a#2", "no-op", ("unchanged, 1 file verified",), verified=1)
    (told,) = Plan((idle, other)).rows()
    assert (told.address, told.reasons, told.verified) == ("a", ("unchanged, 3 files verified",), 3)
    busy = Change("a#3", "re-run", ("why",))
    assert Plan((idle, other, busy)).rows() == (busy,)
    assert Plan((idle, other, busy)).totals().actions == {"re-run": 1}


def test_runs_that_are_only_taken_over_are_told_as_one() -> None:
    one = Change("b", "adopt", ("taken over from a", "unchanged, 1 file verified"), verified=1)
    other = Change("b#2", "adopt", ("taken over from c", "unchanged, 2 files verified"), verified=2)
    (told,) = Plan((one, other)).rows()
    assert told.address == "b"
    assert told.reasons == ("taken over from a", "taken over from c", "unchanged, 3 files verified")
    assert Plan((one, other)).totals().actions == {"adopt": 1}
    fetched, begun = replace(other, fetch=True), replace(one, address="b#3", calls=(CREATE,))
    assert Plan((one, fetched, begun)).rows() == (one, fetched, begun)
