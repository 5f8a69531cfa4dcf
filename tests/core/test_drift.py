"""Where live, or the files here, differ from what was recorded: every kind of difference, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.drift import Drift, drift
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob, LiveOutput
from a2c_spec.core.observed import Disk
from a2c_spec.core.state import Element, JobRecord, Phase, SavedFile

FILE = SavedFile("dist/a.webp", 3, "ab", "out-1", "webp")
KEPT = SavedFile("", 3, "ab", "out-2", "webp")
CONVERSION = {"target": "webp", "options": {"width": 64, "password": {"$secret": "x"}}, "metadata": {"title": "A"}}
ELEMENTS = {
    "job": Element("job-1", {"callback": "https://a", "notify_status": True}),
    "inputs.cover": Element("in-1", {}),
    "conversions.webp": Element("con-1", CONVERSION),
    "outputs.out-1": Element("out-1", {}),
}
RECORD = JobRecord("a", "local", "building", "job-1", elements=ELEMENTS)
LIVE = LiveJob(
    "job-1",
    "incomplete",
    fields={"callback": "https://a", "notify_status": True, "fail_on_input_error": True},
    inputs=(LiveInput("in-1"),),
    conversions=(LiveConversion("con-1", options={"width": "64", "quality": None}, metadata={"title": "A"}),),
)


def found(record: JobRecord = RECORD, live: LiveJob | None = LIVE, *, gone: bool = False, **disk: Disk) -> list[Any]:
    """(path, recorded, now) of each difference; ``disk`` names what stands at ``dist/<name>.webp``."""
    stands = {f"dist/{name}.webp": status for name, status in disk.items()}
    all_of_it = drift(record, live, stands, gone=gone)
    assert {one.address for one in all_of_it} <= {"a"}
    return [(one.path, one.recorded, one.now) for one in all_of_it]


def test_what_agrees_is_no_drift() -> None:
    assert found() == []
    assert drift(RECORD, None, {}, gone=False) == ()


def test_a_difference_knows_its_address() -> None:
    assert drift(RECORD, None, {}, gone=True) == (Drift("a", "job", "job-1", "gone"),)


FIELDS = [
    ({"callback": "https://b"}, [("job.callback", "https://a", "https://b")]),
    ({"notify_status": False}, [("job.notify_status", True, False)]),
    ({"fail_on_input_error": False}, []),
    ({}, []),
]


@pytest.mark.parametrize(("fields", "told"), FIELDS)
def test_a_field_of_the_job_that_we_sent_and_that_is_echoed_otherwise_is_drift(fields: Any, told: Any) -> None:
    assert found(live=replace(LIVE, fields=fields)) == told


CONVERSIONS = [
    ({"options": {"width": 32}}, [("conversions.webp.options.width", 64, 32)]),
    ({"options": {"password": "x"}}, []),
    ({"options": {}}, []),
    ({"metadata": {"title": "B"}}, [("conversions.webp.metadata.title", "A", "B")]),
]


@pytest.mark.parametrize(("parts", "told"), CONVERSIONS)
def test_options_and_metadata_are_compared_as_echoes_and_secrets_never(parts: Any, told: Any) -> None:
    conversion = replace(LIVE.conversions[0], **parts)
    assert found(live=replace(LIVE, conversions=(conversion,))) == told


PARTS = [
    ({"inputs": ()}, [("inputs.cover", "in-1", "gone")]),
    ({"conversions": ()}, [("conversions.webp", "con-1", "gone")]),
    ({"inputs": (LiveInput("in-1"), LiveInput("in-9"))}, [("inputs.in-9", None, "added outside a2c-spec")]),
    (
        {"conversions": (*LIVE.conversions, LiveConversion("con-9"))},
        [("conversions.con-9", None, "added outside a2c-spec")],
    ),
    (
        {"inputs": (LiveInput("con-1"),), "conversions": (LiveConversion("in-1"),)},
        [("inputs.cover", "in-1", "gone"), ("conversions.webp", "con-1", "gone")],
    ),
]


@pytest.mark.parametrize(("parts", "told"), PARTS)
def test_parts_that_vanished_or_that_somebody_added_are_drift(parts: Any, told: Any) -> None:
    assert found(live=replace(LIVE, **parts)) == told


STATUSES: list[tuple[Phase, str, list[Any]]] = [
    ("building", "incomplete", []),
    ("building", "processing", [("status", "not started", "processing")]),
    ("building", "completed", [("status", "not started", "completed")]),
    ("started", "queued", []),
    ("started", "failed", []),
    ("done", "completed", []),
    ("done", "failed", []),
    ("completed", "completed", []),
    ("completed", "incomplete", [("status", "completed", "incomplete")]),
    ("failed", "failed", []),
    ("failed", "completed", [("status", "failed", "completed")]),
    ("canceled", "canceled", []),
    ("canceled", "failed", [("status", "canceled", "failed")]),
]


@pytest.mark.parametrize(("phase", "status", "told"), STATUSES)
def test_a_status_that_does_not_go_with_the_phase_is_drift(phase: Phase, status: str, told: list[Any]) -> None:
    assert found(replace(RECORD, phase=phase), replace(LIVE, status=status)) == told


@pytest.mark.parametrize(
    ("phase", "drifted"),
    [
        ("building", True),
        ("started", True),
        ("completed", True),
        ("done", False),
        ("failed", False),
        ("canceled", False),
    ],
)
def test_an_ended_job_may_be_forgotten(phase: Phase, drifted: bool) -> None:
    told = [("job", "job-1", "gone")] if drifted else []
    assert found(replace(RECORD, phase=phase), None, gone=True) == told


def test_what_stays_on_the_service_is_missed_with_its_job_unless_that_is_known() -> None:
    done = replace(RECORD, phase="done", files=(FILE, KEPT))
    assert found(done, None, gone=True, a="intact") == [("outputs.out-2", "on the service", "gone")]
    assert found(replace(done, gone=("out-2",)), None, gone=True, a="intact") == []


DISK: list[tuple[Disk | None, list[Any]]] = [
    ("intact", []),
    (None, [("files.dist/a.webp", "intact", "missing")]),
    ("absent", [("files.dist/a.webp", "intact", "missing")]),
    ("changed", [("files.dist/a.webp", "intact", "changed")]),
    ("foreign", [("files.dist/a.webp", "intact", "changed")]),
    ("another's", [("files.dist/a.webp", "intact", "changed")]),
]


@pytest.mark.parametrize(("status", "told"), DISK)
def test_a_file_that_is_not_as_we_wrote_it_is_drift(status: Disk | None, told: list[Any]) -> None:
    disk: dict[str, Any] = {} if status is None else {"a": status}
    assert found(replace(RECORD, files=(FILE, KEPT)), None, **disk) == told


OUTPUTS = [
    ((LiveOutput("out-2"),), []),
    ((LiveOutput("out-2", status="completed"),), []),
    ((LiveOutput("out-2", status="expired"),), [("outputs.out-2", "on the service", "expired")]),
    (
        (LiveOutput("out-9", filename="b.pdf"),),
        [("outputs.out-2", "on the service", "gone"), ("outputs.out-9", None, "b.pdf")],
    ),
    ((), [("outputs.out-2", "on the service", "gone")]),
]


@pytest.mark.parametrize(("outputs", "told"), OUTPUTS)
def test_a_result_that_is_only_on_the_service_must_be_had_there(outputs: Any, told: Any) -> None:
    live = replace(LIVE, status="completed", outputs=outputs)
    assert found(replace(RECORD, phase="done", files=(FILE, KEPT)), live, a="intact") == told


def named(sent: Any, echo: Any = {}) -> JobRecord:  # noqa: B006 - read only
    """A job that is done, whose result was called a.webp when it ended, and what we renamed since."""
    file, element = replace(KEPT, service_name="a.webp"), Element("out-2", sent, echo)
    return replace(RECORD, phase="done", files=(file,), elements={**ELEMENTS, "outputs.out-2": element})


NAMES = [
    (named({}), "a.webp", []),
    (named({}), "b.webp", ["a.webp", "b.webp"]),
    (named({"download_password": "x"}), "b.webp", ["a.webp", "b.webp"]),
    (named({"filename": "b"}, {"output": {"filename": "b_.webp"}}), "b_.webp", []),
    (named({"filename": "b"}, {"output": {"filename": "b_.webp"}}), "a.webp", ["b_.webp", "a.webp"]),
    (named({"filename": "b"}), "c.webp", []),  # renamed by a version that did not keep the answer
    (named({}), "", []),
]


@pytest.mark.parametrize(("record", "name", "told"), NAMES)
def test_a_result_is_renamed_if_it_has_not_the_name_that_the_service_showed_last(
    record: JobRecord, name: str, told: list[str]
) -> None:
    live = replace(LIVE, status="completed", outputs=(LiveOutput("out-2", filename=name),))
    assert found(record, live) == ([("outputs.out-2.filename", *told)] if told else [])


@pytest.mark.parametrize("phase", ["done", "failed", "canceled"])
def test_what_the_service_still_has_to_keep_was_deleted_by_somebody_unless_that_is_recorded(phase: Phase) -> None:
    ended = replace(RECORD, phase=phase, files=(FILE,))
    gone = drift(ended, None, {"dist/a.webp": "intact"}, gone=True, kept=True)
    assert [(one.path, one.now) for one in gone] == [("job", "gone")]
    assert drift(replace(ended, gone=("out-1",)), None, {"dist/a.webp": "intact"}, gone=True, kept=True) == ()


@pytest.mark.parametrize(
    ("outputs", "now"),
    [((LiveOutput("out-1"),), ""), ((LiveOutput("out-1", status="overuse"),), ""), ((), "gone"),
     ((LiveOutput("out-1", status="disabled"),), "disabled")],
)  # fmt: skip
def test_a_result_that_is_here_may_be_used_up_there_and_not_deleted(outputs: tuple[LiveOutput, ...], now: str) -> None:
    record, live = replace(RECORD, phase="done", files=(FILE,)), replace(LIVE, status="completed", outputs=outputs)
    for kept in (True, False):
        seen = drift(record, live, {"dist/a.webp": "intact"}, gone=False, kept=kept)
        assert [one.now for one in seen] == ([now] if now and kept else [])


def test_a_record_without_a_job_element_compares_no_field() -> None:
    bare = replace(RECORD, elements={name: one for name, one in ELEMENTS.items() if name != "job"})
    assert found(bare, replace(LIVE, fields={"callback": "https://b"})) == []
