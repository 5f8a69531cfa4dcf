"""What is recorded under an address that is gone is taken over by the job that it is now, and by no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.desired import Conversion, Job, Lifecycle
from a2c_spec.core.state import Element, Intent, JobRecord
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.session import Session
from a2c_spec.engine.takeover import recipes_in, recipes_of
from tests.engine.planning import actions, done, named, plan, put
from tests.engine.projects import WEBP, desired, job, record, session_in


def test_a_job_under_a_new_address_is_taken_over_with_its_files(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, job("old"), "cover"))
        (step,) = plan(session, job("new"))
    assert (step.change.action, step.taken_over) == ("adopt", "old")
    assert step.change.reasons[0] == "taken over from old, which is in no manifest any more"


UNKNOWN: list[dict[str, Any]] = [
    {"phase": "failed", "files": ()},
    {"phase": "canceled", "files": ()},
    {"intent": Intent(("patch_job",))},
]


@pytest.mark.parametrize("more", UNKNOWN)
def test_a_job_that_failed_or_is_not_known_well_is_not_taken_over(more: dict[str, Any], tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, job("old"), "cover", **more))
        assert actions(plan(session, job("new"))) == {"new": "create", "old": "forget"}


PAID: list[dict[str, Any]] = [
    {"phase": "failed", "files": (), "spent": 1, "problem": "odd"},
    {"phase": "canceled"},
    {"phase": "started", "files": (), "job_id": ""},
]


@pytest.mark.parametrize("more", PAID)
def test_what_was_paid_for_in_vain_is_asked_for_under_another_name_too(more: dict[str, Any], tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, job("old"), "cover", **more))
        (step,) = plan(session, job("new"))
    assert (step.change.action, step.taken_over, step.change.paid_again) == ("re-run", "old", True)


def test_what_a_failed_job_gave_is_no_result_of_another(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, done(session, named("old"), "old", phase="failed", spent=1))
        other = replace(WEBP, options={"width": 1})
        _, new = plan(session, named("old", conversions=(other,)), named("new"))
    assert (new.change.action, new.taken_over, new.split_off) == ("re-run", "old", False)


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


def test_a_job_that_wants_all_that_was_made_and_more_takes_it_over(tmp_path: Path) -> None:
    more = (WEBP, replace(WEBP, id="png", target="png"))
    with session_in(tmp_path) as session:
        put(session, done(session, named("old"), "old"))
        steps = plan(session, named("new", conversions=more))
    assert [(step.change.action, step.taken_over) for step in steps] == [("rename", "old"), ("create", "")]
    assert steps[1].change.reasons == ("not applied yet",)


NOTHING: list[tuple[str, JobRecord]] = [
    ("failed", record(job("a"), phase="failed")),
    ("something of it is about to be sent", record(job("a"), intent=Intent(("patch_job",)))),
    ("a preset", JobRecord("a", "local", basis={"preset": {}})),
]


@pytest.mark.parametrize("given", [row[1] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_nothing_can_be_taken_over_of_what_is_not_known_well(given: JobRecord) -> None:
    assert list(recipes_in(given)) == []


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


def test_its_files_are_its_own_at_once_where_nothing_moves(tmp_path: Path) -> None:
    """Whoever takes over finds the files of the one before: they are not another's."""
    with session_in(tmp_path) as session:
        put(session, done(session, job("old"), "cover"))
        (step,) = plan(session, job("new"))
    assert (step.change.action, step.change.moves, step.change.problem) == ("adopt", (), "")


PNG = replace(WEBP, id="png", target="png")
GIF = replace(WEBP, id="gif", target="gif")


