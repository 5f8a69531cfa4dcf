"""What changes take from one another: whoever takes a result starts once just that one has come good."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Job, Output, Preset
from a2c_spec.core.plan import SIGNS, Change
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.engine.edges import Edges, results_there, whole_results
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.summaries import summarised
from a2c_spec.errors import NotStarted
from tests.engine.planning import put
from tests.engine.projects import WEBP, desired, job, record, session_in

PDF = replace(WEBP, id="pdf", target="pdf")
BOTH = job("base", conversions=(WEBP, PDF), outputs=(Output("webp", save="dist/"), Output("pdf", save="dist/")))
TOP, REST = job("top", "base"), job("rest", "base")
TAKES_PDF = replace(REST, inputs=(*REST.inputs[:1], replace(REST.inputs[1], source="base.pdf")))
SAVED = SavedFile("dist/cover.webp", 1, "ab", "out-1", "webp", ("cover",), 1, "cover.webp", wanted="dist/cover.webp")
ALONE = {**desired(BOTH).basis, "conversions": {"webp": desired(BOTH).basis["conversions"]["webp"]}}
KEPT = record(BOTH, phase="done", basis=ALONE, files=(SAVED,))
"""The run of what a job gave that failed for its other conversion."""


def step(one: Job, key: str = "", **more: Any) -> PlannedChange:
    return PlannedChange(Change(key or one.address, more.pop("action", "create"), ()), desired(one), None, **more)


def among(*steps: PlannedChange) -> Edges:
    busy = [one for one in steps if one.change.action != "no-op"]
    return Edges(steps, busy, [one for one in busy if not one.summary_only])


def refused(edges: Edges, one: PlannedChange) -> str:
    """Why it is not started; empty where it is."""
    try:
        edges.check(one)
    except NotStarted as error:
        return error.message
    return ""


WHOLE: list[tuple[str, JobRecord, list[str]]] = [
    ("kept, and here", KEPT, ["webp"]),
    ("kept, and not fetched", replace(KEPT, phase="completed", files=(replace(SAVED, path=""),)), []),
    ("it runs", replace(KEPT, phase="started"), []),
    ("it failed", replace(KEPT, phase="failed"), []),
    ("of another recipe", replace(KEPT, basis={**ALONE, "conversions": {"webp": {"target": "webp"}}}), []),
    ("of other content", replace(KEPT, basis={}, fingerprint=""), []),
    ("without a result", replace(KEPT, files=()), []),
    (
        "one of two gave nothing",
        record(BOTH, phase="completed", files=(SAVED,)),
        ["webp"],
    ),
    (
        "both, of which one is not here",
        record(BOTH, phase="completed", files=(SAVED, replace(SAVED, conversion="pdf", output_id="out-2", path=""))),
        ["webp"],
    ),
]


@pytest.mark.parametrize(("run", "names"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE])
def test_a_result_is_whole_as_it_is_desired_and_where_it_belongs(run: JobRecord, names: list[str]) -> None:
    assert whole_results(desired(BOTH), run) == names


def test_a_result_that_stays_on_the_service_is_whole_there() -> None:
    kept = replace(BOTH, outputs=(Output("webp"), Output("pdf")))
    run = replace(KEPT, files=(replace(SAVED, path="", wanted=""),))
    assert whole_results(desired(kept), run) == ["webp"]


def test_what_a_failed_job_gave_all_the_same_is_taken_and_the_rest_is_not() -> None:
    base, top, rest = step(BOTH), step(TOP), step(TAKES_PDF)
    edges = among(base, top, rest)
    assert [refused(edges, one) for one in (top, rest)] == ["not started: it needs base"] * 2
    edges.came_good_in_part(base, KEPT)
    assert [refused(edges, one) for one in (top, rest)] == ["", "not started: it needs base"]
    edges.came_good(base)
    assert refused(edges, rest) == ""


AGAIN = PlannedChange(Change("base", "re-run", (), (Call("create_job", starts=True),)), desired(BOTH), KEPT)
GONE = replace(KEPT, gone=("out-1",))
THERE: list[tuple[str, PlannedChange, JobRecord | None, list[str]]] = [
    ("its create was refused", AGAIN, KEPT, []),
    ("its new run gave that", AGAIN, replace(KEPT, job_id="new"), ["webp"]),
    ("its new run goes on", AGAIN, replace(KEPT, job_id="new", phase="started"), []),
    ("nothing is known of it", AGAIN, None, []),
    ("its download failed", replace(AGAIN, change=Change("base", "download", ())), KEPT, ["webp"]),
    ("its download was answered that it has gone", replace(AGAIN, change=Change("base", "download", ())), GONE, []),
    (
        "it was known to be gone, and is here",
        replace(AGAIN, change=Change("base", "rename", ()), record=GONE),
        GONE,
        ["webp"],
    ),
]


@pytest.mark.parametrize(("change", "run", "names"), [row[1:] for row in THERE], ids=[row[0] for row in THERE])
def test_what_a_change_gives_up_is_not_there_for_others_though_it_fails(
    change: PlannedChange, run: JobRecord | None, names: list[str]
) -> None:
    assert results_there(change, run) == names


ANEW = ["create", "re-run", "replace", "update", "cached"]
"""Actions that take something anew."""


@pytest.mark.parametrize("action", [name for name in SIGNS if name != "delete"])
def test_only_what_takes_something_anew_is_held_up_by_what_has_not_come_good(action: str) -> None:
    base, top = step(BOTH), step(TOP, action=action)
    edges = among(base, top)
    assert refused(edges, top) == ("not started: it needs base" if action in ANEW else "")
    edges.came_good(base)
    assert edges.check(top)


def test_of_several_runs_only_the_one_that_makes_a_result_counts() -> None:
    one, other = replace(BOTH, conversions=(WEBP,)), replace(BOTH, conversions=(PDF,))
    webp, pdf = step(one), step(other, "base#2")
    idle = replace(webp, change=replace(webp.change, action="no-op"))
    edges = among(webp, pdf, step(TOP))
    edges.came_good(pdf)
    assert refused(edges, step(TOP)) == "not started: it needs base"
    edges.came_good_in_part(webp, None)
    edges.came_good(webp)
    assert (refused(edges, step(TOP)), refused(among(idle, pdf), step(TOP))) == ("", "")


def test_what_makes_nothing_that_is_taken_holds_nobody_up() -> None:
    """A run that is let go, say, beside those that make what is taken."""
    gone = replace(step(BOTH, "base#2", action="forget"), desired=None)
    assert refused(among(gone, step(TOP)), step(TOP)) == ""


def test_a_summary_does_not_say_what_it_makes_and_may_make_anything() -> None:
    base = step(BOTH)
    short, top = summarised(base, {}), step(TOP)
    edges = among(short, top)
    assert refused(edges, top) == "not started: it needs base"
    edges.came_good(base)
    assert refused(edges, top) == ""


def test_a_preset_that_could_not_be_made_is_missing() -> None:
    preset = PlannedChange(Change("small", "create", ()), None, None, preset=Preset("small", "small", "jpg"))
    one = step(job("a", conversions=(replace(WEBP, preset_from="small"),)))
    edges = among(preset, one)
    edges.came_good_in_part(preset, None)
    assert refused(edges, one) == "not started: it needs small"
    edges.came_good(preset)
    assert refused(edges, one) == ""


def test_a_held_job_is_named_as_one() -> None:
    base = step(replace(BOTH, process=False))
    edges = among(base, step(TOP))
    edges.came_good(base)
    assert refused(edges, step(TOP)) == "not started: it needs base, which is held"


@pytest.mark.parametrize("action", ["no-op", "download"])
def test_what_is_taken_is_of_the_run_that_is_planned_for_it_though_another_one_is_newer(
    action: str, tmp_path: Path
) -> None:
    edges = among(step(BOTH, "base#2", action=action), step(TOP))
    with session_in(tmp_path) as session:
        assert edges.runs_taken(TOP, session.store) == {}
        put(session, replace(KEPT, answered_at=9.0))
        put(session, replace(KEPT, address="base#2"))
        found = edges.runs_taken(TOP, session.store)
        edges.came_good(step(BOTH))
        later = edges.runs_taken(TOP, session.store)
    assert [run.address for run in (found["base.webp"], later["base.webp"])] == ["base#2", "base"]
