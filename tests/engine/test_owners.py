"""Whose result a plan may take the place of: that of nobody who keeps it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.moves import Move
from a2c_spec.core.plan import Change
from a2c_spec.core.reasons import stays
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.owners import Owners, hand_over
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.session import Session
from tests.engine.planning import FILE, done, named, plan, put
from tests.engine.projects import WEBP, desired, job, record, session_in


def elsewhere(session: Session) -> JobRecord:
    """A job that is done, whose result stands where the job ``y`` would write."""
    return done(session, named("x"), "y")


def test_no_result_is_written_over_that_of_another_address_that_stays(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, replace(elsewhere(session), address="other"))
        (step,) = plan(
            session,
            named("y", conversions=(replace(WEBP, options={"width": 1}),)),
            chosen=Selection(exclude=("other",)),
        )
    told = "which this plan leaves out; apply all manifests, or give one of the two another name or folder"
    assert step.change.problem == f"dist/y.webp is a result of other, {told}"


def test_a_result_that_moves_away_in_the_same_plan_is_in_nobodys_way(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, elsewhere(session))
        moving, coming = plan(session, named("x"), named("y", conversions=(replace(WEBP, options={"width": 1}),)))
    assert [(move.source, move.target) for move in moving.change.moves] == [("dist/y.webp", "dist/x.webp")]
    assert (coming.change.problem, coming.takes) == ("", ())


def test_a_result_of_what_no_manifest_asks_for_is_in_nobodys_way(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, replace(elsewhere(session), address="other"))
        step = plan(session, named("y", conversions=(replace(WEBP, options={"width": 1}),)))[0]
    assert (step.change.action, step.change.problem) == ("create", "")


CHANGED = named("y", conversions=(replace(WEBP, options={"width": 1}),))


def test_who_is_let_go_gives_its_place_and_the_plan_says_so(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, replace(elsewhere(session), address="other"))
        coming, letting_go = plan(session, CHANGED)
    assert coming.takes == (("dist/y.webp", "other"),)
    assert coming.change.reasons[-1] == "replaces dist/y.webp, an earlier result of other"
    assert "dist/y.webp" not in " ".join(letting_go.change.reasons), "it does not stay"


def test_a_file_that_is_not_there_is_taken_without_a_word(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, replace(elsewhere(session), address="other"))
        (tmp_path / "dist" / "y.webp").unlink()
        coming = plan(session, CHANGED)[0]
    assert coming.takes == (("dist/y.webp", "other"),)
    assert "replaces" not in " ".join(coming.change.reasons)


def test_what_was_let_go_before_gives_its_place_in_a_plan_of_a_part_too(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, replace(elsewhere(session), address="other", gone_since=5.0))
        (coming,) = plan(session, CHANGED, chosen=Selection(target=("y",)))
    assert (coming.change.problem, coming.takes) == ("", (("dist/y.webp", "other"),))


P, Q = "dist/p.webp", "dist/q.webp"
AT_P, AT_Q = (replace(FILE, path=path, output_id=path) for path in (P, Q))
NUMBERED = replace(named("y"), outputs=(replace(named("y").outputs[0], on_conflict="rename"),))
MOVES = PlannedChange(Change("y", "rename", (), moves=(Move("dist/a", P),)), desired(CHANGED), None)
WRITES = PlannedChange(Change("y", "re-run", (), downloads=(P,)), desired(CHANGED), None)
STAYS = f"{P} is a result of x; give one of the two another name or folder"
LEFT_OUT = STAYS.replace("x;", "x, which this plan leaves out; apply all manifests, or")


def of_x(action: Any = "no-op", *, name: str = "x", **more: Any) -> PlannedChange:
    """What is planned for the address that has a result at ``P``; its manifest gives it this name."""
    return PlannedChange(Change("x", action, (), **more), desired(replace(named(name), address="x")), X)


X = record(job("x"), files=(AT_P, AT_Q))
PLACES: list[tuple[str, PlannedChange, PlannedChange | None, JobRecord, bool, str]] = [
    ("it keeps its result", WRITES, of_x(), X, False, STAYS),
    ("it is not in this plan", WRITES, None, X, False, LEFT_OUT),
    ("it is let go", WRITES, None, X, True, ""),
    ("it was let go", WRITES, None, replace(X, gone_since=5.0), False, ""),
    ("its result gets another name", WRITES, of_x("re-run", fetch=True), X, False, ""),
    ("its result gets just this name", WRITES, of_x("re-run", fetch=True, name="p"), X, False, STAYS),
    ("it is a leftover of it", WRITES, replace(of_x(), record=replace(X, leftover=(AT_P,))), X, False, ""),
    ("another one of it moves here", WRITES, of_x("rename", moves=(Move(Q, P),)), X, False, STAYS),
    ("a file moves here", MOVES, of_x(), X, False, STAYS),
    ("no manifest knew the name", replace(WRITES, desired=desired(NUMBERED)), of_x(), X, False, "numbered"),
]  # fmt: skip  # a table


@pytest.mark.parametrize(
    ("taker", "owner", "known", "gone", "end"), [row[1:] for row in PLACES], ids=[r[0] for r in PLACES]
)
def test_a_place_is_taken_where_its_owner_gives_it_up(
    taker: PlannedChange, owner: PlannedChange | None, known: JobRecord, gone: bool, end: str, tmp_path: Path
) -> None:
    with session_in(tmp_path) as session:
        put(session, known)
        owners = Owners(session, [one for one in (taker, owner) if one], {"x"} if gone else set())
        checked = owners.checked(taker)
    assert checked.change.problem == end.replace("numbered", "")
    assert checked.takes == (((P, "x"),) if end == "" else ())
    assert owners.given_up == ({P} if end == "" else set())


def test_an_owner_that_is_planned_beside_is_not_left_out(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, X)
        plan = Owners(session, [of_x("no-op")], ())
        assert Owners(session, [WRITES], (), plan).checked(WRITES).change.problem == STAYS
        plan = Owners(session, [of_x("re-run", fetch=True)], ())
        assert Owners(session, [WRITES], (), plan).checked(WRITES).takes == ((P, "x"),)
        assert Owners(session, [WRITES], (), plan, {"x"}).checked(WRITES).change.problem == STAYS


def test_another_run_of_the_address_from_which_one_is_taken_over_is_another_owner(tmp_path: Path) -> None:
    taking = replace(WRITES, taken_over="x#2")
    with session_in(tmp_path) as session:
        put(session, X)
        assert Owners(session, [taking, of_x("re-run", fetch=True)], set()).checked(taking).takes == ((P, "x"),)


def test_what_moves_away_is_nobodys_any_more(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, X)
        owners = Owners(session, [WRITES, of_x("rename", moves=(Move(P, "dist/x"),))], set())
        assert owners.checked(WRITES) == WRITES


def test_an_earlier_result_of_the_same_address_is_replaced_with_a_word(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        left = record(job("y"), leftover=(replace(AT_P, aside=True),))
        put(session, left)
        owners = Owners(session, [replace(WRITES, record=left)], set())
        (checked,) = owners.all_checked()
    assert checked.change.reasons == (f"replaces {P}, an earlier result of conversion webp",)
    assert (checked.takes, checked.change.problem, owners.given_up) == ((), "", {P})


def test_what_another_run_of_the_address_wrote_is_its_own(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, replace(X, address="y#2", files=(AT_P,)))
        owners = Owners(session, [WRITES], set())
        assert owners.checked(WRITES) == WRITES
        assert owners.given_up == {P}


def test_no_plan_says_that_a_file_stays_whose_place_is_taken(tmp_path: Path) -> None:
    said = Change("x", "re-run", ("changed", stays(P), stays(Q)), fetch=True)
    with session_in(tmp_path) as session:
        put(session, X)
        checked = Owners(session, [replace(of_x(), change=said), WRITES], set()).all_checked()
    assert checked[0].change.reasons == ("changed", stays(Q))


UNTOUCHED: list[tuple[str, Change]] = [
    ("nothing is to be done", Change("y", "no-op", (), fetch=True)),
    ("it is let go", Change("y", "forget", (), fetch=True)),
    ("it is refused", Change("y", "create", (), fetch=True, problem="why")),
]


@pytest.mark.parametrize("change", [row[1] for row in UNTOUCHED], ids=[row[0] for row in UNTOUCHED])
def test_who_writes_nothing_takes_nothing(change: Change, tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, replace(elsewhere(session), address="other"))
        step = PlannedChange(change, desired(CHANGED), None)
        assert Owners(session, [step], {"other"}).checked(step) == step


def test_what_is_handed_over_may_be_replaced_by_the_one_who_takes_it(tmp_path: Path) -> None:
    taking = PlannedChange(
        Change("y", "create", ()), desired(CHANGED), None, takes=(("dist/y.webp", "other"), ("dist/z", "nobody"))
    )
    with session_in(tmp_path) as session:
        put(session, replace(elsewhere(session), address="other"))
        asyncio.run(hand_over(session.store, taking, "local"))
        giver, taker = session.store.get("other"), session.store.get("y")
        assert giver is not None
        assert taker is not None
        assert [file.path for file in (*giver.files, *giver.leftover, *taker.files) if file.path] == []
        assert [file.path for file in taker.leftover] == ["dist/y.webp"]
        assert session.files.owner("dist/y.webp") == "y"
