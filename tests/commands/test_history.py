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


PRESET = "apiVersion: a2c-spec/v1\nkind: Preset\nname: small\ncategory: image\ntarget: webp\noptions: {width: 9}\n"


def test_a_preset_is_called_what_it_is(project: Path, a2c: Command) -> None:
    (project / "small.yaml").write_text(PRESET)
    assert a2c("apply", "--local", "-q").code == 0
    asked = a2c("history", "small", "--local")
    assert (asked.code, "small is a preset" in asked.err) == (2, True)
    lines = {
        line.split()[0]: line.split()[1:] for line in a2c("state", "show", "small", "--local").out.splitlines()[1:]
    }
    assert ("job" in lines, len(lines["preset"][0]), len(lines["updated"])) == (False, 36, 3)
    gone = a2c("state", "rm", "small", "--local")
    assert f"it stays on the service; its id there is {lines['preset'][0]}" in gone.err
