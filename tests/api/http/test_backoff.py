"""Pauses between attempts grow up to a cap, and a Retry-After header is understood in both of its forms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from a2c_spec.api.http.backoff import Pace, asks_to_wait, backoff, retry_after

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_pauses_double_up_to_the_cap() -> None:
    assert [backoff(attempt, 0.0) for attempt in range(6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_a_pace_has_its_own_start_growth_and_cap() -> None:
    assert [backoff(attempt, 0.0, Pace(1.0, 3.0, 10.0)) for attempt in range(4)] == [1.0, 3.0, 9.0, 10.0]


def test_jitter_adds_up_to_a_quarter_and_never_takes_anything_away() -> None:
    assert (backoff(0, 0.0), backoff(0, 0.5), backoff(0, 1.0)) == (0.5, 0.5625, 0.625)
    assert backoff(9, 1.0) == 10.0


def test_a_job_that_was_looked_at_many_thousand_times_is_still_looked_at() -> None:
    assert backoff(100_000, 0.0, Pace(0.5, 1.5, 5.0)) == 5.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("-3", 0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 13:00:30 +0100", 30),
        ("Mon, 23 Nov 2026 12:00:30", 30),
        ("Mon, 23 Nov 2026 11:59:30 GMT", 0),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    assert retry_after(value, NOON.timestamp()) == seconds


@pytest.mark.parametrize("value", ["", "soon", "nan-ish", "Mon, 99 Nov 2026", "inf", "nan", "1e999"])
def test_a_retry_after_that_is_neither_is_ignored(value: str) -> None:
    assert retry_after(value, 0.0) is None


@pytest.mark.parametrize(
    ("status", "headers", "busy"),
    [
        (429, {}, True),
        (429, {"retry-after": "7"}, True),
        (503, {"retry-after": "7"}, True),
        (503, {}, False),
        (503, {"retry-after": "soon"}, False),
        (500, {"retry-after": "7"}, False),
    ],
)
def test_a_429_and_a_503_with_a_time_say_that_the_service_is_busy(
    status: int, headers: dict[str, str], busy: bool
) -> None:
    assert asks_to_wait(status, headers) == busy
