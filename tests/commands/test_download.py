"""`a2c-spec download`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Command


def test_download_brings_back_what_was_deleted_and_pays_nothing(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    (two / "dist/cover.webp").unlink()
    shown = a2c("download", "two.yaml", "--local", "--json")
    assert shown.code == 0
    assert (two / "dist/cover.webp").exists()
    assert set(json.loads(shown.out.splitlines()[-1])["requests"]) == {"GET"}
