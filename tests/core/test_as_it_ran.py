"""Whether a job ran as it was sent: between two calls anybody could change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.as_it_ran import as_it_ran
from a2c_spec.core.foreign import ELSEWHERE, UNSEEN
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.state import Element, JobRecord

ECHO: Mapping[str, Mapping[str, Any]] = {"options": {"quality": 80}, "metadata": {}}
WEBP, PNG = {"target": "webp", "options": {"width": 8}}, {"target": "png"}
RUN = JobRecord(
    "job",
    "host",
    "started",
    "job-1",
    elements={
        "job": Element("job-1", {}, {"fields": {}}),
        "inputs.a": Element("in-1", {"identity": {"type": "remote"}}, {"settings": {}}),
        "inputs.b": Element("in-2", {"identity": {"type": "remote"}}, {"settings": {}}),
        "conversions.webp": Element("con-1", {**WEBP, "metadata": {}}, ECHO),
        "conversions.png": Element("con-2", {**PNG, "options": {}, "metadata": {}}, ECHO),
    },
    fingerprint="f",
    basis={"order": ["a", "b"], "inputs": {"a": {"u": 1}, "b": {"u": 2}}, "conversions": {"webp": WEBP, "png": PNG}},
)
A, B = LiveInput("in-1", "remote", "https://x/a"), LiveInput("in-2", "remote", "https://x/b")
ONE = LiveConversion("con-1", "webp", "image", {"width": 8, "quality": 80})
TWO = LiveConversion("con-2", "png", "image", {"width": None, "quality": 80})
LIVE = LiveJob("job-1", "completed", inputs=(A, B), conversions=(ONE, TWO), process=True)
ONE_CALL = replace(RUN, elements={name: replace(one, echo={}) for name, one in RUN.elements.items()})
UNSHOWN = replace(
    RUN,
    elements={
        name: replace(one, echo=UNSEEN if name.startswith("inputs.") else one.echo)
        for name, one in RUN.elements.items()
    },
)
WIDER = replace(LIVE, conversions=(ONE, replace(TWO, options={"width": 9, "quality": 80})))
REORDERED = replace(LIVE, inputs=(replace(A, options={"position": 2}), replace(B, options={"position": 1})))
EQUAL = replace(RUN, basis={**RUN.basis, "inputs": {"a": {"u": 1}, "b": {"u": 1}}})
ADDED = replace(LIVE, conversions=(ONE, TWO, LiveConversion("con-3", "gif", "image")))

SAME: list[tuple[str, JobRecord, LiveJob]] = [
    ("as it was sent", RUN, LIVE),
    (
        "the service's own of inputs that no answer showed",
        UNSHOWN,
        replace(LIVE, inputs=(replace(A, options={"slide_duration": 5}), B)),
    ),
    ("not started yet", RUN, replace(WIDER, status="incomplete", process=False)),
    ("a draft", replace(RUN, phase="building"), WIDER),
    ("seen already", replace(RUN, phase="done"), WIDER),
    ("what the service adds to a job of one call", ONE_CALL, WIDER),
    ("a callback", RUN, replace(LIVE, fields={"callback": "https://x"})),
    (
        "the name of a result",
        RUN,
        replace(LIVE, conversions=(replace(ONE, options={**ONE.options, "output_filename": "n"}), TWO)),
    ),
    ("an input that the service made of ours", RUN, replace(LIVE, inputs=(A, B, LiveInput("in-3", "extracted")))),
    ("inputs more of a job that was not held", ONE_CALL, replace(LIVE, inputs=(A, B, LiveInput("in-3", "remote")))),
    ("equal inputs, of which it is not told which one is which", EQUAL, REORDERED),
    ("another order of a job that was not held", ONE_CALL, REORDERED),
    ("a conversion less of a job that was not held", ONE_CALL, replace(LIVE, conversions=(ONE,))),
    ("no inputs shown", RUN, replace(LIVE, inputs=())),
]


@pytest.mark.parametrize(("record", "live"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_what_ran_as_it_was_sent_keeps_its_record(record: JobRecord, live: LiveJob) -> None:
    ran = as_it_ran(record, live)
    assert (ran.record, ran.unlike) == (record, ())


def test_a_conversion_that_was_changed_has_the_recipe_that_it_ran_with() -> None:
    ran = as_it_ran(RUN, WIDER)
    assert ran.unlike == ("conversion png changed on the service: options.width (unset) -> 9",)
    assert ran.record.basis["conversions"] == {"webp": WEBP, "png": {**PNG, "options": {"width": 9}}}
    assert ran.record.elements["conversions.png"].echo[ELSEWHERE] == {"options.width": None}
    assert (ran.record.phase, ran.record.fingerprint == "f") == ("started", False)


def test_a_conversion_that_was_taken_away_was_not_run() -> None:
    ran = as_it_ran(RUN, replace(LIVE, conversions=(ONE,)))
    assert ran.unlike == ("conversion png is no longer on the service: removed outside a2c-spec",)
    assert ran.record.basis["conversions"] == {"webp": WEBP}


def test_a_conversion_that_was_added_is_known_under_a_name_that_no_manifest_gives() -> None:
    ran = as_it_ran(RUN, ADDED)
    assert (ran.unlike, ran.record.basis) == ((), RUN.basis)
    assert ran.record.elements["conversions.#con-3"].api_id == "con-3"


ALL: list[tuple[str, LiveJob]] = [
    ("order", REORDERED),
    ("an input is taken away", replace(LIVE, inputs=(A,))),
    ("an input is added", replace(LIVE, inputs=(A, B, LiveInput("in-3", "remote", "https://x/c")))),
    ("an input's setting", replace(LIVE, inputs=(replace(A, options={"slide_duration": 9}), B))),
]


@pytest.mark.parametrize("live", [row[1] for row in ALL], ids=[row[0] for row in ALL])
def test_of_what_decides_every_result_none_is_known_to_be_as_it_was_sent(live: LiveJob) -> None:
    ran = as_it_ran(RUN, live)
    assert (len(ran.unlike), ran.record.basis, ran.record.fingerprint) == (1, {}, "")
