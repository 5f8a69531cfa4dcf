"""Which run makes which conversion: the cheapest division, found by trying every one; and what it does to records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Job, Output
from a2c_spec.core.prepare import DesiredJob, prepare
from a2c_spec.core.run_division import Division, divide, restricted
from a2c_spec.core.run_records import ALIVE, with_earlier, without_conversions
from a2c_spec.core.same_recipe import same_recipe
from a2c_spec.core.state import Intent, JobRecord, Phase, SavedFile
from tests.core.planner.situations import fingerprint_secret

Recipes = Mapping[str, int]
"""Conversion id -> its option."""

PHASES: tuple[Phase, ...] = ("building", "started", "done", "failed")
ENDED: tuple[Phase, ...] = ("started", "done", "failed")


def wanted(recipes: Recipes, source: str = "https://x", **more: Any) -> DesiredJob:
    conversions = tuple(Conversion(name, "webp", "image", {"width": width}) for name, width in recipes.items())
    outputs = tuple(Output(name, save="dist/") for name in recipes)
    job = Job("job", inputs=(Input("a", "remote", source=source),), conversions=conversions, outputs=outputs, **more)
    return prepare(job, fingerprint_secret, PlannerOptions())


def ran_as(key: str, recipes: Recipes, phase: Phase = "done", at: float = 1.0, **more: Any) -> JobRecord:
    recipe = wanted(recipes)
    files = tuple(SavedFile(f"dist/{name}.webp", 1, f"{key}{name}", f"o-{key}-{name}", name) for name in recipes)
    made: dict[str, Any] = {"files": files if phase == "done" else (), "job_id": f"job of {key}", "answered_at": at}
    return JobRecord(key, "x", phase, fingerprint=recipe.fingerprint, basis=recipe.basis, **made | more)


def of(division: Division) -> dict[str, tuple[str, ...]]:
    return {part.key: part.conversions for part in division.parts}


def wishes(most: int) -> Iterator[Recipes]:
    for count in range(1, most + 1):
        for widths in product((1, 2), repeat=count):
            yield dict(zip("abc", widths, strict=False))


def fewest_credits(wish: Recipes, runs: Sequence[JobRecord]) -> int:
    """The fewest conversions that have to be run: every way to give each one to a run that makes it, or to none."""
    best = len(wish)
    slots = [(run.address, name) for run in runs for name in run.basis["conversions"]]
    by_key = {run.address: run for run in runs}
    for choice in product([None, *slots], repeat=len(wish)):
        used = [slot for slot in choice if slot is not None]
        if len(set(used)) < len(used):
            continue
        fits = all(
            slot is None
            or (
                by_key[slot[0]].phase in ALIVE
                and by_key[slot[0]].basis["conversions"][slot[1]]["options"] == {"width": width}
            )
            for slot, width in zip(choice, wish.values(), strict=True)
        )
        best = min(best, len(wish) - len(used)) if fits else best
    return best


def worlds() -> Iterator[tuple[Recipes, list[JobRecord]]]:
    """Every wish of up to three conversions, beside every one or two runs of up to two conversions in every phase."""
    recorded = [
        dict(zip(names, widths, strict=False))
        for names in ("a", "ab", "bc")
        for widths in product((1, 2), repeat=len(names))
    ]
    for wish, first, phase in product(wishes(3), recorded, PHASES):
        yield wish, [ran_as("job", first, phase)]
    for wish, one, other in product(wishes(3), recorded[:6], recorded[:6]):
        for phases in product(ENDED, repeat=2):
            yield wish, [ran_as("job", one, phases[0]), ran_as("job#2", other, phases[1], at=2.0)]


def test_no_division_runs_a_conversion_that_is_current_and_all_others_are_run_in_one_job() -> None:
    count = 0
    for wish, runs in worlds():
        desired = wanted(wish)
        division = divide(desired, runs)
        by_key = {run.address: run for run in runs}
        given = [name for part in division.parts for name in part.conversions]
        assert sorted(given) == sorted(wish), "each conversion stands in just one part"
        fresh = [part for part in division.parts if not _is_current(desired, part)]
        assert len(fresh) <= 1, "one job for all that has to be run"
        price = sum(len(part.conversions) for part in fresh)
        assert price == fewest_credits(wish, runs), (wish, runs, of(division))
        for part in division.parts:
            assert part.record is None or part.record.job_id == by_key[part.key].job_id
        assert {part.key for part in division.parts} | {run.address for run in division.unused} >= by_key.keys()
        count += 1
    assert count > 2000


def _is_current(desired: DesiredJob, part: Any) -> bool:
    record = part.record
    return record is not None and record.phase in ALIVE and same_recipe(restricted(desired, part), record)


CASES: list[tuple[str, Recipes, list[JobRecord], dict[str, tuple[str, ...]]]] = [
    ("nothing is recorded", {"a": 1, "b": 1}, [], {"job": ("a", "b")}),
    ("all is current", {"a": 1, "b": 1}, [ran_as("job", {"a": 1, "b": 1})], {"job": ("a", "b")}),
    ("one changes", {"a": 1, "b": 2}, [ran_as("job", {"a": 1, "b": 1})], {"job": ("a",), "job#2": ("b",)}),
    ("all change", {"a": 2, "b": 2}, [ran_as("job", {"a": 1, "b": 1})], {"job": ("a", "b")}),
    ("one is added", {"a": 1, "b": 1}, [ran_as("job", {"a": 1})], {"job": ("a",), "job#2": ("b",)}),
    ("one goes", {"a": 1}, [ran_as("job", {"a": 1, "b": 1})], {"job": ("a",)}),
    ("another id", {"k": 1}, [ran_as("job", {"a": 1})], {"job": ("k",)}),
    ("two ids are exchanged", {"b": 1, "a": 2}, [ran_as("job", {"a": 1, "b": 2})], {"job": ("b", "a")}),
    (
        "what runs goes on",
        {"a": 1, "b": 2},
        [ran_as("job", {"a": 1, "b": 1}, "started")],
        {"job": ("a",), "job#2": ("b",)},
    ),
    (
        "what is held takes it",
        {"a": 1, "b": 2, "c": 1},
        [ran_as("job", {"a": 1}), ran_as("job#2", {"b": 1}, "building", at=2.0)],
        {"job": ("a",), "job#2": ("b", "c")},
    ),
    (
        "the place of one that failed",
        {"a": 1, "b": 2},
        [ran_as("job", {"a": 1}), ran_as("job#2", {"b": 2}, "failed", at=2.0)],
        {"job": ("a",), "job#2": ("b",)},
    ),
    (
        "the newest run counts",
        {"a": 1},
        [ran_as("job", {"a": 1}), ran_as("job#2", {"a": 1}, at=2.0)],
        {"job#2": ("a",)},
    ),
    (
        "what was let go is wanted again",
        {"a": 1},
        [ran_as("job", {"a": 2}, at=2.0), ran_as("job#2", {"a": 1}, gone_since=3.0)],
        {"job#2": ("a",)},
    ),
]


@pytest.mark.parametrize(("wish", "runs", "parts"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_a_division(wish: Recipes, runs: list[JobRecord], parts: dict[str, tuple[str, ...]]) -> None:
    assert of(divide(wanted(wish), runs)) == parts


def test_asked_to_run_again_everything_runs_together() -> None:
    runs = [ran_as("job", {"a": 1}), ran_as("job#2", {"b": 1}, at=2.0)]
    division = divide(wanted({"a": 1, "b": 1}), runs, again=True)
    assert (of(division), [run.address for run in division.unused]) == ({"job": ("a", "b")}, ["job#2"])


@pytest.mark.parametrize(
    ("runs", "compared"),
    [
        ([ran_as("job", {"a": 1, "b": 1}), ran_as("job#2", {"a": 2}, at=2.0)], {"a": 2, "b": 1}),
        ([ran_as("job", {"a": 1, "b": 1}, at=3.0), ran_as("job#2", {"a": 2}, at=2.0)], {"a": 1, "b": 1}),
        (
            [
                ran_as("job", {"a": 1, "b": 1}, at=2.0),
                ran_as("job#2", {"a": 2, "b": 2}),
                ran_as("job#3", {"a": 3}, at=3.0),
            ],
            {"a": 3, "b": 1},
        ),
        ([ran_as("job", {"a": 1}), ran_as("job#2", {"b": 2}, at=2.0)], {"a": 1, "b": 2}),
        ([ran_as("job", {"a": 1, "b": 1}, "failed", at=3.0), ran_as("job#2", {"a": 2})], {"a": 1, "b": 1}),
        ([ran_as("job", {"a": 1, "b": 1}, "building"), ran_as("job#2", {"a": 2}, at=2.0)], {"a": 1, "b": 1}),
    ],
    ids=["newer", "older", "newest of each", "another's", "failed", "a draft"],
)
def test_what_is_run_again_is_compared_with_the_newest_run_that_made_it(
    runs: list[JobRecord], compared: Recipes
) -> None:
    (part,) = divide(wanted({"a": 9, "b": 9}, "https://new"), runs).parts
    assert part.record is not None
    basis = with_earlier(part.record, part.earlier).basis
    assert {name: one["options"]["width"] for name, one in basis["conversions"].items()} == compared


def test_its_inputs_are_those_of_the_newest_run() -> None:
    newer = replace(ran_as("job#2", {"a": 2}, at=2.0), basis=wanted({"a": 2}, "https://later").basis)
    for host, source in (({"a": 1, "b": 1}, "https://later"), ({"a": 1}, "https://later")):
        (part,) = divide(wanted({"a": 9, "b": 9}, "https://new"), [ran_as("job", host), newer]).parts
        assert part.record is not None
        assert with_earlier(part.record, part.earlier).basis["inputs"] == wanted({"a": 9}, source).basis["inputs"]
    (part,) = divide(wanted({"a": 9, "b": 9}, "https://new"), [ran_as("job", {"a": 1}, at=3.0), newer]).parts
    assert part.record is not None
    assert with_earlier(part.record, part.earlier).basis["inputs"] == wanted({"a": 9}).basis["inputs"]


def test_a_result_that_can_be_had_nowhere_is_made_again_alone() -> None:
    division = divide(wanted({"a": 1, "b": 1}), [ran_as("job", {"a": 1, "b": 1})], lost={"b"})
    assert of(division) == {"job": ("a",), "job#2": ("b",)}
    assert division.parts[1].earlier is not None
    assert [file.conversion for file in division.parts[1].earlier.files] == ["b"]


def test_what_is_cached_is_not_run_with_the_others() -> None:
    division = divide(
        wanted({"a": 1, "b": 1, "c": 1}), [ran_as("job", {"a": 1})], cached=lambda name: "here" if name == "c" else ""
    )
    assert of(division) == {"job": ("a",), "job#2": ("b",), "job#3": ("c",)}
    assert of(divide(wanted({"a": 1}), [], cached=lambda _name: "here")) == {"job": ("a",)}


def test_what_is_there_and_what_comes_are_two_parts() -> None:
    when = {"a": "here", "b": "soon", "c": "here", "d": ""}
    division = divide(wanted(dict.fromkeys("abcd", 1)), [], cached=lambda name: when[name])
    assert of(division) == {"job": ("d",), "job#2": ("a", "c"), "job#3": ("b",)}


@pytest.mark.parametrize("starts", [True, False])
def test_what_is_cached_leaves_a_draft_once_it_starts(starts: bool) -> None:
    draft = ran_as("job", {"a": 1, "b": 1}, "building")
    division = divide(
        wanted({"a": 1, "b": 1}, process=starts), [draft], cached=lambda name: "here" if name == "b" else ""
    )
    assert of(division) == ({"job": ("a",), "job#2": ("b",)} if starts else {"job": ("a", "b")})


def test_a_create_without_an_answer_decides_first() -> None:
    lost = ran_as("job", {"a": 1, "b": 1}, intent=Intent(("create_job",), starts=True))
    assert of(divide(wanted({"a": 1, "b": 2}), [lost])) == {"job": ("a", "b")}


@pytest.mark.parametrize(
    ("process", "drafts", "kept"),
    [
        (False, {"a": 1, "b": 1}, {}),
        (False, {"b": 1}, {"job": ("a",)}),
        (False, {"a": 2}, {"job": ("a", "b")}),
        (True, {"a": 1, "b": 1}, {"job": ("a", "b")}),
    ],
)
def test_what_is_held_anew_of_a_current_result_stays_held_until_it_is_to_be_run(
    process: bool, drafts: Recipes, kept: dict[str, tuple[str, ...]]
) -> None:
    runs = [ran_as("job", {"a": 1, "b": 1}), ran_as("job#2", drafts, "building", at=0.5)]
    held = {} if len(kept.get("job", ())) == 2 else {"job#2": tuple(drafts)}
    assert of(divide(wanted({"a": 1, "b": 1}, process=process), runs)) == kept | held
    runs[1] = replace(runs[1], answered_at=0.0)
    assert of(divide(wanted({"a": 1, "b": 1}, process=process), runs)) == {"job": ("a", "b")}, "an older one"


def test_results_of_a_conversion_that_nobody_asks_for_stay_as_leftovers_and_come_back() -> None:
    run = ran_as("job", {"a": 1, "b": 1})
    (alone,) = divide(wanted({"a": 1}), [run]).parts
    assert alone.record is not None
    assert [file.conversion for file in alone.record.files] == ["a"]
    assert [(file.conversion, file.aside) for file in alone.record.leftover] == [("b", True)]
    (both,) = divide(wanted({"a": 1, "b": 1}), [alone.record]).parts
    assert both.record is not None
    assert {file.conversion for file in both.record.files} == {"a", "b"}
    assert both.record.leftover == ()


@pytest.mark.parametrize("phase", ["failed", "started", "completed"])
def test_a_result_that_is_not_here_yet_has_the_place_of_the_one_before(phase: Phase) -> None:
    before, kept = ran_as("job", {"a": 1, "b": 1}), ran_as("job", {"a": 1})
    runs = [replace(kept, address="job#2"), ran_as("job", {"b": 2}, phase, leftover=before.files[1:])]
    one, other = sorted(divide(wanted({"a": 1, "b": 2}), runs).parts, key=lambda part: part.conversions)
    assert ([*one.elsewhere], [*other.elsewhere]) == (["dist/b.webp"], ["dist/a.webp"])


def test_names_are_made_beside_those_of_other_runs() -> None:
    one, other = divide(wanted({"a": 1, "b": 2}), [ran_as("job", {"a": 1, "b": 1})]).parts
    assert ([*one.elsewhere], [*other.elsewhere]) == (["dist/b.webp"], ["dist/a.webp"])
    kept = without_conversions(ran_as("job", {"a": 1, "b": 1}), ["b"])
    failed = replace(ran_as("job#2", {"b": 2}), phase="failed", files=())
    one, other = divide(wanted({"a": 1, "b": 2}), [kept, failed]).parts
    assert ([*one.elsewhere], [*other.elsewhere]) == (["dist/b.webp"], ["dist/a.webp"]), (
        "what it made before has a place"
    )
    assert restricted(wanted({"a": 1, "b": 2}), other).job.outputs == (Output("b", save="dist/"),)


def test_a_result_that_becomes_another_conversions_leaves_its_place_to_the_one_that_had_it() -> None:
    """The name of the one that takes it over may be made of what only its result tells."""
    run = ran_as("job", {"a": 1})
    parts = divide(wanted({"a": 2, "b": 1}), [run], foreseen={"a": "dist/a.webp"}).parts
    elsewhere = {part.conversions: [*part.elsewhere] for part in parts}
    assert elsewhere == {("b",): ["dist/a.webp"], ("a",): []}


def test_nor_does_a_result_have_the_place_of_one_that_has_its_id_no_more() -> None:
    """The run that made it is called otherwise now, and another conversion has its id."""
    run = ran_as("job", {"a": 1, "b": 1})
    parts = divide(wanted({"m": 1, "b": 1, "a": 2}), [run], foreseen={"m": "dist/a.webp"}).parts
    elsewhere = {part.conversions: {*part.elsewhere} for part in parts}
    assert elsewhere == {("m", "b"): set(), ("a",): {"dist/a.webp", "dist/b.webp"}}
