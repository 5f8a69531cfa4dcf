"""The results of a job: as an answer shows them, and as a record has them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from a2c_spec.core.desired import Conversion, Input, Job
from a2c_spec.core.live import LiveJob, LiveOutput, Problem
from a2c_spec.core.results import left_out, made_from, partial, partly, shows_all, with_gone, with_results
from a2c_spec.core.state import Element, JobRecord, SavedFile

TWO = {"conversions.png": Element("c1"), "conversions.txt": Element("c2"), "inputs.cover": Element("i1")}
HERE = SavedFile("dist/x.png", 3, "ab", "o1", "png", ("cover",), 1, "x.png", wanted="dist/x.png")


def shown(*outputs: LiveOutput) -> LiveJob:
    return LiveJob("j", "completed", outputs=outputs)


def test_results_that_an_answer_shows_are_known_and_not_here() -> None:
    record = JobRecord("job", "x", "completed", "j", elements=TWO)
    answer = shown(LiveOutput("o1", "c1", ("i1",), "x.png", size=3, checksum="5d"), LiveOutput("o2", "c1", ("i1",)))
    first, second = with_results(record, answer).files
    assert first == SavedFile("", 3, "", "o1", "png", ("cover",), 1, "x.png", checksum="5d")
    assert (second.conversion, second.index) == ("png", 2)


def test_what_is_here_stays_whatever_an_answer_shows() -> None:
    record = JobRecord("job", "x", "done", "j", elements=TWO, files=(HERE,))
    assert with_results(record, shown()) == record
    assert with_results(record, shown(LiveOutput("o1", "c1", (), "other.png", size=9))) == record
    known = with_results(record, shown(LiveOutput("o2", "c2"), LiveOutput("o1", "c1"))).files
    assert [(file.output_id, file.path) for file in known] == [("o1", "dist/x.png"), ("o2", "")]
    aside = replace(record, files=(), leftover=(replace(HERE, aside=True),))
    assert with_results(aside, shown(LiveOutput("o1", "c1"))) == aside, "its conversion may come back"


def test_where_one_result_is_nobodys_nothing_is_known() -> None:
    record = JobRecord("job", "x", "completed", "j", elements=TWO)
    assert with_results(record, shown(LiveOutput("o1", "c1"), LiveOutput("o2", "elsewhere"))) == record


@pytest.mark.parametrize(
    ("names", "conversion", "told"),
    [
        ({"c1": "conversions.png", "c2": "conversions.txt"}, "c2", "txt"),
        ({"c1": "conversions.png", "c2": "conversions.txt"}, "", ""),
        ({"c1": "conversions.png"}, "", "png"),
        ({"c1": "conversions.png"}, "other", ""),
    ],
)
def test_which_conversion_made_a_result(names: dict[str, str], conversion: str, told: str) -> None:
    assert made_from(LiveOutput("o", conversion, ("i1",)), {**names, "i1": "inputs.cover"}) == (told, ("cover",))


def test_an_input_is_left_out_where_a_result_of_others_is_and_all_is_told() -> None:
    assert left_out([("a", ("i",)), ("a", ("k",)), ("b", ("k",))], ["i", "k"]) == {"b": ["i"]}
    assert left_out([("a", ("i", "k")), ("b", ()), ("c", ("elsewhere",))], ["i", "k"]) == {}
    assert left_out([("b", ("k",)), ("b", ())], ["i", "k"]) == {}


def test_a_result_that_was_made_without_an_input_is_partial_as_long_as_it_is_so() -> None:
    record = JobRecord(
        "job", "x", "done", "j", basis={"order": ["cover", "page"]}, files=(HERE,), warnings=("page: gone",)
    )
    assert partial(record) == {"png": ["page"]}
    assert partly(record) == ("partial: png was made without page, until --replace runs it again (page: gone)",)
    whole = replace(HERE, inputs=("cover", "page"))
    for other in (replace(record, warnings=()), replace(record, files=(whole,)), replace(record, phase="failed")):
        assert partial(other) == {}


def test_what_the_service_does_not_have_any_more_is_gone() -> None:
    record = JobRecord("job", "x", "done", "j", files=(HERE, replace(HERE, output_id="o2")), gone=("o0",))
    assert with_gone(record, shown(LiveOutput("o1"), LiveOutput("o2", status="overuse"))).gone == ("o0", "o2")
    assert with_gone(record, None).gone == ("o0", "o1", "o2")


SHOWN = (LiveOutput("o1", "c1", ("i1",)), LiveOutput("o2", "c1", ("i2",)))
NAMES = {"c1": "conversions.sum", "i1": "inputs.a", "i2": "inputs.b"}
BOTH = Job("x", inputs=(Input("a", "upload"), Input("b", "upload")), conversions=(Conversion("sum", "md5", "hash"),))


@pytest.mark.parametrize(
    ("live", "whole"),
    [
        (LiveJob("j", "completed", outputs=SHOWN), True),
        (LiveJob("j", "completed", outputs=SHOWN[:1]), False),
        (LiveJob("j", "completed"), False),
        (LiveJob("j", "completed", outputs=SHOWN[:1], warnings=(Problem("input", "i2", "0", "broken"),)), True),
        (LiveJob("j", "completed", outputs=(LiveOutput("o1", "c1", ("i1", "i2")),)), True),
        (LiveJob("j", "completed", outputs=(LiveOutput("o1", "c1"),)), True),
        (LiveJob("j", "failed", outputs=SHOWN[:1]), True),
    ],
    ids=["both", "one is late", "nothing yet", "one is told to be missing", "one of both", "not told", "failed"],
)
def test_results_that_are_late_are_noticed_as_far_as_the_service_tells(live: LiveJob, whole: bool) -> None:
    assert shows_all(BOTH, NAMES, live) is whole
