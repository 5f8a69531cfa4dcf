"""Every sentence of a plan, in the words that all of its forms share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from a2c_spec.core.allowance import Allowance
from a2c_spec.core.calls import Call, Ref
from a2c_spec.core.moves import Move
from a2c_spec.core.plan import Change, Plan
from a2c_spec.views.plan_words import ORPHANS_SHOWN, facts_of, path_of, shown_path

START = Call("create_job", starts=True, size=1500)
GONE = Call("delete_job", "j-1", reason="on_replace: delete")

WHY: list[tuple[Change, str]] = [
    (Change("a", "rename", ("x", "y")), "x; y"),
    (Change("a", "create", ("new",), (START,), work="1 upload", credits=2), "new: 1 upload, about 2 credits"),
    (
        Change("a", "re-run", ("it changed",), (START,), work="1 remote", credits=1, paid_again=True),
        "it changed; 1 remote, about 1 credit, paid before",
    ),
    (Change("a", "update", ("it changed",), (Call("upload_file", size=1500),)), "it changed; sends 1.5 kB"),
    (Change("a", "create", ("new",), (START,), work="1 upload", credits=2, problem="taken"), "new: 1 upload"),
]


@pytest.mark.parametrize(("change", "why"), WHY)
def test_a_change_says_why_and_for_how_much(change: Change, why: str) -> None:
    assert facts_of(Plan((change,))).rows[0].why == why


LINES: list[tuple[Change, list[str]]] = [
    (Change("a", "create", (), writes=("x", "y"), replaces=("y",)), ["writes x", "replaces y"]),
    (Change("a", "rename", (), moves=(Move("x", "y"),), replaces=("y",)), ["replaces y", "moves x to y"]),
    (Change("a", "rename", ("x -> y",), moves=(Move("x", "y"),)), []),
    (Change("a", "create", (), unforeseen=("d/ (results of c)",)), ["writes d/ (results of c)"]),
    (Change("a", "delete", (), removes=("x",)), ["removes x"]),
    (Change("a", "rename", (), leaves=("x",)), ["leaves x here"]),
    (Change("a", "rename", ("x stays here",), leaves=("x",)), []),
    (Change("a", "delete", (), (GONE,)), ["deletes job j-1 on the service (on_replace: delete)"]),
    (
        Change("a", "cached", (), (replace(GONE, afterwards=True, reason=""),)),
        ["deletes job j-1 on the service, once the results are here"],
    ),
    (Change("a", "update", (), (Call("delete_input", Ref("inputs.a")),)), ["deletes input inputs.a on the service"]),
    (Change("a", "create", (), (GONE,), writes=("x",), problem="taken"), ["refused: taken"]),
]


@pytest.mark.parametrize(("change", "lines"), LINES)
def test_a_change_says_what_it_does_to_files_and_to_the_service(change: Change, lines: list[str]) -> None:
    assert list(facts_of(Plan((change,))).rows[0].lines) == lines


@pytest.mark.parametrize("path", ["dist/a b.pdf", "dist/a, b.pdf", "dist/\N{SNOWMAN}.pdf"])
def test_a_path_is_shown_as_it_is(path: str) -> None:
    assert shown_path(path) == path


@pytest.mark.parametrize("path", ["dist/a\nb", "dist/\x1b[31m", " a", "a "])
def test_a_path_that_could_be_misread_is_in_quotes(path: str) -> None:
    assert shown_path(path).startswith('"')
    assert shown_path(path).isprintable()


NEW = Change("n", "create", (), (START,), credits=3)
OLD = Change("o", "re-run", (), (START,), credits=1, paid_again=True)

HEADS: list[tuple[Plan, str]] = [
    (Plan(()), "Plan: nothing to do."),
    (Plan((NEW,)), "Plan: 1 to create: about 3 credits."),
    (Plan((OLD,)), "Plan: 1 to re-run: about 1 credit, paid before."),
    (Plan((OLD, replace(OLD, address="p")), balance=9), "Plan: 2 to re-run: about 2 credits of 9, all paid before."),
    (
        Plan((NEW, replace(OLD, credits=1200)), balance=4711),
        "Plan: 1 to create, 1 to re-run: about 1,203 credits of 4,711, 1,200 of them paid before.",
    ),
    (Plan((NEW, replace(OLD, problem="forbidden"))), "Plan: 1 to create, 1 refused: about 3 credits."),
]


@pytest.mark.parametrize(("plan", "head"), HEADS)
def test_the_head_sums_up_what_is_done_and_what_it_costs(plan: Plan, head: str) -> None:
    assert facts_of(plan).head == head


def test_what_is_refused_sends_nothing() -> None:
    assert facts_of(Plan((replace(NEW, problem="taken"),))).totals == "Nothing to send."


@pytest.mark.parametrize(
    ("awaits", "told"),
    [
        (1, "; a result that is made first may take a call more."),
        (2, "; 2 results that are made first may take calls more."),
    ],
)
def test_what_is_made_first_and_sent_then_is_told(awaits: int, told: str) -> None:
    assert facts_of(Plan((replace(NEW, awaits=awaits),))).totals.endswith(f"starts 1 job{told}")


def test_orphans_are_named_and_many_are_counted() -> None:
    assert facts_of(Plan((), orphans=("a", "b"))).notes == ("In no manifest, and left alone by this plan: a, b",)
    (many,) = facts_of(Plan((), orphans=tuple(f"a{n:02}" for n in range(ORPHANS_SHOWN + 3)))).notes
    assert f"a{ORPHANS_SHOWN - 1} and 3 more" in many
    (doubted,) = facts_of(Plan((), orphans=("a",), unsure=True)).notes
    assert doubted == (
        "In no manifest that could be read (`a2c-spec validate` shows what is wrong with others), "
        "and left alone by this plan: a"
    )


def test_every_sentence_about_the_whole_plan_is_among_them() -> None:
    facts = facts_of(Plan((NEW,), True, 2, Allowance(3, 9), orphans=("x",)))
    assert [line.split(":")[0] for line in (*facts.notes, facts.head, facts.totals, facts.limits)] == [
        "PARTIAL", "PARTIAL", "In no manifest, and left alone by this plan", "Plan",
        "1 call (POST 1), 1.5 kB up, starts 1 job.", "Budget",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (Call("create_job"), "/jobs"),
        (Call("delete_job", "job-1"), "/jobs/job-1"),
        (Call("patch_input", Ref("inputs.a")), "/jobs/{job}/input/<inputs.a>"),
    ],
)
def test_a_path_shows_ids_that_are_known_and_names_the_others(call: Call, path: str) -> None:
    assert path_of(call) == path
