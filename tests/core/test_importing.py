"""A live job turned back into what a manifest would say of it, and the record that makes it ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Input, Output, Secret
from a2c_spec.core.drift import drift
from a2c_spec.core.importing import ImportHints, job_from, record_of, variables_of
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob, LiveOutput
from a2c_spec.core.prepare import prepare
from tests.core.planner.situations import fingerprint_secret

NOTHING = ImportHints()
LINK = LiveInput("in-1", "remote", "https://x/My Cover.png?a=/b", engine="auto")
WEBP = LiveConversion("con-1", "webp", "image", {"width": 64, "quality": None})
LIVE = LiveJob("job-1", "completed", process=True, inputs=(LINK,), conversions=(WEBP,))


def test_a_job_runs_unless_it_is_held() -> None:
    assert job_from(LIVE, "a", NOTHING).process
    assert not job_from(replace(LIVE, status="incomplete", process=False), "a", NOTHING).process
    assert job_from(replace(LIVE, status="incomplete", process=True), "a", NOTHING).process
    assert job_from(replace(LIVE, process=False), "a", NOTHING).process


def test_only_fields_that_are_not_at_their_default_are_said() -> None:
    fields = {"fail_on_input_error": True, "callback": "https://c", "notify_status": False}
    assert job_from(replace(LIVE, fields=fields), "a", NOTHING).fields == {"callback": "https://c"}


INPUTS: list[tuple[str, dict[str, Any], Input]] = [
    ("a link", {}, Input("my-cover", "remote", source=LINK.source)),
    ("an engine", {"engine": "website"}, Input("my-cover", "remote", source=LINK.source, engine="website")),
    ("no engine", {"engine": ""}, Input("my-cover", "remote", source=LINK.source)),
    ("a file name", {"filename": "Page 1.PDF"}, Input("page-1", "remote", source=LINK.source, filename="Page 1.PDF")),
    ("the name of the source", {"filename": "My Cover.png"}, Input("my-cover", "remote", source=LINK.source)),
    ("a media type", {"content_type": "a/b"}, Input("my-cover", "remote", source=LINK.source, content_type="a/b")),
    ("no name at all", {"source": ""}, Input("remote", "remote")),
    ("a name of signs", {"filename": "???"}, Input("part", "remote", source=LINK.source, filename="???")),
    (
        "options and settings",
        {"options": {"screen_width": 9, "x": None, "position": 3, "slide_duration": 2.0, "list": [{"a": [1]}]}},
        Input(
            "my-cover",
            "remote",
            source=LINK.source,
            options={"screen_width": 9, "list": ({"a": (1,)},)},
            settings={"slide_duration": 2.0},
        ),
    ),
    (
        "a cloud",
        {"type": "cloud", "source": "ftp", "parameters": {"host": "h"}},
        Input(
            "ftp",
            "cloud",
            source="ftp",
            parameters={"host": "h"},
            credentials={
                "username": Secret("env:A2C_VAR_FTP_USERNAME"),
                "password": Secret("env:A2C_VAR_FTP_PASSWORD"),
            },
        ),
    ),
    (
        "a picker",
        {"type": "gdrive_picker", "source": "id", "filename": "my.doc.txt"},
        Input(
            "my-doc",
            "gdrive_picker",
            source="id",
            filename="my.doc.txt",
            credentials={"token": Secret("env:A2C_VAR_MY_DOC_TOKEN")},
        ),
    ),
    ("an upload that lies here", {"type": "upload", "checksum": "m"}, Input("my-cover", "upload", path="src/a.png")),
    ("an upload that does not", {"type": "base64", "checksum": "n"}, Input("my-cover", "input_id", source="in-1")),
    (
        "an upload under another name",
        {"type": "upload", "checksum": "m", "filename": "b.png", "content_type": "image/png"},
        Input("b", "upload", path="src/a.png", filename="b.png"),
    ),
    (
        "an upload that lies nowhere, with its name",
        {"type": "upload", "checksum": "n", "filename": "b.png"},
        Input("b", "input_id", source="in-1", filename="b.png"),
    ),
    (
        "an upload with a setting",
        {"type": "upload", "checksum": "m", "options": {"resize_handling": "stretch", "x": 1}},
        Input("my-cover", "upload", path="src/a.png", settings={"resize_handling": "stretch"}),
    ),
]


@pytest.mark.parametrize(("more", "item"), [row[1:] for row in INPUTS], ids=[row[0] for row in INPUTS])
def test_an_input_is_said_as_a_manifest_would(more: dict[str, Any], item: Input) -> None:
    live = replace(LIVE, inputs=(replace(LINK, **more),))
    assert job_from(live, "a", ImportHints(files={"m": "src/a.png"})).inputs == (item,)


def test_ids_are_given_once_and_inputs_stand_in_their_order() -> None:
    rows = tuple(replace(LINK, id=f"in-{n}", options={"position": 3 - n}) for n in range(3))
    assert [item.id for item in job_from(replace(LIVE, inputs=rows), "a", NOTHING).inputs] == [
        "my-cover",
        "my-cover-2",
        "my-cover-3",
    ]
    both = replace(LIVE, conversions=(WEBP, replace(WEBP, id="con-2"), replace(WEBP, target="pdf")))
    assert [item.id for item in job_from(both, "a", NOTHING).conversions] == ["webp", "webp-2", "pdf"]


OPTIONS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"a": 1, "b": None, "c": "", "d": [], "e": {}, "f": False}, {}, {"a": 1}),
    ({"a": 1, "b": 2}, {"a": 1.0}, {"b": 2}),
    ({"a": "1"}, {"a": 1}, {"a": "1"}),
    ({"f": False}, {"f": True}, {"f": False}),
    ({"f": False}, {"f": False}, {}),
    ({"a": True}, {"a": 1}, {"a": True}),
    ({"output_filename": "x", "a": [1]}, {}, {"a": (1,)}),
]


@pytest.mark.parametrize(("echoed", "defaults", "said"), OPTIONS)
def test_only_options_that_differ_from_their_defaults_are_said(echoed: Any, defaults: Any, said: Any) -> None:
    live = replace(LIVE, conversions=(replace(WEBP, options=echoed),))
    (item,) = job_from(live, "a", ImportHints(defaults={("image", "webp"): defaults})).conversions
    assert (item.options, item.target, item.category) == (said, "webp", "image")


def made(*names: str) -> tuple[LiveOutput, ...]:
    return tuple(LiveOutput(f"o-{name}", "con-1", filename=name) for name in names)


OUTPUTS: list[tuple[dict[str, Any], tuple[LiveOutput, ...], str]] = [
    ({}, (), ""),
    ({}, made("x.webp"), "x"),
    ({}, made("x.webp", "y.webp"), ""),
    ({}, (LiveOutput("o", "con-9", filename="x.webp"),), ""),
    ({"output_filename": "told"}, made("x.webp"), "told"),
    ({"output_filename": None}, made("x.webp"), "x"),
]


@pytest.mark.parametrize(("options", "outputs", "filename"), OUTPUTS)
def test_a_result_keeps_its_name(options: dict[str, Any], outputs: tuple[LiveOutput, ...], filename: str) -> None:
    live = replace(LIVE, conversions=(replace(WEBP, options=options),), outputs=outputs)
    assert job_from(live, "a", NOTHING, "out/").outputs == (Output("webp", filename=filename, save="out/"),)


def test_what_is_delivered_elsewhere_is_not_saved_here() -> None:
    target = {"type": "amazons3", "parameters": {"bucket": "b"}, "status": "ok", "credentials": []}
    live = replace(LIVE, conversions=(replace(WEBP, output_target=(target, {"type": "odd", "parameters": []})),))
    job = job_from(live, "a", NOTHING)
    assert job.outputs == ()
    assert job.conversions[0].output_target == (
        {
            "type": "amazons3",
            "parameters": {"bucket": "b"},
            "credentials": {
                "accesskeyid": Secret("env:A2C_VAR_WEBP_AMAZONS3_ACCESSKEYID"),
                "secretaccesskey": Secret("env:A2C_VAR_WEBP_AMAZONS3_SECRETACCESSKEY"),
            },
        },
        {"type": "odd", "parameters": {}, "credentials": {}},
    )


def test_secrets_become_references_to_variables_called_after_their_place() -> None:
    target = {"type": "odd", "parameters": {"api_key": "x", "file": "f"}}
    conversion = LiveConversion(
        "con-1",
        "3gp",
        options={"download_password": "x", "audio": {"secret_word": "x"}, "note": "a (sensitive) word", "width": 9},
        metadata={"key": "C"},
        output_target=(target,),
    )
    cover = replace(
        LINK, type="cloud", source="ftp", options={"token": "x"}, parameters={"passwords": ["x"], "host": "h"}
    )
    job = job_from(replace(LIVE, inputs=(cover,), conversions=(conversion,)), "a", NOTHING)
    assert job.conversions[0].options == {
        "download_password": Secret("env:A2C_VAR_3GP_DOWNLOAD_PASSWORD"),
        "audio": {"secret_word": Secret("env:A2C_VAR_3GP_AUDIO_SECRET_WORD")},
        "note": Secret("env:A2C_VAR_3GP_NOTE"),
        "width": 9,
    }
    assert job.conversions[0].metadata == {"key": "C"}
    assert job.conversions[0].output_target[0]["parameters"] == {
        "api_key": Secret("env:A2C_VAR_3GP_ODD_API_KEY"),
        "file": "f",
    }
    assert variables_of(job) == [
        "A2C_VAR_FTP_TOKEN",
        "A2C_VAR_FTP_PASSWORDS_1",
        "A2C_VAR_FTP_USERNAME",
        "A2C_VAR_FTP_PASSWORD",
        "A2C_VAR_3GP_DOWNLOAD_PASSWORD",
        "A2C_VAR_3GP_AUDIO_SECRET_WORD",
        "A2C_VAR_3GP_NOTE",
        "A2C_VAR_3GP_ODD_API_KEY",
    ]


@pytest.mark.parametrize("shown", [{}, {"output_filename": "a/b"}])
def test_a_name_that_a_run_never_got_is_not_recorded_as_sent(shown: dict[str, str]) -> None:
    conversion = replace(LIVE.conversions[0], options=shown)
    made = LiveOutput("out-1", conversion=conversion.id, filename="x.sha256", size=1, status="completed")
    live = replace(LIVE, status="completed", conversions=(conversion,), outputs=(made,))
    desired = prepare(job_from(live, "a", NOTHING), fingerprint_secret, PlannerOptions())
    assert "output_filename" in desired.job.conversions[0].options
    record = record_of(desired, live, 7.0)
    assert record.elements["conversions.webp"].sent["options"] == shown
    assert drift(record, live, {}, gone=False) == ()


PHASES = [
    ("incomplete", "building"),
    ("processing", "started"),
    ("completed", "completed"),
    ("failed", "failed"),
    ("canceled", "canceled"),
]


@pytest.mark.parametrize(("status", "phase"), PHASES)
def test_the_record_takes_everything_as_sent(status: str, phase: str) -> None:
    live = replace(LIVE, status=status, process=None, spent=3, fields={"callback": "https://c"})
    desired = prepare(job_from(live, "a", NOTHING), fingerprint_secret, PlannerOptions())
    record = record_of(desired, live, 7.0)
    assert (record.address, record.phase, record.job_id, record.spent, record.updated_at) == (
        "a",
        phase,
        "job-1",
        3,
        7.0,
    )
    assert (record.fingerprint, record.basis) == (desired.fingerprint, desired.basis)
    ids = {name: one.api_id for name, one in record.elements.items()}
    assert ids == {"job": "job-1", "inputs.my-cover": "in-1", "conversions.webp": "con-1"}
    assert record.elements["job"].sent == {"callback": "https://c"}
    assert record.elements["conversions.webp"].sent == desired.sent_conversion(desired.job.conversions[0])
    assert record.elements["inputs.my-cover"].sent == desired.sent_input(desired.job.inputs[0])


def test_settings_of_inputs_that_a_job_shows_are_taken_as_sent_and_no_others_are_known() -> None:
    live = replace(LIVE, status="incomplete", inputs=(replace(LINK, options={"slide_duration": 2.0, "position": 1}),))
    desired = prepare(job_from(live, "a", NOTHING), fingerprint_secret, PlannerOptions())
    record = record_of(desired, live, 7.0)
    assert record.elements["inputs.my-cover"].echo == {"settings": {}}
    assert drift(record, live, {}, gone=False) == ()
    more = replace(live, inputs=(replace(LINK, options={"slide_duration": 2.0, "resize_handling": "stretch"}),))
    (found,) = drift(record, more, {}, gone=False)
    assert (found.path, found.recorded, found.now) == ("inputs.my-cover.resize_handling", None, "stretch")
