"""A source that comes back empty after a full one asks before anything is let go; what was let go is known again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Command

BATCH = """\
apiVersion: a2c-spec/v1
kind: Batch
name: rows
for_each: SOURCE
key: "${{ each.name }}"
template:
  inputs: [{id: i, path: "in/${{ each.name }}"}]
  conversions: [{id: h, category: hash, target: sha256}]
  outputs: [{from: h, filename: "${{ each.name }}"}]
"""
ASKS = "2 addresses of batch rows would be let go; its source is empty now"


@pytest.fixture
def batch(project: Path) -> Path:
    """Two files, and a table that names both."""
    (project / "in").mkdir()
    for name in "ab":
        (project / "in" / name).write_text(name)
    (project / "rows.yaml").write_text(BATCH.replace("SOURCE", "{csv: rows.csv}"))
    (project / "rows.csv").write_text("name\na\nb\n")
    return project


def test_an_empty_table_asks_and_what_was_let_go_is_known_when_it_comes_back(batch: Path, a2c: Command) -> None:
    assert a2c("apply", "--local").code == 0
    (batch / "rows.csv").write_text("name\n")
    planned = a2c("plan", "--local")
    assert (planned.code, ASKS in planned.out) == (0, True)
    refused = a2c("apply", "--local")
    assert (refused.code, ASKS in refused.err, "add -y" in refused.err) == (11, True, True)
    assert len(json.loads(a2c("state", "list", "--local", "--json").out)) == 2
    (batch / "rows.csv").write_text("name\na\nb\n")
    assert "no API calls" in a2c("apply", "-v", "--local").out
    (batch / "rows.csv").write_text("name\n")
    assert a2c("apply", "--local", "-y").code == 0
    assert a2c("apply", "--local").code == 0, "it was let go, and is not asked for again"
    (batch / "rows.csv").write_text("name\na\nb\n")
    back = a2c("apply", "--local", "-v")
    assert (back.code, "no API calls" in back.out) == (0, True)
    assert "2 of 2 files intact" in a2c("verify", "--local").out


def test_an_empty_glob_asks_too(batch: Path, a2c: Command) -> None:
    (batch / "rows.yaml").write_text(BATCH.replace("SOURCE", "{glob: in/*}"))
    assert a2c("apply", "--local").code == 0
    for name in "ab":
        (batch / "in" / name).rename(batch / name)
    assert a2c("apply", "--local").code == 11


def test_a_group_of_no_rows_asks_too(batch: Path, a2c: Command) -> None:
    text = BATCH.replace('key: "${{ each.name }}"', "group: all").replace('filename: "${{ each.name }}"', "filename: n")
    (batch / "rows.yaml").write_text(text.replace("SOURCE", "{csv: rows.csv}"))
    assert a2c("apply", "--local").code == 0
    (batch / "rows.csv").write_text("name\n")
    done = a2c("apply", "--local")
    assert (done.code, "1 address of batch rows would be let go" in done.err) == (11, True)


def test_a_source_that_was_never_full_and_a_shorter_one_do_not_ask(batch: Path, a2c: Command) -> None:
    (batch / "rows.csv").write_text("name\n")
    assert a2c("apply", "--local").code == 0
    (batch / "rows.csv").write_text("name\na\nb\n")
    assert a2c("apply", "--local").code == 0
    (batch / "rows.csv").write_text("name\nb\n")
    assert a2c("apply", "--local").code == 0


def test_a_manifest_that_is_removed_does_not_ask(batch: Path, a2c: Command) -> None:
    assert a2c("apply", "--local").code == 0
    (batch / "rows.yaml").unlink()
    (batch / "other.yaml").write_text(BATCH.replace("SOURCE", "{csv: rows.csv}").replace("name: rows", "name: other"))
    assert a2c("apply", "--local").code == 0


def test_a_saved_plan_asks_too_and_shows_it(batch: Path, a2c: Command) -> None:
    assert a2c("apply", "--local").code == 0
    (batch / "rows.csv").write_text("name\n")
    assert a2c("plan", "--local", "-o", "p.a2cplan.json").code == 0
    assert ASKS in a2c("show", "p.a2cplan.json").out
    assert a2c("apply", "p.a2cplan.json", "--local").code == 11
    assert a2c("apply", "p.a2cplan.json", "--local", "-y").code == 0
