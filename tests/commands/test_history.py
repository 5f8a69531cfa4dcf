"""`a2c-spec history`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Command


def test_the_events_of_a_job_are_in_the_service_s_order(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    rows = json.loads(a2c("history", "one", "--local", "--json").out)
    assert (two.is_dir(), rows[-1]["status"]) == (True, "completed")
    lines = a2c("history", "one", "--local").out.splitlines()
    assert lines[0].split() == ["AT", "STATUS", "INFO"]
    assert [line.split()[:2] for line in lines[1:]] == [[row["created_at"], row["status"]] for row in rows]


def test_a_job_that_was_never_made_has_none(two: Path, a2c: Command) -> None:
    assert (two.is_dir(), a2c("history", "one", "--local").code) == (True, 2)
