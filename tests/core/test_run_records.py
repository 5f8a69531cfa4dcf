"""What becomes of the record of a run beside others of its address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.desired import Conversion
from a2c_spec.core.run_records import (
    KEPT_BY_SERVICE,
    beside_new_run,
    is_expired,
    made,
    merged,
    names_there,
    of_no_use,
    out_of_time,
    reclaimed,
    renamed,
    set_aside,
    split_off,
    superseded,
    with_earlier,
    without_conversions,
)
from a2c_spec.core.state import Element, Intent, JobRecord, SavedFile

A = SavedFile("dist/a", 1, "aa", "o-a", "a", ("i",), wanted="dist/a")
B = SavedFile("dist/b", 1, "bb", "o-b", "b", ("i",), wanted="dist/b")
RECIPE: dict[str, Any] = {
    "order": ["i"],
    "inputs": {"i": {"type": "remote"}},
    "conversions": {"a": {"target": "webp"}, "b": {"target": "pdf"}},
}
RUN = JobRecord("job", "x", "done", "job-1", answered_at=100.0, basis=RECIPE, files=(A, B))


def test_parts_get_other_ids_in_recipe_elements_and_files() -> None:
    run = replace(RUN, elements={"conversions.a": Element("c1"), "inputs.i": Element("i1"), "job": Element("j")})
    new = renamed(run, {"a": "b"}, {"i": "k"})
    assert list(new.basis["conversions"]) == ["b", "#b"]
    assert (new.basis["order"], list(new.basis["inputs"])) == (["k"], ["k"])
    assert list(new.elements) == ["conversions.b", "inputs.k", "job"]
    assert [(file.conversion, file.inputs) for file in new.files] == [("b", ("k",)), ("#b", ("k",))]
    assert renamed(run, {"a": "a"}, {"i": "i"}) is run


def test_a_part_that_is_of_no_recipe_gives_its_id_up() -> None:
    """The rest of a job that failed is still there, though its run is another one."""
    kept = {**RUN.basis, "conversions": {"a": RUN.basis["conversions"]["a"]}}
    run = replace(RUN, basis=kept, elements={"conversions.b": Element("c2"), "conversions.a": Element("c1")})
    assert renamed(run, {"a": "b"}, {}).elements == {"conversions.#b": Element("c2"), "conversions.b": Element("c1")}


def test_results_that_nobody_asks_for_are_set_aside_and_come_back_and_pending_ones_stay() -> None:
    alone = set_aside(RUN, {"a"})
    assert (alone.files, alone.leftover) == ((A,), (replace(B, aside=True),))
    assert set_aside(alone, {"a", "b"}) == RUN
    assert set_aside(RUN, {"a"}, pending={"b"}) is RUN
    assert without_conversions(RUN, {"b"}) == alone
    assert without_conversions(alone, {"c"}) == alone, "what nobody asks for any more stays aside"


def test_the_results_of_a_conversion_are_those_of_the_newest_run_that_counts() -> None:
    newer = replace(RUN, address="job#2", answered_at=200.0, files=(replace(A, sha256="new"),))
    gone = replace(newer, address="job#3", answered_at=300.0, gone_since=301.0)
    assert [file.sha256 for file in made([RUN, newer, gone], "a")] == ["new"]
    assert made([RUN, newer], "b") == (B,)
    assert made([RUN], "c") == ()


def test_the_name_on_the_service_is_that_of_a_result_of_the_same_target() -> None:
    here = replace(RUN, files=(replace(A, service_name="x.webp"), replace(B, service_name="y.pdf"), B))
    items = [Conversion("a", "webp"), Conversion("b", "pdf"), Conversion("c", "png")]
    assert names_there([here], items) == {"a": "x.webp"}, "which of two names the next one gets is not known"
    assert names_there([here], [Conversion("a", "png")]) == {}


def test_of_a_run_whose_place_is_taken_all_stays_known_but_its_files_here() -> None:
    kept = superseded(RUN, {"job"}, 500.0)
    assert kept is not None
    assert (kept.address, kept.gone_since, kept.job_id, kept.basis) == ("job#2", 500.0, "job-1", RECIPE)
    assert [(file.path, file.sha256) for file in kept.files] == [("", "aa"), ("", "bb")]
    for nothing in (replace(RUN, phase="failed"), replace(RUN, job_id=""), replace(RUN, files=())):
        assert superseded(nothing, {"job"}, 500.0) is None


def test_an_earlier_run_is_of_no_use_once_the_service_has_dropped_its_results() -> None:
    old = replace(RUN, gone_since=1.0, files=(replace(A, path=""),))
    assert is_expired(old, 100.0 + KEPT_BY_SERVICE + 1)
    assert not is_expired(old, 100.0 + KEPT_BY_SERVICE - 1)
    for kept in (replace(old, gone_since=0.0), replace(old, files=(A,)), replace(old, intent=Intent())):
        assert not is_expired(kept, 1e9)


def test_a_new_run_takes_its_conversions_from_the_others_and_drops_expired_ones() -> None:
    old = replace(RUN, address="job#3", job_id="job-9", gone_since=1.0, answered_at=0.0, files=())
    new = JobRecord("job#2", "x", "started", "job-2")
    before = replace(RUN, address="job#2", answered_at=50.0)
    changed, expired = beside_new_run(new, [RUN, new, old], ["b"], before, 100.0 + KEPT_BY_SERVICE)
    assert expired == ["job#3"]
    assert [run.address for run in changed] == ["job#2", "job", "job#4"]
    assert changed[:2] == [replace(new, former_jobs=("job-9",)), without_conversions(RUN, {"b"})]


AT = replace(RUN, job_id="job-0", phase="failed", files=(), former_jobs=("job-f",))
JOBS: dict[str, tuple[list[JobRecord], JobRecord | None, tuple[str, ...], list[str]]] = {
    "failed": ([AT], AT, ("job-f", "job-0"), []),
    "failed, made by the cache": ([AT], None, ("job-f", "job-0"), []),
    "done, so that it stays a run": ([replace(RUN, former_jobs=("job-f",))], RUN, ("job-f",), ["job-1"]),
    "done with nothing": ([replace(RUN, files=())], replace(RUN, files=()), ("job-1",), []),
    "held": ([replace(AT, phase="building")], AT, ("job-f", "job-0"), []),
    "expired": (
        [AT, replace(AT, address="job#2", job_id="job-2", gone_since=1.0, answered_at=0.0)],
        AT,
        ("job-f", "job-0", "job-2"),
        [],
    ),
    "another run": ([AT, replace(RUN, address="job#2")], AT, ("job-f", "job-0"), []),
    "the same job": ([replace(AT, job_id="job-n")], AT, ("job-f",), []),
}


@pytest.mark.parametrize("case", JOBS)
def test_a_job_of_which_nothing_is_kept_stays_known_by_its_id(case: str) -> None:
    runs, before, former, others = JOBS[case]
    new = replace(runs[0], phase="started", job_id="job-n", basis={}, former_jobs=())
    changed, _ = beside_new_run(new, runs, [], before, 100.0 + KEPT_BY_SERVICE)
    assert changed[0].former_jobs == former
    assert [run.job_id for run in changed[1:]] == others
    assert not any(run.former_jobs for run in changed[1:])


def test_results_that_still_lie_here_as_leftovers_are_taken_back() -> None:
    earlier = replace(RUN, address="job#2", files=(replace(A, path="", wanted=""), replace(B, path="", wanted="")))
    now = replace(RUN, files=(), leftover=(A,))
    assert reclaimed(earlier, [now, earlier]).files == (A, replace(B, path="", wanted=""))
    assert reclaimed(earlier, [earlier]) is earlier


def test_what_was_made_before_completes_a_recipe_and_what_was_sent_last_is_told_of_the_newest() -> None:
    mine = replace(RUN, basis={**RECIPE, "conversions": {"a": {"target": "png"}}})
    held = replace(mine, phase="building")
    assert with_earlier(held, RUN).basis["conversions"] == {"a": {"target": "png"}, "b": {"target": "pdf"}}
    assert with_earlier(mine, RUN).basis["conversions"] == {"a": {"target": "webp"}, "b": {"target": "pdf"}}
    assert with_earlier(mine, None) is mine
    assert with_earlier(RUN, None, {"c"}) is RUN
    assert with_earlier(RUN, None, {"b"}).basis == {**RECIPE, "conversions": {"a": {"target": "webp"}}}
    newer = replace(RUN, address="job#2", answered_at=200.0, elements={"job": Element("j2")})
    both = merged([replace(RUN, elements={"job": Element("j1"), "inputs.i": Element("i1")}), newer])
    assert both is not None
    assert (both.address, {name: one.api_id for name, one in both.elements.items()}) == (
        "job#2",
        {"job": "j2", "inputs.i": "i1"},
    )
    assert merged([]) is None


def test_what_a_run_made_of_one_conversion_is_a_run_of_the_same_job() -> None:
    elements = {"conversions.a": Element("c1"), "conversions.b": Element("c2"), "inputs.i": Element("i1")}
    for run in (RUN, set_aside(RUN, {"a"})):
        part = split_off(replace(run, spent=2, elements=elements, former_jobs=("job-0",)), "b", "other")
        assert (part.address, part.phase, part.job_id, part.spent, part.files) == ("other", "done", "job-1", 0, (B,))
        assert part.basis == {**RECIPE, "conversions": {"b": {"target": "pdf"}}}
        assert (list(part.elements), part.former_jobs) == (["conversions.#a", "conversions.b", "inputs.i"], ())
    earlier = replace(RUN, files=(A,), leftover=(replace(B, sha256="earlier"),))
    assert split_off(earlier, "b", "other").files == ()


@pytest.mark.parametrize(
    ("answered", "created", "out"),
    [(100.0, 0.0, True), (101.0, 0.0, False), (0.0, 100.0, True), (101.0, 50.0, False), (0.0, 0.0, False)],
)
def test_results_need_not_be_kept_for_more_than_a_day(answered: float, created: float, out: bool) -> None:
    run = JobRecord("job", "x", answered_at=answered, created_at=created)
    assert out_of_time(run, 100.5 + KEPT_BY_SERVICE) is out


def test_a_run_of_which_all_is_lost_is_of_no_use_beside_a_job_that_is_held() -> None:
    lost = replace(RUN, gone_since=1.0, files=(replace(A, path=""),), gone=("o-a",))
    draft = JobRecord("job#2", "x", "building", "job-2")
    assert of_no_use(lost, [lost, draft])
    assert not of_no_use(lost, [lost, replace(draft, gone_since=1.0)])
    kept = (replace(lost, gone_since=0.0), replace(lost, gone=()), replace(lost, files=(A,)), replace(lost, files=()))
    assert not any(of_no_use(one, [one, draft]) for one in kept)


SWAPPED = JobRecord(
    "b", "x", "done", "job-1",
    elements={"conversions.#c0": Element("meta"), "conversions.c0": Element("plain"), "inputs.i": Element("in")},
    basis={"conversions": {"#c0": {"n": 1}, "c0": {"n": 2}}, "inputs": {"i": {}}, "order": ["i"]},
    files=(SavedFile("dist/b", 1, "ab", "o", "c0"),),
    leftover=(SavedFile("dist/a", 1, "cd", "p", "#c0", aside=True),),
)  # fmt: skip
"""A job whose c1 is called c0 by now, and whose c0 nobody asks for there."""


@pytest.mark.parametrize(("name", "api_id"), [("#c0", "meta"), ("c0", "plain")])
def test_what_is_split_off_a_job_whose_parts_have_other_names_by_now_is_that_part(name: str, api_id: str) -> None:
    part = split_off(SWAPPED, name, "g#2")
    ids = {element: one.api_id for element, one in part.elements.items()}
    assert (ids[f"conversions.{name}"], sorted(ids.values())) == (api_id, ["in", "meta", "plain"])
    assert {file.conversion for file in part.files} == {name}


@pytest.mark.parametrize("names", [{"#c0": "c0"}, {"c0": "c1"}, {"#c0": "c0", "c0": "c1"}, {"x": "c0"}])
def test_no_part_is_lost_when_names_change(names: dict[str, str]) -> None:
    extra = {**SWAPPED.elements, "conversions.x": Element("third")}
    after = renamed(replace(SWAPPED, elements=extra), names, {})
    ids = {one.api_id: name for name, one in after.elements.items()}
    before = {name: one.api_id for name, one in extra.items()}
    assert len(ids) == len(after.elements) == len(extra)
    assert all(ids[before[f"conversions.{old}"]] == f"conversions.{new}" for old, new in names.items())
