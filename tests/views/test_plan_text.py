"""A plan as text: what must be seen is always shown, what is harmless is counted after a while."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.calls import Call, Ref
from a2c_spec.core.desired import Secret
from a2c_spec.core.moves import Move
from a2c_spec.core.plan import SIGNS, Change, Detail, Plan
from a2c_spec.views.plan_cut import HARMLESS
from a2c_spec.views.plan_text import ALIKE_SHOWN, UNCHANGED_SHOWN, PlanView
from a2c_spec.views.style import Style

PLAIN = PlanView(Style())
CREATE = Call("create_job", starts=True, size=1500)


def text(*changes: Change, partial: bool = False, **view: Any) -> list[str]:
    return PlanView(Style(), **view).text(Plan(changes, partial)).splitlines()


def test_each_change_has_a_line_with_its_reasons_in_columns() -> None:
    assert text(Change("a", "update", ("x", "y"), (Call("patch_job"),)), Change("long", "rename", ("z",))) == [
        "  a      ~ update    x; y",
        "  long   ~ rename    z",
        "Plan: 1 to update, 1 to rename. 1 call (PATCH 1).",
    ]


TOTALS: list[tuple[tuple[Change, ...], str]] = [
    ((), "Plan: nothing to do. Nothing to send."),
    ((Change("a", "no-op", ()),), "Plan: 1 unchanged. Nothing to send."),
    ((Change("a", "create", (), (CREATE,)),), "Plan: 1 to create. 1 call (POST 1), 1.5 kB up, starts 1 job."),
    ((Change("a", "update", (), (Call("patch_job"),)),), "Plan: 1 to update. 1 call (PATCH 1)."),
    (
        (Change("a", "replace", (), (Call("delete_job"), Call("create_job"), Call("patch_job"))),),
        "Plan: 1 to replace. 3 calls (POST 1, PATCH 1, DELETE 1).",
    ),
]


@pytest.mark.parametrize(("changes", "line"), TOTALS)
def test_the_totals_tell_actions_calls_bytes_and_jobs(changes: tuple[Change, ...], line: str) -> None:
    assert text(*changes)[-1] == line


def test_actions_are_counted_in_one_fixed_order() -> None:
    line = text(*(Change(name, name, ()) for name in list(SIGNS)[::-1]))[-1]
    told = (
        "1 to create, 1 to update, 1 to wait for, 1 to replace, 1 to re-run, 1 unchanged, 1 to download, 1 to rename, "
        "1 no longer in a manifest, 1 to adopt, 1 to delete, 1 from the results cache."
    )
    assert line.startswith(f"Plan: {told}")


@pytest.mark.parametrize("action", SIGNS)
def test_many_harmless_changes_are_counted_and_all_others_shown(action: Any) -> None:
    lines = text(*(Change(f"a{n}", action, ()) for n in range(50)))
    most = UNCHANGED_SHOWN if action == "no-op" else ALIKE_SHOWN if action in HARMLESS else 50
    assert len(lines) == most + 1 + (most < 50)
    assert lines[-2].startswith(f"  ... and {50 - most} more ") is (most < 50)
    assert len(text(*(Change(f"a{n}", action, ()) for n in range(50)), verbose=True)) == 51
    assert len(text(*(Change(f"a{n}", action, ()) for n in range(50)), explain=True)) == 51


def test_a_refused_change_is_always_shown_with_the_reason() -> None:
    lines = text(*(Change(f"a{n}", "no-op", (), problem="taken" if n == 9 else "") for n in range(10)))
    assert [line.split()[0] for line in lines] == ["a0", "a1", "a2", "a9", "refused:", "...", "Plan:"]
    assert lines[4].startswith("      refused: taken")


def test_what_is_unchanged_and_has_a_note_is_shown_too() -> None:
    noted = ("unchanged", "job.callback changed after the run")
    lines = text(*(Change(f"a{n}", "no-op", noted if n % 2 else ("unchanged",)) for n in range(20)))
    assert [line.split()[0] for line in lines[:-1] if "callback" in line] == [f"a{n}" for n in range(1, 20, 2)]
    many = text(*(Change(f"a{n}", "no-op", noted) for n in range(50)))
    assert (len(many), many[-2]) == (ALIKE_SHOWN + 2, "  ... and 10 more unchanged; -v shows all")


def test_a_harmless_change_that_takes_something_away_is_always_shown() -> None:
    gone = Change("x", "cached", ("made",), (Call("delete_job", "j-1", afterwards=True),))
    lines = text(*(Change(f"a{n}", "cached", ()) for n in range(50)), gone)
    assert "      deletes job j-1 on the service, once the results are here" in lines
    assert lines[-2] == "  ... and 10 more from the results cache; -v shows all"


def test_a_partial_plan_says_so_before_its_totals() -> None:
    assert text(partial=True)[0].startswith("PARTIAL: a selection")
    whole = PlanView(Style()).text(Plan((), left_out=1))
    assert whole.startswith("PARTIAL: 1 other change left to `a2c-spec apply`\nPlan: nothing to do.")


def test_what_is_hidden_is_told_with_its_credits_and_files() -> None:
    some = (Change(f"a{n}", "create", (), (CREATE,), credits=2, writes=(f"d/{n}",)) for n in range(ALIKE_SHOWN + 3))
    assert text(*some)[-2] == "  ... and 3 more to create (about 6 credits, 3 files); -v shows all"


CHANGE = Change(
    "a",
    "update",
    ("why",),
    (
        Call("patch_conversion", Ref("conversions.webp"), {"options": {"password": "word"}}),
        Call("patch_job", starts=True, step=1),
    ),
    details=(
        Detail("x", 1, None),
        Detail("y", "old", "new", sensitive=True),
        Detail("z", "there", "here", foreign=True),
    ),
    moves=(Move("dist/a", "dist/b"),),
    writes=("dist/c",),
    leaves=("dist/d",),
    lower_bound="they differ",
)
FILES = ["      writes dist/c", "      moves dist/a to dist/b", "      leaves dist/d here"]


def test_verbose_unfolds_attributes_and_files_and_hides_what_is_sensitive() -> None:
    assert text(CHANGE, verbose=True)[1:-1] == [
        *FILES,
        "      x: 1 -> (unset)",
        "      y: (sensitive: changed)",
        '      z: "there" (on the service) -> "here"',
    ]


def test_explain_shows_the_calls_and_why_fewer_are_impossible() -> None:
    assert text(CHANGE)[1:-1] == FILES
    assert text(CHANGE, explain=True)[1:-1] == [
        *FILES,
        "      1. PATCH /jobs/{job}/conversions/<conversions.webp>  (step 1)",
        '         {"options": {"password": "(sensitive)"}}',
        "      2. PATCH /jobs/{job}  (step 2, starts the job)",
        "      2 calls are the fewest possible: they differ",
    ]


def test_one_call_is_the_fewest() -> None:
    one = Change("a", "update", (), (Call("patch_job"),), lower_bound="it differs")
    assert text(one, explain=True)[-2] == "      1 call is the fewest possible: it differs"
    assert len(text(Change("a", "no-op", (), lower_bound="it differs"), explain=True)) == 2


def test_secrets_of_a_body_show_as_references() -> None:
    change = Change("a", "update", (), (Call("patch_job", body={"x": Secret("env:W")}),))
    assert '{"x": "(sensitive: env:W)"}' in "\n".join(text(change, explain=True))
