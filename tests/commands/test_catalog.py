"""`a2c-spec catalog`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.conftest import PNG
from tests.conftest import Command


def test_a_pulled_catalog_says_which_targets_take_a_name(two: Path, a2c: Command) -> None:
    assert a2c("catalog", "pull", "--local").code == 0
    assert '"output_filename"' in a2c("plan", "two.yaml", "--local", "--json").out
    rows = json.loads((two / "a2c.catalog.json").read_text())
    for row in rows:
        row["options"].pop("output_filename")
    (two / "a2c.catalog.json").write_text(json.dumps(rows))
    assert '"output_filename"' not in a2c("plan", "two.yaml", "--local", "--json").out
    assert a2c("catalog", "diff", "--local", "--detailed-exitcode").code == 2
    (two / "two.yaml").write_text(PNG.replace("width: 64", "widht: 64"))
    refused = a2c("validate", "two.yaml")
    assert (refused.code, "did you mean `width`?" in refused.out) == (5, True)
