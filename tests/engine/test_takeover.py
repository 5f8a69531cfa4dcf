"""What is recorded under an address that is gone is taken over by the job that it is now, and by no other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.desired import Lifecycle
from a2c_spec.core.plan import Change
from a2c_spec.core.state import Element, Intent, JobRecord
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.takeover import Takeover, by_recipe, recipes_of
from tests.engine.planning import actions, done, named, plan, put
from tests.engine.projects import WEBP, desired, job, record, session_in


def test_a_job_under_a_new_address_is_taken_over_with_its_files(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, job("old"), "cover"))
        (step,) = plan(session, job("new"))
    assert (step.change.action, step.taken_over) == ("adopt", "old")
    assert step.change.reasons[0] == "taken over from old, which is in no manifest any more"


@pytest.mark.parametrize("more", [{"phase": "failed"}, {"phase": "canceled"}, {"intent": Intent(("patch_job",))}])
def test_a_job_that_failed_or_is_not_known_well_is_not_taken_over(more: dict[str, Any], tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, job("old"), "cover", **more))
        assert actions(plan(session, job("new"))) == {"new": "create", "old": "forget"}


def test_a_job_that_is_still_asked_for_is_not_taken_over(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, named("old"), "old"))
        assert actions(plan(session, named("old"), named("new"))) == {"old": "no-op", "new": "create"}


def test_only_one_job_takes_a_record_over(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, job("old"), "x"))
        steps = plan(session, named("x"), named("y"))
    assert [step.taken_over for step in steps] == ["old", ""]
    assert steps[1].change.action == "create"


def test_what_may_be_taken_over_is_found_by_the_recipe_of_each_conversion(tmp_path: Path) -> None:
    two = (WEBP, replace(WEBP, id="png", target="png"))
    whole, one, other = job("whole", conversions=two), job("one"), job("other", conversions=two[1:])
    found = by_recipe([record(whole), record(replace(one, address="one#2"))])
    (mine,), (png,) = recipes_of(desired(one)), recipes_of(desired(other))
    assert found == {mine: {"whole", "one"}, png: {"whole"}}
    assert recipes_of(desired(whole)) == {mine, png}
    assert recipes_of(desired(job("none", conversions=()))) == set()


def test_a_job_that_wants_all_that_was_made_and_more_takes_it_over(tmp_path: Path) -> None:
    more = (WEBP, replace(WEBP, id="png", target="png"))
    with session_in(tmp_path) as session:
        put(session, done(session, named("old"), "old"))
        steps = plan(session, named("new", conversions=more))
    assert [(step.change.action, step.taken_over) for step in steps] == [("rename", "old"), ("create", "")]
    assert steps[1].change.reasons == ("not applied yet",)


def test_what_changed_meanwhile_is_not_wanted_in_whichever_run_it_lies(tmp_path: Path) -> None:
    """The verdict is the same as for one run of both: what is not as it was made stays with the name that it had."""
    png = replace(WEBP, id="png", target="png")
    first, second = named("old"), named("old#2", conversions=(png,))
    with session_in(tmp_path) as session:
        made = done(session, second, "two", job_id="id-2")
        made = replace(made, files=(replace(made.files[0], output_id="out-2", conversion="png"),))
        put(session, done(session, first, "one"), made)
        steps = plan(session, named("new", conversions=(replace(WEBP, options={"width": 2}), png)))
    assert {step.taken_over for step in steps} == {""}


def test_what_is_wanted_in_part_only_is_left_to_whoever_comes_back(tmp_path: Path) -> None:
    two = (WEBP, replace(WEBP, id="png", target="png"))
    with session_in(tmp_path) as session:
        old = done(session, named("old", conversions=two), "old")
        put(session, replace(old, files=(*old.files, replace(old.files[0], output_id="out-2", conversion="png"))))
        steps = plan(session, named("new", conversions=(WEBP, replace(WEBP, id="gif", target="gif"))))
    assert {step.taken_over for step in steps} == {""}


NOTHING: list[tuple[str, JobRecord]] = [
    ("failed", record(job("a"), phase="failed")),
    ("something of it is about to be sent", record(job("a"), intent=Intent(("patch_job",)))),
    ("a preset", JobRecord("a", "local", basis={"preset": {}})),
]


@pytest.mark.parametrize("given", [row[1] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_nothing_can_be_taken_over_of_what_is_not_known_well(given: JobRecord) -> None:
    assert by_recipe([given]) == {}


def test_a_job_that_is_kept_under_its_old_name_is_moved_although_its_recipe_changed(tmp_path: Path) -> None:
    changed = named("new", conversions=(replace(WEBP, options={"width": 1}),), moved_from="old")
    with session_in(tmp_path) as session:
        put(session, done(session, named("old"), "old"))
        (step,) = plan(session, changed)
    assert (step.change.action, step.taken_over, step.change.reasons[0]) == ("re-run", "old", "it was old")


def test_what_does_not_count_of_a_moved_job_is_as_it_was(tmp_path: Path) -> None:
    wider = (replace(WEBP, options={"width": 9}),)
    ignoring = Lifecycle(ignore=("conversions.webp.options",))
    with session_in(tmp_path) as session:
        before = done(session, named("old"), "old")
        sent = {"conversions.webp": Element("c-1", desired(named("old")).sent_conversion(WEBP))}
        put(session, replace(before, elements=sent))
        (step,) = plan(session, named("new", conversions=wider, moved_from="old", lifecycle=ignoring))
    assert (step.change.action, step.taken_over) == ("rename", "old")


def test_what_a_moved_job_made_before_of_a_conversion_that_changed_is_told_as_its_own(tmp_path: Path) -> None:
    png = replace(WEBP, id="png", target="png")
    changed = (WEBP, replace(png, options={"width": 1}))
    with session_in(tmp_path) as session:
        put(session, done(session, named("old", conversions=(WEBP, png)), "old"))
        (_, step) = plan(session, named("new", conversions=changed, moved_from="old"))
    assert (step.change.address, step.change.action, step.taken_over) == ("new#2", "re-run", "")


def test_the_name_that_a_manifest_had_before_goes_before_one_of_the_same_recipe(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, named("before"), "before"), done(session, named("alike"), "alike"))
        steps = plan(session, named("new", moved_from="before"))
    assert steps[0].taken_over == "before"


def test_every_run_of_an_address_is_taken_over_under_its_own_number(tmp_path: Path) -> None:
    png = replace(WEBP, id="png", target="png")
    old = named("old", conversions=(WEBP, png))
    first, second = replace(old, conversions=(WEBP,)), replace(old, conversions=(png,), address="old#2")
    with session_in(tmp_path) as session:
        put(session, done(session, first, "old"), replace(record(second), job_id="id-2"))
        steps = plan(session, named("new", conversions=(WEBP, png)))
    assert [(step.change.address, step.taken_over) for step in steps] == [("new", "old"), ("new#2", "old#2")]


def test_what_is_taken_over_is_asked_for_no_second_time(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        gone = {"old": done(session, job("old"), "cover")}
        takeover = Takeover(session, gone)
        new = PlannedChange(Change("new", "create", ("new",)), desired(job("new")), None)
        (taken,) = asyncio.run(takeover.of([new], None))
        assert (taken.change.address, taken.taken_over, gone) == ("new", "old", {})
        assert asyncio.run(takeover.of([new], None)) == [new]


def test_of_two_of_the_same_recipe_the_first_one_by_name_is_taken(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, named("b"), "b"), done(session, named("a"), "a"))
        (step, left) = plan(session, named("new"))
    assert (step.taken_over, left.change.address) == ("a", "b")


def test_a_job_about_which_something_is_not_known_is_not_moved(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, named("old"), "old", intent=Intent(("patch_job",))))
        assert actions(plan(session, named("new", moved_from="old"))) == {"new": "create", "old": "forget"}


def test_a_job_that_is_held_is_taken_over(tmp_path: Path) -> None:
    """It made nothing yet; what it is held to make is just what is asked for."""
    with session_in(tmp_path) as session:
        put(session, record(named("old", process=False), phase="building", job_id="id-old"))
        (step,) = plan(session, named("new", process=False))
    assert step.taken_over == "old"


def test_it_stays_known_how_the_job_was_asked_for(tmp_path: Path) -> None:
    """It is planned again once the results that it takes are there."""
    whole = job("new", "base")
    with session_in(tmp_path) as session:
        new = PlannedChange(Change("new", "create", ("new",)), desired(job("new")), None, whole=whole)
        gone = {"old": done(session, job("old"), "cover")}
        (taken,) = asyncio.run(Takeover(session, gone).of([new], None))
    assert (taken.taken_over, taken.whole) == ("old", whole)


def test_a_job_that_is_recorded_takes_nothing_over(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        gone = {"old": done(session, job("old"), "cover")}
        own = PlannedChange(Change("new", "create", ("new",)), desired(job("new")), record(job("new"), phase="failed"))
        assert asyncio.run(Takeover(session, gone).of([own], None)) == [own]
        assert gone != {}


def test_its_files_are_its_own_at_once_where_nothing_moves(tmp_path: Path) -> None:
    """Whoever takes over finds the files of the one before: they are not another's."""
    with session_in(tmp_path) as session:
        put(session, done(session, job("old"), "cover"))
        (step,) = plan(session, job("new"))
    assert (step.change.action, step.change.moves, step.change.problem) == ("adopt", (), "")
