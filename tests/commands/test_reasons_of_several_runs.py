"""Why something is run again of which the results come from several runs: compared with what was last made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: a
inputs: [{{id: i, path: a.txt}}]
conversions:
  - {{id: l, category: hash, target: sha1, options: {{allow_multiple_outputs_threshold: {l}}}}}
  - {{id: m, category: hash, target: md5, options: {{allow_multiple_outputs_threshold: {m}}}}}
outputs: [{{from: l, save: dist/}}, {{from: m, save: dist/}}]
"""
OPTION = "options.allow_multiple_outputs_threshold"


@pytest.mark.parametrize(
    ("edits", "text", "says"),
    [
        ([(2, 2), (3, 2), (4, 4)], "", {"l": "3 -> 4", "m": "2 -> 4"}),
        ([(2, 2), (3, 2), (3, 2)], "new", {}),
        ([(2, 2), (3, 2), (4, 2), (5, 5)], "", {"l": "4 -> 5", "m": "2 -> 5"}),
        ([(2, 2), (2, 3), (4, 4)], "", {"l": "2 -> 4", "m": "3 -> 4"}),
        ([(2, 2), (3, 2), (2, 2), (4, 4)], "", {"l": "2 -> 4", "m": "2 -> 4"}),
    ],
)
def test_an_edit_that_was_applied_is_no_reason(
    edits: list[tuple[int, int]], text: str, says: dict[str, str], project: Path, server: Background, a2c: Command
) -> None:
    assert server
    (project / "a.txt").write_text("old")
    for number, (l_option, m_option) in enumerate(edits):
        (project / "a.yaml").write_text(JOB.format(l=l_option, m=m_option))
        if number < len(edits) - 1:
            assert a2c("apply", "-y", "--no-cache").code == 0
    if text:
        (project / "a.txt").write_text(text)
    told = json.loads(a2c("plan", "--no-cache", "--json").out)
    (change,) = [one for one in told["changes"] if one["action"] == "re-run"]
    changed = {why for why in change["reasons"] if why.startswith("conversion")}
    assert changed == {f"conversion {name} changed: {OPTION} {values}" for name, values in says.items()}
    assert any(why.startswith("input i changed") for why in change["reasons"]) == bool(text)
