"""`a2c-spec wait` after an apply that was detached, tried as a user would."""

from __future__ import annotations

from pathlib import Path

from tests.commands.conftest import planned
from tests.conftest import Command


def test_detach_returns_early_and_wait_brings_the_results(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local", "--detach").code == 0
    assert not (two / "dist").exists()
    assert a2c("wait", "two.yaml", "--local").code == 0
    assert (two / "dist/cover.webp").exists()
    assert set(planned(a2c).values()) == {"no-op"}
