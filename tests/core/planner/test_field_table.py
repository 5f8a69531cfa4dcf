"""The table of fields agrees with the schemas, and the planner does with every field what the table says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Content, Conversion, Input, Job, JobFields, Output, Secret
from a2c_spec.core.live import LiveJob, parse_job
from a2c_spec.core.observed import Observed
from a2c_spec.core.planner.decide import plan_job
from a2c_spec.core.planner.fields import BY_PATH, FIELDS, Field
from a2c_spec.core.prepare import DesiredJob, prepare
from tests.core.planner.situations import JOB_ID, fingerprint_secret, record_of

SCHEMA = Path(__file__).parents[3] / "schemas" / "job.schema.json"
DEFINITIONS = json.loads(SCHEMA.read_text())["definitions"]

NAMES_ONLY = frozenset({"id", "order"})
"""What identifies or places a part and is no property of its own."""

HERE_ONLY = frozenset({"from", "save", "on_conflict"})
"""Properties of ``outputs`` that say where a result goes on this machine; the service never hears of them."""

SECRET = Secret("env:WORD")
OTHER_SECRET = Secret("env:OTHER")

EXAMPLES: Mapping[str, tuple[Any, Any]] = {
    "job.process": (False, True),
    "job.fail_on_input_error": (True, False),
    "job.fail_on_conversion_error": (True, False),
    "job.callback": ("https://example.com/old", "https://example.com/new"),
    "job.notify_status": (False, True),
    "job.download_passwords": ((SECRET,), (OTHER_SECRET,)),
    "inputs.slide_duration": (2.0, 3.0),
    "inputs.resize_handling": ("stretch", "keep_aspect_ratio"),
    "inputs.decrypt_password": (SECRET, OTHER_SECRET),
    "inputs.type": ("remote", "input_id"),
    "inputs.source": ("https://example.com/a", "https://example.com/b"),
    "inputs.filename": ("a", "b"),
    "inputs.pin": ("a" * 64, "b" * 64),
    "inputs.engine": ("auto", "website"),
    "inputs.content_type": ("text/plain", "text/html"),
    "inputs.options": ({"screen_width": 1280}, {"screen_width": 800}),
    "inputs.parameters": ({"bucket": "a"}, {"bucket": "b"}),
    "inputs.credentials": ({"token": SECRET}, {"token": OTHER_SECRET}),
    "conversions.options": ({"quality": 80}, {"quality": 90}),
    "conversions.metadata": ({"title": "Old"}, {"title": "New"}),
    "conversions.target": ("jpg", "png"),
    "conversions.category": ("image", "document"),
    "conversions.output_target": ((), ({"type": "ftp", "parameters": {"host": "ftp.example.com"}},)),
}
"""For every field with a value of its own: before and after. The others have a test each, by name."""

WITH_A_TEST_OF_ITS_OWN = {
    "inputs.order",
    "inputs.path",
    "inputs.content",
    "inputs.from",
    "conversions.preset",
    "outputs.filename",
    "outputs.download_password",
}

FIRST = Input("a", "remote", source="https://example.com/a")
SECOND = Input("b", "remote", source="https://example.com/z")
ONLY = Conversion("out", "jpg", "image")


def job(path: str = "job.process", value: Any = False) -> Job:
    """A held job of two links, with one field as given."""
    part, _, name = path.partition(".")
    fields = JobFields(process=False)
    first, only = FIRST, ONLY
    if part == "job":
        fields = replace(fields, **{name: value})
    elif part == "inputs":
        first = replace(first, **{name: value})
    else:
        only = replace(only, **{name: value})
    return Job("job", fields, (first, SECOND), (only,))


def prepared(one: Job) -> DesiredJob:
    return prepare(one, fingerprint_secret, PlannerOptions())


def reply(one: Job, status: str, **more: object) -> LiveJob:
    inputs = [{"id": f"id-{item.id}", "type": item.type} for item in one.inputs]
    conversions = [
        {"id": f"id-{item.id}", "target": item.target, "category": item.category, "options": dict(item.options)}
        for item in one.conversions
    ]
    body = {"id": JOB_ID, "status": {"code": status}, "process": False, "input": inputs, "conversion": conversions}
    return parse_job(body | more)


def kinds(before: Job, after: Job) -> set[str]:
    """Which calls the planner makes of a change while the job is held."""
    live = reply(before, "incomplete")
    observed = Observed(late=lambda late, _scope: late.text, live=live)
    return {call.kind for call in plan_job(prepared(after), record_of(prepared(before), "building"), observed).calls}


def part(name: str) -> set[str]:
    return {field.path.removeprefix(f"{name}.") for field in FIELDS if field.path.startswith(f"{name}.")} - NAMES_ONLY


def properties(definition: str) -> set[str]:
    return set(DEFINITIONS[definition].get("properties", {})) - NAMES_ONLY


def test_the_job_fields_of_the_table_are_those_of_the_schema() -> None:
    assert part("job") == properties("job")


def test_the_input_fields_of_the_table_are_those_of_all_input_types_of_the_schema() -> None:
    branches = [name for name in DEFINITIONS if name.startswith("input_")]
    assert part("inputs") == set().union(*map(properties, branches))


def test_the_conversion_fields_of_the_table_are_those_of_the_schema() -> None:
    assert part("conversions") == properties("conversion")


def test_the_output_fields_of_the_table_are_those_of_the_schema_that_the_service_hears_of() -> None:
    assert part("outputs") == properties("output") - HERE_ONLY


def test_every_field_has_an_example_or_a_test_of_its_own() -> None:
    assert {*EXAMPLES} | WITH_A_TEST_OF_ITS_OWN == {*BY_PATH}


@pytest.mark.parametrize("field", [field for field in FIELDS if field.path in EXAMPLES], ids=lambda field: field.path)
def test_a_field_of_a_held_job_is_changed_by_the_call_that_the_table_names(field: Field) -> None:
    before, after = EXAMPLES[field.path]
    replaced = {"delete_input", "add_inputs", "patch_inputs"}
    if field.path.startswith("conversions."):
        replaced = {"delete_conversion", "add_conversions"}
    done = kinds(job(field.path, before), job(field.path, after))
    assert done == ({field.call} if field.call else replaced) or (
        not field.call and done == {"delete_job", "create_job"}
    )


@pytest.mark.parametrize("field", [field for field in FIELDS if field.secret and field.path in EXAMPLES], ids=str)
def test_a_secret_field_is_recorded_as_a_mark_and_sent_as_a_reference(field: Field) -> None:
    record = record_of(prepared(job(field.path, EXAMPLES[field.path][1])), "building")
    text = repr([element.sent for element in record.elements.values()])
    assert "Secret(" not in text
    if field.path != "conversions.output_target":
        assert fingerprint_secret(OTHER_SECRET) in text


@pytest.mark.parametrize("field", [field for field in FIELDS if field.reset is not None], ids=lambda field: field.path)
def test_a_field_no_longer_mentioned_is_set_to_what_the_table_calls_its_reset(field: Field) -> None:
    name = field.path.removeprefix("job.")
    before = job(field.path, EXAMPLES[field.path][1])
    observed = Observed(late=lambda late, _scope: late.text, live=reply(before, "incomplete"))
    (call,) = plan_job(prepared(job()), record_of(prepared(before), "building"), observed).calls
    assert call.body == {name: field.reset}


def test_the_order_of_inputs_is_changed_by_the_call_that_the_table_names() -> None:
    before = job()
    assert kinds(before, replace(before, inputs=before.inputs[::-1])) == {BY_PATH["inputs.order"].call}


def uploading(path: str, words: str) -> Job:
    return replace(job(), inputs=(Input("a", "upload", path=path, content=Content(5, words * 32, words * 16)), SECOND))


def test_other_bytes_are_uploaded_and_the_same_bytes_at_another_path_are_not() -> None:
    assert BY_PATH["inputs.content"].call == BY_PATH["inputs.path"].call == ""
    assert kinds(uploading("a.png", "00"), uploading("a.png", "11")) == {"delete_input", "upload_file", "patch_inputs"}
    assert kinds(uploading("x/a.png", "00"), uploading("y/a.png", "00")) == set()


def test_a_result_of_another_job_is_replaced_like_any_source() -> None:
    assert BY_PATH["inputs.from"].call == ""
    before, after = (
        replace(job(), inputs=(SECOND, Input("a", "from", source=name))) for name in ("one.pdf", "two.pdf")
    )
    assert kinds(before, after) == {"delete_input", "add_inputs"}


def test_another_preset_is_an_option_changed() -> None:
    plain, fancy = (replace(job(), conversions=(replace(ONLY, preset_from=name),)) for name in ("plain", "fancy"))
    assert kinds(plain, fancy) == {BY_PATH["conversions.preset"].call}


def finished(output: Output) -> set[str]:
    """Which calls rename or protect the result of a job that is completed."""
    before = job("job.process", True)
    rows = [{"id": "o1", "source": {"conversion": "id-out", "input": ["id-a"]}, "filename": "x.jpg"}]
    observed = Observed(late=lambda late, _scope: late.text, live=reply(before, "completed", process=True, output=rows))
    after = replace(before, outputs=(output,))
    return {call.kind for call in plan_job(prepared(after), record_of(prepared(before), "completed"), observed).calls}


def test_names_and_passwords_of_results_can_be_changed_after_the_run() -> None:
    assert finished(Output("out", filename="new")) == {BY_PATH["outputs.filename"].call}
    assert finished(Output("out", download_password=SECRET)) == {BY_PATH["outputs.download_password"].call}
