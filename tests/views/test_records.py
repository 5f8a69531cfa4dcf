"""What is recorded and what is live, as text and as JSON."""

from __future__ import annotations

from a2c_spec.core.live import LiveJob
from a2c_spec.core.state import Element, Intent, JobRecord, SavedFile
from a2c_spec.views.records import (
    change_told,
    detail,
    history_text,
    listing,
    phase_told,
    record_json,
    what_is_told,
    when,
)
from a2c_spec.views.style import Style

PLAIN = Style()
FILE = SavedFile("dist/a.webp", 3, "ab", "out-1", "webp")
KEPT = SavedFile("", 4, "", "out-2", "webp")
RECORD = JobRecord(
    "a",
    "local",
    "failed",
    "job-1",
    fingerprint="f",
    elements={"job": Element("job-1"), "inputs.cover": Element("in-1")},
    files=(FILE, KEPT),
    leftover=(FILE,),
    spent=2,
    problem="damaged",
    warnings=("odd",),
    updated_at=1_700_000_000.0,
    gone_since=1_700_000_001.0,
    former_jobs=("job-0",),
    intent=Intent(("create_job",), starts=True, fingerprint="g", noted_at=1_700_000_002.0),
)


def test_a_moment_is_told_in_utc_and_none_is_empty() -> None:
    assert (when(1_700_000_000.0), when(0.0)) == ("2023-11-14 22:13:20", "")


def test_a_listing_counts_the_files_that_are_here_and_marks_what_no_manifest_asks_for() -> None:
    rows = listing([RECORD, JobRecord("b", "local")], PLAIN).splitlines()
    assert [row.split() for row in rows] == [
        ["ADDRESS", "PHASE", "JOB", "FILES", "UPDATED", "(UTC)"],
        ["a", "failed,", "in", "no", "manifest", "job-1", "1", "2023-11-14", "22:13:20"],
        ["b", "building", "0"],
    ]


def test_an_empty_state_says_so() -> None:
    assert listing([], PLAIN) == "nothing is recorded"


def test_a_detail_tells_the_facts_and_then_the_intent() -> None:
    assert detail(RECORD, LiveJob("job-1", "failed", "damaged file"), PLAIN).splitlines() == [
        "a",
        "  phase        failed",
        "  service      local",
        "  job          job-1",
        "  fingerprint  f",
        "  updated      2023-11-14 22:13:20 UTC",
        "  spent        2 credits",
        "  problem      damaged",
        "  warning      odd",
        "  removed      in no manifest since 2023-11-14 22:13:21 UTC",
        "  live         failed (damaged file)",
        "  inputs.cover             in-1",
        "  earlier job              job-0",
        "  dist/a.webp  3 B  ab",
        "  (on the service)  4 B  ",
        "  dist/a.webp  3 B  of an earlier run",
        "  intent       create_job (creates a job, starts it)",
        "    noted      2023-11-14 22:13:22 UTC, answer not known",
        "    recipe     g",
    ]


def test_one_credit_is_one_credit() -> None:
    assert "  spent        1 credit\n" in detail(JobRecord("a", "x", spent=1), LiveJob("", "x"), PLAIN)


def test_what_is_not_known_takes_no_line() -> None:
    lines = detail(JobRecord("a", "local"), LiveJob("", "queued"), PLAIN).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["phase", "service", "job", "fingerprint", "live"]
    assert lines[3] == "  job          (none)"
    assert lines[-1] == "  live         queued"


def test_an_intent_that_only_adds_parts_says_that() -> None:
    assert (
        detail(JobRecord("a", "x", intent=Intent(adds=True)), None, PLAIN).splitlines()[-1]
        == "  intent       parts added"
    )


def test_a_failed_phase_is_red_and_a_running_one_plain() -> None:
    assert "\x1b[31mfailed" in detail(RECORD, None, Style(on=True))
    assert "  phase        started\n" in detail(JobRecord("a", "x", "started"), None, Style(on=True))


def test_the_json_tells_the_intent_and_live_only_where_there_is_some() -> None:
    told = record_json(RECORD, LiveJob("job-1", "failed", "why"))
    assert told["intent"] == {"calls": ["create_job"], "starts": True, "noted_at": 1_700_000_002.0, "fingerprint": "g"}
    assert (told["job_id"], told["former_jobs"]) == ("job-1", ["job-0"])
    assert told["live"] == {"status": "failed", "info": "why"}
    assert told["elements"] == {"job": {"id": "job-1"}, "inputs.cover": {"id": "in-1"}}
    assert [file["output_id"] for file in told["files"]] == ["out-1", "out-2"]
    assert told["leftover"] == [{"path": "dist/a.webp", "size": 3, "sha256": "ab"}]
    plain = record_json(JobRecord("a", "x"))
    assert plain["intent"] is None
    assert "live" not in plain


def test_a_history_is_a_table_of_what_the_service_says() -> None:
    rows = [{"created_at": "today", "status": "done"}]
    assert history_text(rows, PLAIN) == "AT     STATUS  INFO\ntoday  done"
    assert history_text([], PLAIN) == "the service has no events of this job"


def test_a_change_of_a_record_is_told_by_what_a_person_sees_of_it() -> None:
    before, after = JobRecord("a", "x", phase="started", job_id="1"), JobRecord("a", "x", phase="done", job_id="1")
    assert change_told(before, after) == "started -> done"
    assert change_told(before, JobRecord("a", "x", phase="failed")) == "started -> no job"
    assert what_is_told(before) != what_is_told(after)
    assert phase_told(JobRecord("p", "x", basis={"preset": {}})) == "no preset"


def test_parts_stand_in_one_column_and_what_somebody_else_added_is_called_that() -> None:
    parts = {"inputs.a": "i-1", "conversions.#c-9": "c-9", "conversions.#webp": "c-2", "conversions." + "x" * 30: "c-3"}
    record = JobRecord("a", "x", elements={name: Element(api_id) for name, api_id in parts.items()})
    lines = detail(record, None, PLAIN).splitlines()[5:]
    assert [line.split("  ")[1].strip() for line in lines][:3] == [
        "inputs.a",
        "conversion added elsewhere",
        "conversions.#webp",
    ]
    assert {line.index(api_id) for line, api_id in zip(lines, parts.values(), strict=True) if api_id != "c-9"} == {45}
