"""The comparison with another service finds exactly what differs, and deletes what it created."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.parity.side_by_side import Answers, Row, answers, compare, table
from a2c_spec.local_api.parity.visit import Unanswered
from a2c_spec.local_api.parity.with_credits import UNSEEN
from a2c_spec.testing import Limits, Progression, Settings, Unknowns, serving
from tests.local_api.harness import KEY

pytest.importorskip("PIL", reason="the extra `local` is not installed")

READINGS: dict[str, tuple[dict[str, Any], bool, str]] = {
    "staged_status": ({"staged_status": "ready"}, False, "inputs: a staged job with all its parts is"),
    "after_delete": ({"after_delete": "canceled"}, False, "removal: reading it then"),
    "arrays": ({"arrays": False}, False, "additions: adding several inputs at a time"),
    "position_echoed": ({"position_echoed": False}, False, "inputs: positions are shown"),
    "inputs_listed": ({"inputs_listed": "position"}, False, "inputs: then inputs are listed"),
    "inline_position": ({"inline_position": True}, False, "additions: positions given at creation"),
    "empty_body": ({"empty_body": 204}, False, "refusals: a job out of an empty body"),
    "unknown_target": ({"unknown_target": "fail"}, False, "conversions: a target nobody knows"),
    "unknown_options": ({"unknown_options": "ignore"}, False, "conversions: an option nobody knows"),
    "upload_reply": ({"upload_reply": "input"}, False, "inputs: an upload is answered with"),
    "upload_starts": ({"upload_starts": False}, True, "run: the first upload starts it"),
    "delete_finished": ({"delete_finished": 409}, True, "run: deleting a finished job"),
    "passwords_after_start": ({"passwords_after_start": True}, True, "run: changing its passwords then"),
    "vocabulary": ({"vocabulary": "sdk"}, True, "run: under way it is called"),
}
NOT_ASKED = {"contracts"}  # the account's, not the job's
PATIENT = Progression("polls", ready=1, running=1)  # so that both are seen under way


def sleep(seconds: float) -> None:
    """Wait a little, instead of the pauses that spare a real service."""
    time.sleep(seconds / 25)


def settings(**unknowns: Any) -> Settings:
    return Settings(api_keys=(KEY,), progression=PATIENT, unknowns=Unknowns(**unknowns))


@pytest.fixture(scope="module")
def usual() -> Answers:
    """The answers of the local API with default settings."""
    with serving(settings()) as service:
        return answers(service.url, KEY, spend=True, sleep=sleep)


def test_every_unknown_fact_is_compared() -> None:
    assert set(READINGS) | NOT_ASKED == set(Unknowns.__slots__)


@pytest.mark.parametrize("reading", READINGS)
def test_a_service_with_another_setting_is_shown_as_different(reading: str, usual: Answers) -> None:
    unknowns, spend, fact = READINGS[reading]
    with serving(settings(**unknowns)) as service:
        found = answers(service.url, KEY, spend=spend, only=fact.partition(":")[0], sleep=sleep)
    assert found[fact] != usual[fact]
    assert UNSEEN not in (found[fact], usual[fact])


def test_equal_services_have_equal_answers_and_keep_no_jobs() -> None:
    with serving(settings()) as ours, serving(settings()) as theirs:
        rows = compare(theirs.url, KEY, ours=ours.url)
        left = httpx.get(f"{theirs.url}/jobs", headers={"X-Oc-Api-Key": KEY})
        others = [call for call in theirs.calls(method="GET", path="/jobs") if call["status"] != 401]
    assert {row.state for row in rows} == {"same"}
    assert len(rows) > 60
    assert left.status_code == 204
    assert len(others) == 1


def test_only_spend_converts_something() -> None:
    left = []
    with serving(Settings(api_keys=(KEY,), limits=Limits(credits=5))) as theirs:
        for spend in (False, True):
            answers(theirs.url, KEY, spend=spend, sleep=sleep)
            contract = httpx.get(f"{theirs.url}/contracts", headers={"X-Oc-Api-Key": KEY}).json()
            left.append(contract["credits_remaining"])
    assert left == [5, 4]


def test_a_service_that_refuses_the_key_gets_no_more_requests() -> None:
    with serving(Settings(api_keys=("another",))) as theirs, pytest.raises(Unanswered, match="401"):
        answers(theirs.url, KEY)


def test_the_table_wraps_long_answers_and_counts() -> None:
    rows = [Row("a: b", "200", "200"), Row("a: c", "x " * 30, "404 {message}"), Row("a: d", UNSEEN, "x")]
    lines = table(rows).splitlines()
    assert lines[1].split() == ["a:", "b", "200", "200", "same"]
    assert lines[2].endswith("different")
    assert lines[-1] == "3 facts: 1 same, 1 different, 1 open"
