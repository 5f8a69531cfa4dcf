"""Which job a create without an answer made, and what shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from a2c_spec.core.adoption import (
    APART,
    EARLY,
    QUARTER,
    ZONES,
    adopt,
    evidence,
    in_future,
    lost_creates_of,
    matches,
    owned,
    zone_of,
)
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.state import Element, Intent, JobRecord, Phase
from tests.core.created_jobs import BARE, HELD, INTENT, LIVE

DAY = 86_400.0
BEFORE = replace(HELD, spent=5, problem="old", warnings=("odd",), intent=INTENT, phase="failed")


def answered(made: float, at: float) -> JobRecord:
    return replace(BARE, created_at=made, answered_at=at)


ZONE_CASES: list[tuple[list[JobRecord], float | None]] = [
    ([], None),
    ([BARE, answered(0.0, 5.0), answered(5.0, 0.0)], None),
    ([answered(1000.0, 1001.0)], 0.0),
    ([answered(8200.0, 1001.0)], 7200.0),
    ([answered(1000.0 - 20700.0, 1003.0)], -20700.0),
    ([answered(8200.0, 1001.0), answered(2000.0, 2001.0)], 0.0),
    ([answered(2000.0, 2001.0), answered(8200.0, 1001.0)], 0.0),
    ([answered(1001.0 + ZONES[1], 1001.0)], ZONES[1]),
    ([answered(100_000.0 + ZONES[0], 100_000.0)], ZONES[0]),
    ([answered(1001.0 + ZONES[1] + QUARTER, 1001.0)], None),
    ([answered(100_000.0 + ZONES[0] - QUARTER, 100_000.0)], None),
    ([answered(1001.0 + DAY, 1001.0)], None),
]


@pytest.mark.parametrize(("records", "zone"), ZONE_CASES)
def test_the_newest_answered_create_tells_the_zone_in_quarters_of_an_hour(
    records: list[JobRecord], zone: float | None
) -> None:
    assert zone_of(records) == zone


WINDOW = 60.0

EVIDENCE: list[tuple[float, float | None, str]] = [
    (0.0, 0.0, "ours"),
    (-EARLY, 0.0, "ours"),
    (-EARLY - 1, 0.0, "unclear"),
    (-APART, 0.0, "unclear"),
    (-APART - 1, 0.0, "not ours"),
    (WINDOW, 0.0, "ours"),
    (WINDOW + 1, 0.0, "unclear"),
    (WINDOW + APART + 1, 0.0, "not ours"),
    (QUARTER, 0.0, "not ours"),
    (7200.0, 7200.0, "ours"),
    (0.0, 7200.0, "not ours"),
    (0.0, None, "unclear"),
    (WINDOW, None, "unclear"),
    (QUARTER, None, "unclear"),
    (-QUARTER, None, "unclear"),
    (QUARTER + WINDOW, None, "unclear"),
    (QUARTER - EARLY, None, "unclear"),
    (QUARTER + WINDOW + APART, None, "unclear"),
    (QUARTER - APART, None, "unclear"),
    (QUARTER + WINDOW + APART + 1, None, "unclear"),
    (QUARTER - APART - 1, None, "unclear"),
    (DAY, None, "unclear"),
    (-DAY, None, "unclear"),
    (-40 * DAY, None, "unclear"),
    (DAY, 0.0, "not ours"),
    (-DAY, 0.0, "not ours"),
]


@pytest.mark.parametrize(("late", "zone", "told"), EVIDENCE)
def test_a_job_of_equal_content_is_ours_if_it_was_made_right_after_the_intent(
    late: float, zone: float | None, told: str
) -> None:
    intent = replace(INTENT, noted_at=1_700_000_000.0)
    made = datetime.fromtimestamp(intent.noted_at + late, UTC).replace(tzinfo=None).isoformat()
    assert evidence(intent, replace(LIVE, created_at=made), zone, WINDOW) == told


def test_once_the_clocks_are_compared_nothing_is_unclear() -> None:
    far = datetime.fromtimestamp(INTENT.noted_at + WINDOW + 1, UTC).replace(tzinfo=None).isoformat()
    assert evidence(INTENT, replace(LIVE, created_at=far), None, WINDOW, 0.0) == "not ours"
    assert evidence(INTENT, replace(LIVE, created_at=far), None, WINDOW, 1.0) == "ours"


def test_a_time_that_names_its_zone_needs_no_other() -> None:
    made = datetime.fromtimestamp(INTENT.noted_at, UTC).isoformat()
    assert evidence(INTENT, replace(LIVE, created_at=made), 7200.0, WINDOW) == "ours"


@pytest.mark.parametrize("zone", [None, 0.0])
def test_without_a_time_nothing_can_be_told(zone: float | None) -> None:
    assert evidence(INTENT, replace(LIVE, created_at=""), zone, WINDOW) == "unclear"


@pytest.mark.parametrize(
    ("zone", "suffix", "future"),
    [(0.0, "", True), (-ZONES[1], "", True), (ZONES[1], "", False), (ZONES[1], "+00:00", True)],
)
def test_by_a_wrong_zone_a_job_would_be_made_in_the_future(zone: float, suffix: str, future: bool) -> None:
    made = datetime.fromtimestamp(1_700_000_000, UTC).replace(tzinfo=None).isoformat() + suffix
    assert in_future(replace(LIVE, created_at=made), zone, 1_700_000_000 - 2 * APART) is future
    assert not in_future(replace(LIVE, created_at=""), zone, 0.0)
    assert not in_future(replace(LIVE, created_at="2023-11-14T22:13:20Z"), zone, 1_700_000_000), (
        "clocks differ a little"
    )


SENT_INPUT = {"identity": {"type": "remote", "source": "https://a", "parameters": {"x": 1}}, "filename": "a"}
SENT_CONVERSION = {
    "target": "webp",
    "category": "image",
    "options": {"width": 1, "p": {"$secret": "s"}},
    "metadata": {"t": "A"},
}
WANTED = Intent(
    ("create_job",),
    elements={
        "job": Element("", {"callback": "c"}),
        "inputs.a": Element("", SENT_INPUT),
        "conversions.webp": Element("", SENT_CONVERSION),
    },
)
SAME = LiveJob(
    "job-2",
    "processing",
    process=True,
    fields={"callback": "c", "notify_status": False},
    inputs=(LiveInput("in-1", "remote", "https://a", filename="a.png", parameters={"x": "1", "y": 2}),),
    conversions=(LiveConversion("con-1", "webp", "image", {"width": "1", "quality": None}, {"t": "A"}),),
)


def live(part: str, **more: Any) -> LiveJob:
    (row,) = getattr(SAME, part)
    changed: dict[str, Any] = {part: (replace(row, **more),)}
    return replace(SAME, **changed)


MATCHES: list[tuple[str, LiveJob, bool]] = [
    ("the same", SAME, True),
    ("it does not say whether it runs", replace(SAME, process=None), True),
    ("it is held", replace(SAME, process=False), False),
    ("no input", replace(SAME, inputs=()), False),
    ("one more conversion", replace(SAME, conversions=SAME.conversions * 2), False),
    ("another callback", replace(SAME, fields={"callback": "d"}), False),
    ("a field not sent is not at its default", replace(SAME, fields={"notify_status": True}), False),
    ("no field told", replace(SAME, fields={}), True),
    ("an unknown field", replace(SAME, fields={"colour": "red"}), True),
    ("another type", live("inputs", type="cloud"), False),
    ("another source", live("inputs", source="https://b"), False),
    ("another name", live("inputs", filename="b.png"), False),
    ("no name told", live("inputs", filename=""), True),
    ("another parameter", live("inputs", parameters={"x": 2}), False),
    ("no parameters told", live("inputs", parameters={}), True),
    ("another target", live("conversions", target="png"), False),
    ("another category", live("conversions", category="document"), False),
    ("no category told", live("conversions", category=""), True),
    ("another option", live("conversions", options={"width": 2}), False),
    ("an option not told", live("conversions", options={}), False),
    ("other metadata", live("conversions", metadata={"t": "B"}), False),
]


@pytest.mark.parametrize(("job", "same"), [row[1:] for row in MATCHES], ids=[row[0] for row in MATCHES])
def test_a_live_job_is_what_a_create_asked_for(job: LiveJob, same: bool) -> None:
    assert matches(WANTED, job) is same
    lost = replace(BARE, intent=WANTED)
    assert (
        lost_creates_of([lost, BARE, lost, replace(BARE, intent=replace(WANTED, kinds=("patch_job",)))], job)
        == 2 * same
    )


def test_the_result_of_another_job_is_told_by_the_source_on_the_wire() -> None:
    element = Element("", SENT_INPUT | {"wire_source": "out-7"})
    intent = replace(WANTED, elements=dict(WANTED.elements) | {"inputs.a": element})
    assert matches(intent, live("inputs", source="out-7"))
    assert not matches(intent, SAME)


@pytest.mark.parametrize(("checksum", "same"), [("c1", True), ("", True), ("c2", False)])
def test_bytes_that_an_earlier_job_held_are_told_by_their_checksum(checksum: str, same: bool) -> None:
    element = Element("", SENT_INPUT | {"wire_type": "input_id", "checksum": "c1"})
    intent = replace(WANTED, elements=dict(WANTED.elements) | {"inputs.a": element})
    assert matches(intent, live("inputs", type="another", source="anything", checksum=checksum)) is same


def test_a_create_without_fields_wants_the_defaults() -> None:
    intent = replace(WANTED, elements={name: one for name, one in WANTED.elements.items() if name != "job"})
    assert not matches(intent, SAME)
    assert matches(intent, replace(SAME, fields={"callback": ""}))


def test_jobs_that_belong_to_a_record_are_owned() -> None:
    assert owned([HELD, replace(BARE, former_jobs=("job-0",))]) == {"job-1", "job-0"}


@pytest.mark.parametrize(
    ("status", "phase"), [("incomplete", "building"), ("processing", "started"), ("completed", "started")]
)
def test_an_adopted_job_takes_its_ids_and_runs_unless_it_can_be_edited(status: str, phase: Phase) -> None:
    record = adopt(BEFORE, replace(LIVE, status=status), 7.0)
    ids = {name: one.api_id for name, one in record.elements.items()}
    assert ids == {"job": "job-2", "inputs.a": "in-1", "conversions.webp": "con-1"}
    assert (record.phase, record.answered_at, record.intent) == (phase, 1000.0, None)


def test_an_adopted_job_whose_create_was_noted_by_our_clock_tells_no_zone() -> None:
    noted = replace(BEFORE, intent=replace(INTENT, by_our_clock=True))
    assert zone_of([adopt(BEFORE, LIVE, 7.0)]) == 0.0
    assert zone_of([adopt(noted, LIVE, 7.0)]) is None
    assert adopt(replace(BEFORE, intent=replace(INTENT, noted_at=0.0)), LIVE, 7.0).answered_at == 7.0
    assert adopt(replace(BEFORE, intent=None), LIVE, 7.0).job_id == "job-2"