def ran(session: Session, address: str, *conversions: Conversion, key: str = "", **more: Any) -> JobRecord:
    """A finished job with a result of each conversion, named after it."""
    asked = replace(wants(address, *conversions), address=key or address)
    one = done(session, asked, f"{address}-{conversions[0].id}", **more)
    files = []
    for item in conversions:
        name = f"{address}-{item.id}"
        (session.project.root / f"dist/{name}.{item.target}").write_bytes(b"abc")
        place = f"dist/{name}.{item.target}"
        file = replace(one.files[0], path=place, wanted=place, name=name, service_name=f"cover.{item.target}")
        files.append(replace(file, output_id=f"out-{item.id}", conversion=item.id))
    return replace(one, files=tuple(files))


def taken(steps: Sequence[PlannedChange]) -> list[tuple[str, str, str]]:
    return [(step.change.address, step.change.action, step.taken_over) for step in steps if step.desired]


def wants(address: str, *conversions: Conversion, **more: Any) -> Job:
    """A job each result of which has the name that ``ran`` gives it."""
    one = named(address, conversions=conversions, **more)
    given = one.outputs[0]
    outputs = [replace(given, conversion=item.id, filename=f"{address}-{item.id}") for item in conversions]
    return replace(one, outputs=tuple(outputs))


def test_what_may_be_taken_over_is_found_by_the_recipe_of_each_conversion() -> None:
    whole, one, other = (job("a", conversions=some) for some in ((WEBP, PNG), (WEBP,), (PNG,)))
    (mine,), (png,) = recipes_of(desired(one)), recipes_of(desired(other))
    assert dict(recipes_in(record(whole))) == {"webp": mine, "png": png}
    assert recipes_of(desired(whole)) == {mine, png}
    assert recipes_of(desired(job("none", conversions=()))) == set()


def test_what_is_wanted_in_part_is_taken_over_and_only_the_rest_is_run(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, ran(session, "old", WEBP, PNG))
        steps = plan(session, wants("new", WEBP, GIF))
    assert taken(steps) == [("new", "rename", "old"), ("new#2", "create", "")]
    assert "conversion png is no longer in the manifest" in steps[0].change.reasons


def test_of_several_runs_those_are_taken_over_of_which_something_is_wanted(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, ran(session, "old", WEBP), ran(session, "old", PNG, key="old#2", job_id="id-2"))
        steps = plan(session, wants("new", replace(WEBP, options={"width": 2}), PNG))
    assert taken(steps) == [("new", "rename", "old#2"), ("new#2", "create", "")]
    assert actions(steps)["old"] == "forget"


def test_a_name_that_is_taken_back_has_again_what_another_one_made_meanwhile(tmp_path: Path) -> None:
    """The name has a run of its own by then, which it had made before the other name took the newer one."""
    wider = replace(WEBP, options={"width": 9})
    with session_in(tmp_path) as session:
        put(session, ran(session, "p", WEBP, key="p#2", gone_since=5.0), ran(session, "q", wider, job_id="id-q"))
        assert taken(plan(session, wants("p", wider))) == [("p", "rename", "q")]


@pytest.mark.parametrize("moved_from", ["", "old"])
def test_a_job_that_stays_takes_over_what_was_moved_into_it(moved_from: str, tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, ran(session, "stays", PNG, job_id="id-s"), ran(session, "old", WEBP))
        steps = plan(session, wants("stays", PNG, WEBP, moved_from=moved_from))
    assert taken(steps) == [("stays", "no-op", ""), ("stays#2", "rename", "old")]


def test_two_jobs_that_stay_exchange_what_they_make(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, ran(session, "p", WEBP), ran(session, "q", PNG))
        steps = plan(session, wants("p", PNG), wants("q", WEBP))
    assert taken(steps) == [("p#2", "rename", "q"), ("q#2", "rename", "p")]
    assert steps[0].change.reasons[0] == "taken over from q, which no longer asks for it"


def test_three_jobs_pass_on_what_they_make_and_only_the_first_runs(tmp_path: Path) -> None:
    for order in ("pqr", "rqp"):
        root = tmp_path / order
        root.mkdir()
        with session_in(root) as session:
            put(session, ran(session, "p", WEBP), ran(session, "q", PNG), ran(session, "r", GIF))
            asked = {"p": replace(WEBP, id="x", target="x"), "q": WEBP, "r": PNG}
            found = taken(plan(session, *(wants(name, asked[name]) for name in order)))
        assert sorted(found) == [("p", "create", ""), ("q#2", "rename", "p"), ("r#2", "rename", "q")]


