"""The page of a run: escaped, whole, failures first."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.state import JobRecord, Phase, SavedFile
from a2c_spec.views.report import BUCKETS, ROWS, _buckets, _causes, _facts, _moment, _placed, _took, report, row_of

FILE = SavedFile("dist/a.webp", 1500, "ab", "o", "webp")


def test_what_a_page_shows_is_escaped() -> None:
    evil = JobRecord('<script>alert(1)</script>"', "x", phase="failed", problem="<img src=x onerror=alert(1)>")
    page = report([evil], lambda _: "", title="</title><script>", made_at=0.0)
    assert "<script" not in page
    assert "<img" not in page
    assert "http:" not in page.replace("http-equiv", "")


def test_a_record_without_times_has_no_bar() -> None:
    page = report([JobRecord("a", "x", phase="done")], lambda _: "", title="t", made_at=0.0)
    assert "left:" not in page


def ran(address: str, began: float, ended: float, phase: Phase = "done", **more: Any) -> JobRecord:
    return JobRecord(address, "x", phase, answered_at=began, updated_at=ended, **more)


RECORDS = [
    ran("quick", 100.0, 101.0, files=(FILE, SavedFile("", 9, "", "p", "webp")), spent=2),
    ran("slow", 100.0, 110.0),
    ran("middle", 105.0, 107.0),
    ran("bad", 100.0, 102.0, "failed", problem="damaged"),
    ran("gone", 0.0, 103.0, "canceled"),
]
TIMED = [row_of(record) for record in RECORDS]


def test_failures_stand_first_and_then_the_slowest() -> None:
    page = report(RECORDS, lambda _: "", title="t", made_at=0.0)
    places = [page.index(f">{name}<") if f">{name}<" in page else page.index(name) for name in ("bad", "slow", "quick")]
    assert places == sorted(places)


def test_the_facts_are_sums_over_all_jobs() -> None:
    assert _facts(TIMED) == {
        "jobs": "5",
        "done": "3",
        "failed": "2",
        "files": "1",
        "bytes saved": "1.5 kB",
        "credits": "2",
        "median job": "2.0 s",
        "slowest job": "10.0 s",
    }
    assert "median job" not in _facts([row_of(ran("a", 0.0, 5.0))])


def test_causes_are_counted_the_most_frequent_first() -> None:
    rows = [row_of(ran(str(n), 1.0, 2.0, "failed", problem=text)) for n, text in enumerate(["a", "b", "b"])]
    assert _causes([*rows, TIMED[0]]) == [("b", 2), ("a", 1)]
    assert _causes([TIMED[4]]) == [("the service gives no reason", 1)]


def test_bars_stand_where_their_jobs_ran() -> None:
    placed = {row.address: (left, width) for row, left, width in _placed(TIMED)}
    assert placed == {
        "quick": (0.0, 10.0),
        "slow": (0.0, 100.0),
        "middle": (50.0, 20.0),
        "bad": (0.0, 20.0),
        "gone": (0.0, 0),
    }
    assert [width for _, _, width in _placed([row_of(ran("a", 5.0, 5.0))])] == [0.3]


def test_the_ends_are_counted_in_equal_parts_of_the_time() -> None:
    buckets = _buckets(TIMED)
    assert len(buckets) == BUCKETS
    assert sum(one["count"] for one in buckets) == 5
    assert (buckets[0]["count"], buckets[-1]["count"], buckets[0]["height"], buckets[0]["at"]) == (1, 1, 100.0, 101.0)
    assert _buckets(TIMED[:1]) == []


def test_a_long_list_is_cut_and_says_so() -> None:
    page = report((JobRecord(f"a{n}", "x") for n in range(ROWS + 3)), lambda _: "", title="t", made_at=0.0)
    assert f"a{ROWS - 1}" in page
    assert f"a{ROWS + 1}" not in page


@pytest.mark.parametrize(("seconds", "text"), [(0.0123, "12 ms"), (1.0, "1.0 s"), (59.94, "59.9 s"), (60.0, "1m 0s")])
def test_short_times_have_fractions(seconds: float, text: str) -> None:
    assert _took(seconds) == text


def test_a_moment_is_in_utc_and_none_is_empty() -> None:
    assert (_moment(1_700_000_000.0), _moment(0.0)) == ("2023-11-14 22:13:20 UTC", "")
