"""What becomes of a record: after a call, after a refresh, after a lost create was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import Call, Effect
from a2c_spec.core.live import LiveJob, LiveOutput, Problem
from a2c_spec.core.state import Element, Intent, JobRecord, Phase, SavedFile
from a2c_spec.core.transitions import (
    apply_response,
    created,
    epoch,
    files_alone,
    intended,
    landed,
    parts,
    refreshed,
    refreshed_preset,
    refused_to_delete,
    settled,
    started,
    without_job,
)
from tests.core.created_jobs import HELD, INTENT, LIVE

FILE = SavedFile("dist/a", 1, "ab", "o", "webp")
KEPT = SavedFile("", 1, "ab", "p", "webp")


def after(record: JobRecord, kind: str, *effects: Effect, subject: str = "", **ids: str) -> JobRecord:
    return apply_response(
        record, Call(kind, subject, effects=effects), {name.replace("_", "."): one for name, one in ids.items()}
    )


def test_what_was_sent_is_merged_and_null_takes_a_key_away() -> None:
    record = after(HELD, "patch_job", Effect("job", {"notify_status": True}))
    assert record.elements["job"] == Element("job-1", {"callback": "c", "notify_status": True})
    assert after(HELD, "patch_job", Effect("job", {"callback": None})).elements["job"] == Element("job-1", {})


def test_a_new_part_has_its_new_id_and_only_what_was_sent_now() -> None:
    record = after(HELD, "add_inputs", Effect("inputs.a", {"filename": "x"}), inputs_a="in-1")
    assert record.elements["inputs.a"] == Element("in-1", {"filename": "x"})
    record = after(record, "add_inputs", Effect("inputs.a", {"position": 1}), inputs_a="in-2")
    assert record.elements["inputs.a"] == Element("in-2", {"position": 1})


def test_an_output_goes_by_its_id_and_other_parts_without_one_have_none() -> None:
    record = after(HELD, "patch_output", Effect("outputs.o-1", {"filename": "x"}), Effect("inputs.a", {}))
    assert (record.elements["outputs.o-1"].api_id, record.elements["inputs.a"].api_id) == ("o-1", "")


def test_what_is_gone_is_no_part_any_more() -> None:
    assert "job" not in after(HELD, "delete_input", Effect("job", None), Effect("inputs.never", None)).elements


def test_a_deleted_job_is_no_longer_there_and_its_files_stay_known() -> None:
    record = after(replace(HELD, files=(FILE,)), "delete_job", subject="job-1")
    assert (record.job_id, record.elements, record.phase, record.files) == ("", {}, "canceled", (FILE,))
    assert after(HELD, "delete_job", subject="job-9") == HELD


def test_of_an_earlier_job_that_was_deleted_what_it_gave_stays_known() -> None:
    old = replace(HELD, phase="done", files=(FILE,), former_jobs=("job-8", "job-9"))
    assert after(old, "delete_job", subject="job-9") == replace(old, former_jobs=("job-8",))
    assert without_job(old, old.job_id) == replace(old, job_id="")
    there = replace(old, files=(FILE, replace(FILE, path="", output_id="out-9")))
    assert without_job(there, there.job_id) == replace(there, job_id="", gone=("out-9",)), "only what is here is left"
    assert refused_to_delete(old, "job-9").undeletable == ("job-9",)


@pytest.mark.parametrize(
    ("before", "now", "adds"), [(None, False, False), (None, True, True), (True, False, True), (False, False, False)]
)
def test_parts_whose_adding_is_not_known_stay_open(before: bool | None, now: bool, adds: bool) -> None:
    record = replace(HELD, intent=None if before is None else Intent(adds=before))
    after_it = intended(record, Intent(("patch_job",), adds=now))
    assert after_it.intent == Intent(("patch_job",), adds=adds)
    assert settled(after_it) == HELD


BEFORE = replace(
    HELD, files=(FILE, KEPT), leftover=(FILE,), spent=5, problem="old", warnings=("odd",), intent=INTENT, phase="failed"
)
IDS = {"job": "job-2", "inputs.a": "in-1"}


def test_a_created_job_takes_the_place_of_the_old_one_whose_files_are_leftovers() -> None:
    record = created(BEFORE, LIVE, IDS, starts=True, now=7.0)
    assert record == JobRecord(
        "a",
        "x",
        "started",
        "job-2",
        created_at=1001.0,
        answered_at=7.0,
        fingerprint="f",
        basis={"order": []},
        elements={
            "job": Element("job-2", {"callback": "c"}),
            "inputs.a": Element("in-1", {"position": 1}),
            "conversions.webp": Element(""),
        },
        leftover=(FILE, FILE),
    )


def test_new_inputs_stand_behind_the_others_where_the_places_of_those_are_known() -> None:
    def add(record: JobRecord, *names: str, **sent: Any) -> JobRecord:
        creates = tuple(f"inputs.{name}" for name in names)
        effects = tuple(Effect(name, {"filename": name, **sent}) for name in creates)
        return apply_response(record, Call("add_inputs", creates=creates, effects=effects), {creates[0]: "in-9"})

    def places(record: JobRecord) -> list[int | None]:
        return [element.sent.get("position") for _, element in parts(record.elements, "inputs")]

    record = created(BEFORE, LIVE, IDS, starts=False, now=7.0)
    assert places(add(record, "b", "c")) == [1, 2, 3], "also of one whose id is not known"
    assert places(add(add(record, "b", position=0), "c")) == [1, 0, None]
    assert places(add(replace(record, elements={"inputs.a": Element("in-1")}), "b")) == [None, None]


def test_a_job_that_is_held_runs_no_recipe_yet() -> None:
    record = created(BEFORE, replace(LIVE, created_at="?"), IDS, starts=False, now=7.0)
    assert (record.phase, record.fingerprint, record.basis, record.created_at) == ("building", "", {}, 0.0)
    begun = started(record, "f", {"order": []})
    assert (begun.phase, begun.fingerprint, begun.basis) == ("started", "f", {"order": []})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:10", 10.0),
        ("1970-01-01 00:00:10", 10.0),
        ("1970-01-01T00:00:10Z", 10.0),
        ("1970-01-01T01:00:10+01:00", 10.0),
        ("", None),
        ("soon", None),
    ],
)
def test_a_time_without_a_zone_is_read_as_utc(text: str, seconds: float | None) -> None:
    assert epoch(text) == seconds


ENDS: list[tuple[Phase, str, Phase, str]] = [
    ("started", "completed", "completed", ""),
    ("started", "failed", "failed", "damaged; odd"),
    ("started", "canceled", "canceled", "damaged; odd"),
    ("started", "processing", "started", ""),
    ("building", "completed", "building", ""),
    ("done", "failed", "done", ""),
    ("canceled", "completed", "canceled", ""),
]


@pytest.mark.parametrize(("phase", "status", "ended", "problem"), ENDS)
def test_a_started_job_ends_as_the_service_says(phase: Phase, status: str, ended: Phase, problem: str) -> None:
    errors = tuple(Problem("", "", "", text) for text in ("damaged", "odd"))
    record = refreshed(replace(HELD, phase=phase), LiveJob("job-1", status, spent=3, errors=errors))
    assert (record.phase, record.problem) == (ended, problem)


FORGOTTEN: list[tuple[Phase, Phase | None]] = [
    ("building", "canceled"),
    ("started", "started"),
    ("completed", None),
    ("done", None),
    ("failed", None),
]


@pytest.mark.parametrize(("phase", "after"), FORGOTTEN)
def test_a_job_that_the_service_forgot_is_gone_unless_it_had_ended(phase: Phase, after: Phase | None) -> None:
    record = replace(HELD, phase=phase, intent=Intent(adds=True))
    expected = replace(record, job_id="", elements={}, phase=after, intent=None) if after else record
    assert refreshed(record, None) == expected


THERE = replace(FILE, path="", wanted="")
OUT = LiveOutput(THERE.output_id, "c")
LOST: list[tuple[str, SavedFile, LiveJob | None, bool]] = [
    ("the job is gone", THERE, None, True),
    ("the result is gone", THERE, LiveJob("job-1", "completed"), True),
    ("it expired", THERE, LiveJob("job-1", "completed", outputs=(replace(OUT, status="expired"),)), True),
    ("it is there", THERE, LiveJob("job-1", "completed", outputs=(OUT,)), False),
    ("it is here", FILE, None, False),
    ("it was left out here", replace(THERE, wanted="dist/a.pdf"), None, False),
]


@pytest.mark.parametrize(("file", "live", "lost"), [row[1:] for row in LOST], ids=[row[0] for row in LOST])
def test_what_stays_on_the_service_is_gone_once_it_does_not_show_it(
    file: SavedFile, live: LiveJob | None, lost: bool
) -> None:
    record = replace(HELD, phase="done", files=(file,))
    once = refreshed(record, live)
    assert once == replace(record, gone=(file.output_id,) if lost else ())
    assert refreshed(once, live) == once


def test_what_the_cache_gave_for_another_recipe_is_no_result_of_the_run() -> None:
    mine = SavedFile("dist/a", 1, "aa", "o-1", "a")
    record, new = JobRecord("job", "x", "done", files=(mine,)), replace(mine, sha256="bb", output_id="cached-1-bb")
    after = landed(replace(record, landing=(new,)), [new])
    assert (after.files, after.leftover, after.landing) == ((replace(mine, path=""),), (new,), ())
    assert landed(after, [new]).leftover == (new,), "once"
    known = replace(record, files=(replace(new, path=""),))
    assert landed(known, [new]).files == (new,)


def test_of_a_run_that_is_taken_away_the_files_that_stay_are_known_with_what_made_them() -> None:
    other = replace(FILE, path="dist/b", output_id="q")
    run = replace(HELD, phase="done", files=(FILE, other), basis={"conversions": {}}, former_jobs=("j",))
    left = files_alone(run, {"dist/a", "dist/c"}, 5.0)
    assert left == replace(
        run, files=(FILE, replace(other, path="", wanted="")), job_id="", former_jobs=(), elements={}, gone=("q",),
        gone_since=5.0,
    )  # fmt: skip
    assert files_alone(run, {"dist/c"}, 5.0) is None


def test_a_create_without_an_answer_is_not_touched_by_a_refresh() -> None:
    record = replace(HELD, phase="started", intent=INTENT)
    assert refreshed(record, None) == record


def test_parts_of_one_kind_keep_their_order() -> None:
    elements = {
        "inputs.b": Element("2"),
        "conversions.x": Element("3"),
        "inputs.a": Element("1"),
        "inputsx": Element(""),
    }
    assert [name for name, _ in parts(elements, "inputs")] == ["inputs.b", "inputs.a"]


PRESET_SHOWN: list[tuple[str, Mapping[str, Any] | None, dict[str, Any]]] = [
    ("as it was sent", {"name": "Small", "options": {"quality": 80}}, {}),
    ("with its options hidden", {"name": "Small"}, {}),
    ("changed", {"name": "Small", "options": {"quality": 81}}, {"fingerprint": ""}),
    ("renamed", {"name": "Other"}, {"fingerprint": ""}),
    ("deleted", None, {"job_id": "", "elements": {}}),
]


@pytest.mark.parametrize(("live", "after"), [row[1:] for row in PRESET_SHOWN], ids=[row[0] for row in PRESET_SHOWN])
def test_a_preset_is_held_to_be_as_it_was_sent_only_if_the_service_shows_it_so(
    live: Mapping[str, Any] | None, after: dict[str, Any]
) -> None:
    sent = Element("p-1", {"name": "Small", "options": {"quality": 80}})
    record = JobRecord("small", "x", "done", "p-1", fingerprint="f", elements={"preset": sent})
    assert refreshed_preset(record, live) == replace(record, **after)
