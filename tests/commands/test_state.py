"""`a2c-spec state`, tried as a user would."""

from __future__ import annotations

from pathlib import Path

from tests.commands.conftest import PNG, planned
from tests.conftest import Command


def test_a_renamed_manifest_keeps_its_job_when_the_state_follows(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    (two / "two.yaml").write_text(PNG.replace("name: one", "name: first"))
    assert planned(a2c)["first"] == "cached"
    assert planned(a2c, "--no-cache")["first"] == "create"
    assert a2c("state", "mv", "one", "first", "--local").code == 0
    assert planned(a2c)["first"] == "no-op"
    assert a2c("state", "rm", "first", "--local").code == 0
    assert a2c("state", "show", "first", "--local").code == 2
