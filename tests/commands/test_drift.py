"""`a2c-spec drift`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Command


def test_drift_names_what_moved(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("drift", "--local", "--detailed-exitcode").code == 0
    (two / "dist/cover.webp").write_bytes(b"changed")
    shown = a2c("drift", "--local", "--detailed-exitcode", "--json")
    assert shown.code == 2
    assert [row["path"] for row in json.loads(shown.out)["drift"]] == ["files.dist/cover.webp"]
