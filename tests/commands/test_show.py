"""`a2c-spec show`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Command


def test_a_saved_plan_is_shown_as_it_was_made(two: Path, a2c: Command) -> None:
    made = a2c("plan", "two.yaml", "--local", "-o", "p.a2cplan.json").out
    assert a2c("show", "p.a2cplan.json").out == made
    assert two.is_dir()
    assert a2c("show", "p.a2cplan.json", "--exit-code").code == 2
    tree = json.loads(a2c("show", "p.a2cplan.json", "--json").out)
    assert [change["address"] for change in tree["changes"]] == ["one", "two"]
    assert "stamps" not in tree


def test_a_plan_that_changes_nothing_exits_0(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("plan", "two.yaml", "--local", "-o", "p.a2cplan.json").code == 0
    assert (two.is_dir(), a2c("show", "p.a2cplan.json", "--exit-code").code) == (True, 0)


def test_an_address_is_shown_as_status_shows_it(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert (two.is_dir(), a2c("show", "one", "--local").out) == (True, a2c("status", "one", "--local").out)


@pytest.mark.parametrize("flag", ["--markdown", "--explain", "--exit-code"])
def test_what_is_for_plans_is_refused_for_an_address(flag: str, two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    refused = a2c("show", "one", "--local", flag)
    assert (two.is_dir(), refused.code, f"{flag} is for saved plans" in refused.err) == (True, 2, True)


def test_markdown_that_is_cut_names_the_file_of_the_plan_where_there_is_one(project: Path, a2c: Command) -> None:
    (project / "many.yaml").write_text(
        "apiVersion: a2c-spec/v1\nkind: Batch\nname: many\nfor_each: {items: [a, b, c, d, e, f, g, h, i]}\n"
        'key: "${{ each.value }}"\n'
        "template:\n  inputs: [{id: i, path: src/cover.png}]\n"
        "  conversions: [{id: c, target: webp}]\n"
        '  outputs: [{from: c, filename: "${{ each.value }}", save: dist/}]\n'
    )
    short = ("--markdown", "--max-bytes", "1000")
    saved = a2c("plan", "many.yaml", "--local", "-o", "p.a2cplan.json", *short)
    assert (saved.code, "… cut here; `a2c-spec show p.a2cplan.json -v` shows all:" in saved.out) == (0, True), saved.err
    assert a2c("show", "p.a2cplan.json", *short).out == saved.out
    assert "`a2c-spec plan -v --local` shows all:" in a2c("plan", "many.yaml", "--local", *short).out
