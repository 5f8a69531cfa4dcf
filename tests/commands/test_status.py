"""`a2c-spec status`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.conftest import PNG
from tests.conftest import Command


def test_every_address_has_a_line_or_an_object(two: Path, a2c: Command) -> None:
    assert a2c("status", "--local").out == "nothing is recorded\n"
    assert a2c("apply", "two.yaml", "--local").code == 0
    lines = a2c("status", "--local").out.splitlines()
    assert [line.split()[:2] for line in lines] == [["ADDRESS", "PHASE"], ["one", "done"], ["two", "done"]]
    rows = json.loads(a2c("status", "--local", "--json").out)
    assert [(row["address"], "live" in row) for row in rows] == [("one", False), ("two", False)]
    assert two.is_dir()


def test_the_service_is_asked_about_a_held_job_unless_offline(two: Path, a2c: Command) -> None:
    (two / "two.yaml").write_text(PNG.replace("labels", "job: {process: false}\nlabels"))
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert "one: incomplete on the service" in a2c("status", "--local").out
    assert "live         incomplete" in a2c("status", "one", "--local").out
    assert "on the service" not in a2c("status", "--local", "--offline").out


def test_an_unknown_address_is_answered_with_the_nearest(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    ran = a2c("status", "ones", "--local")
    assert (two.is_dir(), ran.code, "did you mean one?" in ran.err) == (True, 2, True)