def test_a_run_that_is_replaced_goes_only_to_who_wants_all_of_it(tmp_path: Path) -> None:
    """It asks before it runs again, and nobody takes the run away behind that question; a result of it may be taken."""
    changed = [replace(item, options={"width": 9}) for item in (WEBP, PNG)]
    with session_in(tmp_path) as session:
        put(session, ran(session, "p", WEBP, PNG))
        for path in (tmp_path / "dist").iterdir():
            path.unlink()
        steps = plan(session, wants("p", *changed), wants("q", WEBP))
    assert taken(steps) == [("p", "re-run", ""), ("q", "download", "p")]
    assert (steps[0].change.paid_again, steps[1].split_off) == (True, True)


def test_a_job_that_is_split_leaves_each_its_results(tmp_path: Path) -> None:
    """The job goes to one of them; the result that is here, and that the job's owner does not want, to the other."""
    with session_in(tmp_path) as session:
        put(session, ran(session, "old", WEBP, PNG))
        steps = plan(session, wants("p", WEBP), wants("q", PNG), wants("r", PNG))
        assert taken(steps) == [("p", "rename", "old"), ("q", "rename", "p"), ("r", "create", "")]
        assert [step.split_off for step in steps if step.desired] == [False, True, False]
        assert (steps[1].record and steps[1].record.job_id) == "id-old"


def test_a_conversion_that_goes_to_another_job_takes_its_result_along(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, ran(session, "p", WEBP, PNG))
        steps = plan(session, wants("p", WEBP), wants("q", PNG))
    assert taken(steps) == [("p", "forget", ""), ("q", "rename", "p")]
    assert steps[0].change.reasons == ("conversion png is no longer in the manifest",)


def test_a_result_that_is_missing_here_is_fetched_by_whoever_asks_for_it_now(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, ran(session, "p", WEBP, PNG))
        (tmp_path / "dist/p-png.png").unlink()
        steps = plan(session, wants("p", WEBP), wants("q", PNG))
    assert taken(steps)[1] == ("q", "download", "p")


def test_what_somebody_changed_here_is_not_split_off(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, ran(session, "p", WEBP, PNG))
        (tmp_path / "dist/p-png.png").write_bytes(b"abd")
        steps = plan(session, wants("p", WEBP), wants("q", PNG))
    assert taken(steps) == [("p", "forget", ""), ("q", "create", "")]


def test_what_is_asked_for_anew_is_run_again_as_what_it_was(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, ran(session, "old", WEBP))
        steps = plan(session, wants("new", WEBP), chosen=Selection(replace=("new",)))
    assert taken(steps) == [("new", "re-run", "old")]


@pytest.mark.parametrize("chosen", [Selection(exclude=("other",)), Selection(target=("new",))])
def test_a_plan_of_a_part_takes_over_what_no_manifest_asks_for(chosen: Selection, tmp_path: Path) -> None:
    """Whether a manifest asks for it is known, for all are read; what is left out stays as it is."""
    with session_in(tmp_path) as session:
        put(session, ran(session, "old", WEBP), ran(session, "gone", PNG))
        steps = plan(session, wants("new", WEBP), wants("other", GIF), chosen=chosen)
    assert taken(steps) == [("new", "rename", "old")]
    assert len(steps) == 1


def test_named_manifests_take_over_only_what_was_let_go_before(tmp_path: Path) -> None:
    with session_in(tmp_path, manifests=("new.yaml",)) as session:
        put(session, ran(session, "old", WEBP), ran(session, "gone", PNG, gone_since=5.0))
        steps = plan(session, wants("new", WEBP), wants("more", PNG))
    assert [(key, old) for key, _, old in taken(steps)] == [("new", ""), ("more", "gone")]
