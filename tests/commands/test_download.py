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
    assert json.loads(shown.out.splitlines()[0])["partial"] is False


def test_what_a_download_leaves_to_apply_is_counted(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert "PARTIAL" not in a2c("download", "two.yaml", "--local").out
    (two / "two.yaml").write_text((two / "two.yaml").read_text().replace("width: 64", "width: 65", 1))
    shown = a2c("download", "two.yaml", "--local")
    assert (shown.code, "PARTIAL: 1 other change left to `a2c-spec apply`" in shown.out) == (0, True)
    assert "a selection" in a2c("download", "two.yaml", "--local", "--target", "two").out
