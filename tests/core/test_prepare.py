"""The desired job made ready: names and passwords set before the run, ignored attributes kept as they were applied."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Content, Conversion, Input, Job, Late, Lifecycle, Output, Secret
from a2c_spec.core.prepare import base_name, keep_ignored, prepare, static_name
from a2c_spec.core.state import JobRecord
from tests.core.planner.situations import fingerprint_secret, record_of

SECRET = Secret("env:WORD")
NAMES = [
    ("report.pdf", "report"),
    ("report", "report"),
    ("a.b.pdf", "a.b"),
    (".pdf", ".pdf"),
    ("v1.2", "v1.2"),
    ("x.mp3", "x"),
    ("x.jpeg2", "x"),
    ("x.longer", "x.longer"),
    ("x.a b", "x.a b"),
    ("x.", "x."),
]


@pytest.mark.parametrize(("filename", "stem"), NAMES)
def test_a_short_alphanumeric_ending_is_an_extension(filename: str, stem: str) -> None:
    assert base_name(filename) == stem


STATIC: list[tuple[list[Output], str]] = [
    ([], ""),
    ([Output("webp", filename="x.webp")], "x"),
    ([Output("webp")], ""),
    ([Output("webp", input="a", filename="x")], ""),
    ([Output("webp", filename=Late("${{ output.index }}", {}))], ""),
    ([Output("webp", filename="x"), Output("webp", filename="y")], ""),
]


@pytest.mark.parametrize(("outputs", "name"), STATIC)
def test_a_name_is_known_before_the_run_if_all_results_get_it(outputs: list[Output], name: str) -> None:
    assert static_name(outputs) == name


def made(*outputs: Output, unnamed: str = "", **options: Any) -> Any:
    job = Job("job", conversions=(Conversion("webp", "webp", "image", options),), outputs=outputs)
    ready = prepare(job, fingerprint_secret, PlannerOptions(unnamed_targets=frozenset({unnamed})))
    return ready.job.conversions[0].options


def test_names_and_passwords_are_options_before_the_run() -> None:
    named = Output("webp", filename="x.webp", download_password=SECRET)
    assert made(named, width=1) == {"output_filename": "x", "download_password": SECRET, "width": 1}
    assert made(Output("other", filename="x", download_password=SECRET)) == {}
    assert made(Output("webp", input="a", download_password=SECRET)) == {}
    assert made(named, named) == {}


def test_what_the_manifest_says_itself_wins() -> None:
    assert made(Output("webp", filename="x"), output_filename="mine") == {"output_filename": "mine"}


def test_a_target_that_takes_no_name_gets_none() -> None:
    assert made(Output("webp", filename="x"), unnamed="image/webp") == {}


BYTES = Content(1, "ab" * 32, "cd" * 16)
OTHER = Content(1, "00" * 32, "cd" * 16)


def built(**more: Any) -> Job:
    cover = Input("cover", "upload", path="a.png", content=BYTES, settings={"slide_duration": 2.0})
    webp = Conversion("webp", "webp", "image", {"width": 1, "password": SECRET}, {"title": "A"})
    job = Job(
        "job", fields={"callback": "https://a", "download_passwords": (SECRET,)}, inputs=(cover,), conversions=(webp,)
    )
    return replace(job, **more)


def recorded(job: Job) -> JobRecord:
    return record_of(prepare(job, fingerprint_secret, PlannerOptions()), "done")


def conversion(**more: Any) -> Job:
    return built(conversions=(replace(built().conversions[0], **more),))


def an_input(**more: Any) -> Job:
    return built(inputs=(replace(built().inputs[0], **more),))


def kept(now: Job, *ignore: str, before: Job | None = None) -> Job:
    """The job with these attributes ignored, without its lifecycle, after ``before`` was applied."""
    result = keep_ignored(replace(now, lifecycle=Lifecycle(ignore=ignore)), recorded(before or built()))
    return replace(result, lifecycle=Lifecycle())


OPTIONS: list[tuple[str, Any, Any]] = [
    ("conversions.webp.options.width", {"width": 2}, {"width": 1}),
    ("conversions.webp.options.width", {}, {"width": 1}),
    ("conversions.webp.options.width", {"width": 2, "height": 3}, {"width": 1, "height": 3}),
    ("conversions.webp.options.height", {"width": 2, "height": 3}, {"width": 2}),
    ("conversions.webp.options", {"width": 2, "height": 3}, {"width": 1}),
    ("conversions.webp.options", {}, {"width": 1}),
    ("conversions.webp.options.password", {"password": "new"}, {"password": "new"}),
    ("conversions.webp.options", {"password": "new"}, {"password": "new", "width": 1}),
    ("conversions.other.options", {"width": 2}, {"width": 2}),
    ("conversions.webp.target", {"width": 2}, {"width": 2}),
]


@pytest.mark.parametrize(("path", "wanted", "result"), OPTIONS)
def test_ignored_options_stay_as_applied_and_newly_added_ones_are_left_out(path: str, wanted: Any, result: Any) -> None:
    assert kept(conversion(options=wanted), path).conversions[0].options == result


METADATA: list[tuple[str, Any, Any]] = [
    ("conversions.webp.metadata.title", {"title": "B"}, {"title": "A"}),
    ("conversions.webp.metadata", {"title": "B", "author": "C"}, {"title": "A"}),
    ("conversions.webp.options", {"title": "B"}, {"title": "B"}),
]


@pytest.mark.parametrize(("path", "wanted", "result"), METADATA)
def test_ignored_metadata_is_treated_alike(path: str, wanted: Any, result: Any) -> None:
    now = kept(conversion(metadata=wanted), path).conversions[0]
    assert now.metadata == result
    assert now.options["width"] == 1


def test_ignored_bytes_stand_for_the_new_ones_in_comparisons_only() -> None:
    (item,) = kept(an_input(content=OTHER), "inputs.cover.content").inputs
    assert (item.content, item.applied_sha256) == (OTHER, BYTES.sha256)
    (item,) = kept(an_input(content=OTHER), "inputs.other.content").inputs
    assert item.applied_sha256 == ""


def test_bytes_that_were_never_applied_are_not_ignored() -> None:
    new = built(inputs=(replace(built().inputs[0], id="new"),))
    assert kept(new, "inputs.new.content").inputs[0].applied_sha256 == ""


SETTINGS: list[tuple[str, Any, Any]] = [
    ("inputs.cover.slide_duration", {"slide_duration": 5.0}, {"slide_duration": 2.0}),
    ("inputs.cover.slide_duration", {}, {"slide_duration": 2.0}),
    ("inputs.cover.resize_handling", {"resize_handling": "stretch"}, {}),
    ("inputs.cover.filename", {"slide_duration": 5.0}, {"slide_duration": 5.0}),
    ("inputs.other.slide_duration", {"slide_duration": 5.0}, {"slide_duration": 5.0}),
]


@pytest.mark.parametrize(("path", "wanted", "result"), SETTINGS)
def test_ignored_settings_of_an_input_stay_as_applied(path: str, wanted: Any, result: Any) -> None:
    assert kept(an_input(settings=wanted), path).inputs[0].settings == result


def test_settings_of_an_input_that_was_never_sent_stay() -> None:
    new = built(inputs=(replace(built().inputs[0], id="new", settings={"slide_duration": 5.0}),))
    assert kept(new, "inputs.new.slide_duration").inputs[0].settings == {"slide_duration": 5.0}


FIELDS: list[tuple[str, Any, Any]] = [
    ("job.callback", {"callback": "https://b"}, {"callback": "https://a"}),
    ("job.callback", {}, {"callback": "https://a"}),
    ("job.notify_status", {"notify_status": True, "callback": "https://b"}, {"callback": "https://b"}),
    ("job.download_passwords", {"download_passwords": ("new",)}, {"download_passwords": ("new",)}),
]


@pytest.mark.parametrize(("path", "wanted", "result"), FIELDS)
def test_ignored_fields_stay_as_applied_and_secrets_as_the_manifest_says(path: str, wanted: Any, result: Any) -> None:
    assert kept(built(fields=wanted), path).fields == result


def test_whether_a_job_runs_is_never_ignored() -> None:
    assert kept(built(process=False), "job.process").process is False


@pytest.mark.parametrize("path", ["", "job", "job.colour", "colour", "inputs", "inputs.x", "conversions..options"])
def test_a_path_that_names_nothing_changes_nothing(path: str) -> None:
    assert kept(built(), path) == built()


def test_without_a_record_nothing_is_ignored() -> None:
    job = built(lifecycle=Lifecycle(ignore=("job.callback", "conversions.webp.options")))
    assert keep_ignored(job, None) == job
    never_sent = JobRecord("job", "x")
    assert keep_ignored(job, never_sent) == job


def test_several_ignored_attributes_are_all_kept() -> None:
    now = kept(
        built(fields={"callback": "https://b"}, conversions=(Conversion("webp", "webp", "image", {"width": 9}),)),
        "job.callback",
        "conversions.webp.options.width",
    )
    assert (now.fields["callback"], now.conversions[0].options) == ("https://a", {"width": 1})
