"""`a2c-spec import`, tried as a user would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.conftest import EXAMPLES, Command


def test_an_imported_job_is_ours_and_nothing_is_left_to_do(two: Path, a2c: Command) -> None:
    shutil.copy(EXAMPLES / "report.yaml", two / "report.yaml")
    assert a2c("apply", "report.yaml", "--local").code == 0
    job_id = json.loads(a2c("state", "show", "board-pack", "--local", "--json").out)["job_id"]
    assert a2c("state", "rm", "board-pack", "--local").code == 0
    shutil.rmtree(two / "dist")
    assert a2c("import", job_id, "--local", "--name", "pack").code == 0
    assert (two / "dist/board-pack-Q3-2026.pdf").exists()
    assert json.loads(a2c("plan", "pack.yaml", "--local", "--json").out)["noop"]
    assert a2c("import", job_id, "--local", "--name", "pack").code == 2
