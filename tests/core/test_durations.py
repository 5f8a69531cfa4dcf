"""Times for people."""

from __future__ import annotations

import pytest

from a2c_spec.core.durations import duration, roughly


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2.4, "2 s"),
        (400, "400 s"),
        (610, "about 10 min"),
        (7200, "2 h"),
        (250_000, "about 3 days"),
        (2e9, "about 63 years"),
    ],
)
def test_seconds_for_people_are_few_digits_however_many_they_are(seconds: float, text: str) -> None:
    assert roughly(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "0.5 s"),
        (60.0, "1 min"),
        (90.0, "90 s"),
        (3600.0, "1 h"),
        (5400.0, "90 min"),
        (86400.0, "24 h"),
    ],
)
def test_seconds_for_people_are_never_rounded(seconds: float, text: str) -> None:
    assert duration(seconds) == text
