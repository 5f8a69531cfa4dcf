"""`a2c-spec validate`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.conftest import PNG
from tests.conftest import Command


def test_what_is_valid_is_counted(two: Path, a2c: Command) -> None:
    (two / "preset.yaml").write_text(
        "apiVersion: a2c-spec/v1\nkind: Preset\nname: small\ncategory: image\ntarget: webp\n"
    )
    ran = a2c("validate", "two.yaml", "preset.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "", "valid: 2 jobs, 1 preset\n")
    assert json.loads(a2c("validate", "two.yaml", "--json").out) == {"valid": True, "jobs": 2, "diagnostics": []}


def test_what_is_wrong_has_its_place_for_people_and_for_programs(two: Path, a2c: Command) -> None:
    (two / "two.yaml").write_text(PNG.replace("labels", "label"))
    ran = a2c("validate", "two.yaml")
    assert ran.code == 5
    assert ran.out.startswith("two.yaml:4:1: error: `label` is not a key of a Job")
    assert ran.err == "1 problem in the manifests.\n"
    tree = json.loads(a2c("validate", "two.yaml", "--json").out)
    assert (tree["valid"], [(row["line"], row["column"]) for row in tree["diagnostics"]]) == (False, [(4, 1)])
