"""The tables of fields agree with the schemas; what is in no table is patched or replaced, each with a case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Content, Conversion, Input, Job, Output, Secret
from a2c_spec.core.live import LiveJob, parse_job
from a2c_spec.core.observed import Observed
from a2c_spec.core.patchable_fields import INPUT_SETTINGS, JOB_FIELDS
from a2c_spec.core.planner import plan_job
from a2c_spec.core.prepare import DesiredJob, prepare
from tests.core.planner.situations import JOB_ID, fingerprint_secret, record_of

SCHEMA = Path(__file__).parents[2] / "schemas" / "job.schema.json"
DEFINITIONS = json.loads(SCHEMA.read_text())["definitions"]

NAMES_ONLY = frozenset({"id", "order"})
"""What identifies or places a part and is no property of its own."""

HERE_ONLY = frozenset({"from", "save", "on_conflict"})
"""Properties of ``outputs`` that say where a result goes on this machine; the service never hears of them."""

SECRET = Secret("env:WORD")
OTHER_SECRET = Secret("env:OTHER")

JOB_EXAMPLES: Mapping[str, tuple[Any, Any]] = {
    "fail_on_input_error": (True, False),
    "fail_on_conversion_error": (True, False),
    "callback": ("https://example.com/old", "https://example.com/new"),
    "notify_status": (False, True),
    "download_passwords": ((SECRET,), (OTHER_SECRET,)),
}
SETTING_EXAMPLES: Mapping[str, tuple[Any, Any]] = {
    "slide_duration": (2.0, 3.0),
    "resize_handling": ("stretch", "keep_aspect_ratio"),
}
"""For every row of the tables: before and after."""

PATCHED: Mapping[str, tuple[Any, Any, str]] = {
    "inputs.decrypt_password": (SECRET, OTHER_SECRET, "patch_input"),
    "conversions.options": ({"quality": 80}, {"quality": 90}, "patch_conversion"),
    "conversions.metadata": ({"title": "Old"}, {"title": "New"}, "patch_conversion"),
}
"""What else one PATCH changes while the job is held."""

REPLACED: Mapping[str, tuple[Any, Any]] = {
    "inputs.type": ("remote", "input_id"),
    "inputs.source": ("https://example.com/a", "https://example.com/b"),
    "inputs.filename": ("a", "b"),
    "inputs.pin": ("a" * 64, "b" * 64),
    "inputs.engine": ("auto", "website"),
    "inputs.content_type": ("text/plain", "text/html"),
    "inputs.options": ({"screen_width": 1280}, {"screen_width": 800}),
    "inputs.parameters": ({"bucket": "a"}, {"bucket": "b"}),
    "inputs.credentials": ({"token": SECRET}, {"token": OTHER_SECRET}),
    "conversions.target": ("jpg", "png"),
    "conversions.category": ("image", "document"),
    "conversions.output_target": ((), ({"type": "ftp", "parameters": {"host": "ftp.example.com"}},)),
}
"""What no PATCH changes: the part is deleted and added anew."""

WITH_A_TEST_OF_ITS_OWN = {"inputs.path", "inputs.content", "inputs.from", "conversions.preset"}

FIRST = Input("a", "remote", source="https://example.com/a")
SECOND = Input("b", "remote", source="https://example.com/z")
ONLY = Conversion("out", "jpg", "image")


def job(path: str = "", value: Any = None) -> Job:
    """A held job of two links, with one field as given."""
    part, _, name = path.partition(".")
    first, only, fields = FIRST, ONLY, {}
    if part == "job":
        fields = {name: value}
    elif name in INPUT_SETTINGS:
        first = replace(first, settings={name: value})
    elif part == "inputs":
        first = replace(first, **{name: value})
    elif part:
        only = replace(only, **{name: value})
    return Job("job", False, fields, (first, SECOND), (only,))


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


def properties(definition: str) -> set[str]:
    return set(DEFINITIONS[definition].get("properties", {})) - NAMES_ONLY


def test_the_rows_for_the_job_are_the_properties_of_the_schema() -> None:
    assert {"process", *JOB_FIELDS} == properties("job")
    assert {*JOB_EXAMPLES} == {*JOB_FIELDS}


def test_every_property_of_an_input_is_a_setting_is_patched_or_is_replaced() -> None:
    branches = [name for name in DEFINITIONS if name.startswith("input_")]
    known = {*PATCHED, *REPLACED, *WITH_A_TEST_OF_ITS_OWN}
    ours = {name.removeprefix("inputs.") for name in known if name.startswith("inputs.")}
    assert ours | {*INPUT_SETTINGS} == set().union(*map(properties, branches))
    assert {*SETTING_EXAMPLES} == {*INPUT_SETTINGS}


def test_every_property_of_a_conversion_is_patched_or_replaced() -> None:
    known = {*PATCHED, *REPLACED, *WITH_A_TEST_OF_ITS_OWN}
    ours = {name.removeprefix("conversions.") for name in known if name.startswith("conversions.")}
    assert ours == properties("conversion")


def test_the_service_hears_only_of_the_name_and_the_password_of_an_output() -> None:
    assert properties("output") - HERE_ONLY == {"filename", "download_password"}


@pytest.mark.parametrize("name", JOB_FIELDS)
def test_a_job_field_is_changed_by_one_patch_of_the_job(name: str) -> None:
    before, after = (job(f"job.{name}", value) for value in JOB_EXAMPLES[name])
    assert kinds(before, after) == {"patch_job"}


def test_holding_is_lifted_by_one_patch_of_the_job() -> None:
    assert kinds(job(), replace(job(), process=True)) == {"patch_job"}


@pytest.mark.parametrize("name", INPUT_SETTINGS)
def test_an_input_setting_is_changed_by_the_patch_of_all_inputs(name: str) -> None:
    before, after = (job(f"inputs.{name}", value) for value in SETTING_EXAMPLES[name])
    assert kinds(before, after) == {"patch_inputs"}


@pytest.mark.parametrize("path", PATCHED)
def test_what_one_part_lets_be_patched_is_patched(path: str) -> None:
    before, after, call = PATCHED[path]
    assert kinds(job(path, before), job(path, after)) == {call}


@pytest.mark.parametrize("path", REPLACED)
def test_what_no_patch_changes_is_deleted_and_added_anew(path: str) -> None:
    part = path.partition(".")[0].removesuffix("s")
    anew = (
        {"delete_input", "add_inputs", "patch_inputs"} if part == "input" else {"delete_conversion", "add_conversions"}
    )
    before, after = (job(path, value) for value in REPLACED[path])
    assert kinds(before, after) in (anew, {"delete_job", "create_job"})


@pytest.mark.parametrize("path", ["job.download_passwords", "inputs.decrypt_password", "inputs.credentials"])
def test_a_secret_is_recorded_as_a_keyed_digest_and_sent_as_a_reference(path: str) -> None:
    value = (OTHER_SECRET,) if path.startswith("job") else {"token": OTHER_SECRET} if "cred" in path else OTHER_SECRET
    record = record_of(prepared(job(path, value)), "building")
    text = repr([element.sent for element in record.elements.values()])
    assert "Secret(" not in text
    assert fingerprint_secret(OTHER_SECRET) in text


@pytest.mark.parametrize("name", JOB_FIELDS)
def test_a_field_no_longer_mentioned_is_reset_to_its_default(name: str) -> None:
    before = job(f"job.{name}", JOB_EXAMPLES[name][1])
    observed = Observed(late=lambda late, _scope: late.text, live=reply(before, "incomplete"))
    (call,) = plan_job(prepared(job()), record_of(prepared(before), "building"), observed).calls
    assert call.body == {name: JOB_FIELDS[name].reset}


def test_the_order_of_inputs_is_changed_by_the_call_that_the_table_names() -> None:
    before = job()
    assert kinds(before, replace(before, inputs=before.inputs[::-1])) == {"patch_inputs"}


def uploading(path: str, words: str) -> Job:
    return replace(job(), inputs=(Input("a", "upload", path=path, content=Content(5, words * 32, words * 16)), SECOND))


def test_other_bytes_are_uploaded_and_the_same_bytes_at_another_path_are_not() -> None:
    assert kinds(uploading("a.png", "00"), uploading("a.png", "11")) == {"delete_input", "upload_file", "patch_inputs"}
    assert kinds(uploading("x/a.png", "00"), uploading("y/a.png", "00")) == set()


def test_a_result_of_another_job_is_replaced_like_any_source() -> None:
    before, after = (
        replace(job(), inputs=(SECOND, Input("a", "from", source=name))) for name in ("one.pdf", "two.pdf")
    )
    assert kinds(before, after) == {"delete_input", "add_inputs"}


def test_another_preset_is_an_option_changed() -> None:
    plain, fancy = (replace(job(), conversions=(replace(ONLY, preset_from=name),)) for name in ("plain", "fancy"))
    assert kinds(plain, fancy) == {"patch_conversion"}


def finished(output: Output) -> set[str]:
    """Which calls rename or protect the result of a job that is completed."""
    before = replace(job(), process=True)
    rows = [{"id": "o1", "source": {"conversion": "id-out", "input": ["id-a"]}, "filename": "x.jpg"}]
    observed = Observed(late=lambda late, _scope: late.text, live=reply(before, "completed", process=True, output=rows))
    after = replace(before, outputs=(output,))
    return {call.kind for call in plan_job(prepared(after), record_of(prepared(before), "completed"), observed).calls}


def test_names_and_passwords_of_results_can_be_changed_after_the_run() -> None:
    assert finished(Output("out", filename="new")) == {"patch_output"}
    assert finished(Output("out", download_password=SECRET)) == {"patch_output"}
