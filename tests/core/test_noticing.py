"""What an answer shows beside what was sent is kept of new parts whole, and of edited ones as far as the edit went."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import Call, Effect
from a2c_spec.core.foreign import UNSEEN
from a2c_spec.core.live import LiveInput, LiveJob
from a2c_spec.core.noticing import closed, noticed, seen, unseen_inputs
from a2c_spec.core.state import Element, JobRecord
from tests.core.created_jobs import HELD

OURS = replace(HELD, elements={"inputs.a": Element("in-1", {"filename": "a"})})
ROW: dict[str, Any] = {"id": "in-1", "type": "upload", "options": {"position": 1, "slide_duration": 5}}
BARE: dict[str, Any] = {"id": "in-1", "type": "upload"}
DEFAULT = {"settings": {"slide_duration": 5}}

ADDED: list[tuple[str, Any, Any]] = [
    ("add_inputs", ROW, DEFAULT),
    ("add_inputs", [ROW], DEFAULT),
    ("upload_file", ROW, DEFAULT),
    ("upload_base64", [ROW, {"id": "in-9"}], DEFAULT),
    ("create_job", {"id": "job-1", "input": [ROW]}, DEFAULT),
    ("add_inputs", [BARE], {"settings": {}}),
    ("upload_file", {"id": {"job": "job-1", "input": "in-1"}, "completed": True, "metadata": {}}, UNSEEN),
    ("upload_file", {"id": "in-1"}, UNSEEN),
]


@pytest.mark.parametrize(("kind", "reply", "echo"), ADDED)
def test_an_input_that_was_added_is_known_as_far_as_the_answer_shows_it(kind: str, reply: Any, echo: Any) -> None:
    after = noticed(OURS, Call(kind, creates=("inputs.a",)), reply)
    assert after.elements["inputs.a"].echo == echo


def test_the_order_of_inputs_tells_of_the_settings_that_it_sets_and_of_no_others() -> None:
    known = replace(OURS, elements={"inputs.a": Element("in-1", {"slide_duration": 7}, DEFAULT)})
    reply = [{**ROW, "options": {"slide_duration": 7, "resize_handling": "stretch"}}]
    sets = Call("patch_inputs", effects=(Effect("inputs.a", {"position": 1, "slide_duration": 7}),))
    assert noticed(known, sets, reply).elements["inputs.a"].echo == {"settings": {}}
    moves = Call("patch_inputs", effects=(Effect("inputs.a", {"position": 1}),))
    assert noticed(known, moves, reply).elements["inputs.a"].echo == DEFAULT
    assert noticed(OURS, sets, reply).elements["inputs.a"].echo == {}, "nothing was known of it"
    job = Call("patch_job", body={"process": True})
    assert noticed(OURS, job, {"id": "job-1", "input": [ROW]}) == OURS, "it may be somebody else's"


def test_an_output_is_known_by_the_name_that_it_got() -> None:
    record = replace(HELD, elements={"outputs.o-1": Element("o-1", {"filename": "x"})})
    shown = noticed(record, Call("patch_output"), {"id": "o-1", "filename": "x_.pdf"}).elements["outputs.o-1"]
    assert (shown.sent, shown.echo) == ({"filename": "x"}, {"output": {"filename": "x_.pdf"}})


def test_only_new_inputs_of_a_held_job_are_looked_at_and_only_as_far_as_nothing_is_known() -> None:
    for echo in ({}, UNSEEN):
        _looked_at(replace(OURS, elements={"inputs.a": Element("in-1", {"filename": "a"}, echo)}))


def _looked_at(added: JobRecord) -> None:
    both = {**added.elements, "inputs.b": Element("in-2", echo=DEFAULT), "inputs.c": Element("")}
    record = replace(added, elements=both)
    assert unseen_inputs(record, HELD) == ["inputs.a"]
    assert unseen_inputs(record, added) == []
    assert unseen_inputs(replace(record, phase="started"), HELD) == []
    live = LiveJob("job-1", "incomplete", inputs=(LiveInput("in-1", options={"slide_duration": 5, "x": 1}),))
    assert seen(record, live, HELD).elements == both | {"inputs.a": replace(added.elements["inputs.a"], echo=DEFAULT)}
    assert seen(record, replace(live, inputs=()), HELD) == record


def test_of_a_job_that_runs_nothing_is_kept_of_what_the_service_showed() -> None:
    parts = {
        "job": Element("j", {}, {"fields": {}}),
        "conversions.a": Element("c", {"options": {"x": 1}}, {"options": {}}),
    }
    run = JobRecord("a", "host", "started", "j", elements=parts)
    assert [one.echo for one in closed(run).elements.values()] == [{}, {}]
    assert closed(run).elements["conversions.a"].sent == {"options": {"x": 1}}
    held = replace(run, phase="building")
    assert (closed(held), closed(closed(run))) == (held, closed(run))
