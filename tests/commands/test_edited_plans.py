"""A saved plan that was edited: what it shows is not what would be done, so nothing is done; what was not edited is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command

PLAN = "p.a2cplan.json"
HEAD = "apiVersion: a2c-spec/v1\nkind: Job\n"
ONE = "inputs: [{id: i, path: src/cover.png}]\nconversions: [{id: c, category: image, target: gif}]\n"
GIF = f"{HEAD}name: a\n{ONE}outputs: [{{from: c, filename: p, save: dist/, on_conflict: overwrite}}]\n"
TREE = dict[str, Any]


def edit(project: Path, change: Callable[[TREE], Any]) -> None:
    tree = json.loads((project / PLAN).read_text())
    change(tree)
    (project / PLAN).write_text(json.dumps(tree))


def row(**more: Any) -> Callable[[TREE], Any]:
    return lambda tree: tree["changes"][0].update(more)


def cheap(tree: TREE) -> None:
    tree["totals"]["credits"] = tree["changes"][0]["credits"] = 0


def one_call(tree: TREE) -> None:
    del tree["changes"][0]["calls"][1]
    tree["totals"].update(calls={"POST": 1}, requests=1)


EDITS: list[tuple[str, Callable[[TREE], Any]]] = [
    ("`replaces` of a", row(replaces=[])),
    ("`writes`, `replaces` of a", row(replaces=[], writes=[])),
    ("`credits` of a; `totals`", cheap),
    ("`work` of a", row(work="nothing")),
    ("`reasons` of a", row(reasons=["all of it is here"])),
    ("`stays` of a", row(stays=["dist/p.gif stays as it is"])),
    ("`emptied` of a", row(emptied="x")),
    ("`awaits` of a", row(awaits=3)),
    ("`calls` of a; `totals`", one_call),
    ("`calls` of a", lambda tree: tree["changes"][0]["calls"][0].update(body={"process": False})),
    ("`calls` of a", lambda tree: tree["changes"][0]["calls"][1].update(bytes=999)),
    ("`noop`", lambda tree: tree.update(noop=True)),
    ("`partial`, `left_out`", lambda tree: tree.update(left_out=7, partial=True)),
    ("`selected`", lambda tree: tree.update(selected=True)),
    ("`unread_secrets`", lambda tree: tree.update(unread_secrets=["keyring:a/b is locked"])),
    ("`uncached`", lambda tree: tree.update(uncached="the disk is full")),
    ("`orphans`", lambda tree: tree.update(orphans={"addresses": ["b"], "unsure": False})),
]


def test_what_a_plan_shows_is_what_is_done_or_nothing_is(project: Path, a2c: Command) -> None:
    (project / "a.yaml").write_text(GIF)
    (project / "dist").mkdir()
    (project / "dist/p.gif").write_text("somebody's own")
    for told, change in EDITS:
        assert a2c("plan", "a.yaml", "--local", "-o", PLAN).code == 0
        edit(project, change)
        ran = a2c("apply", PLAN, "--local", "-y")
        assert (ran.code, f"is not what would be done: {told}\n" in ran.err) == (10, True), ran.err
        assert (project / "dist/p.gif").read_text() == "somebody's own"
        assert "nothing is recorded" in a2c("state", "list").out


def test_a_removal_that_a_plan_hides_is_not_done(project: Path, a2c: Command) -> None:
    (project / "a.yaml").write_text(GIF)
    assert a2c("apply", "--local").code == 0
    (project / "a.yaml").unlink()
    assert a2c("plan", "--local", "--prune", "-o", PLAN).code == 0
    edit(project, row(removes=[]))
    ran = a2c("apply", PLAN, "--local", "-y")
    assert (ran.code, "`removes` of a" in ran.err) == (10, True)
    assert (project / "dist/p.gif").exists()


def test_a_file_that_came_since_would_be_replaced_unseen(project: Path, a2c: Command) -> None:
    (project / "a.yaml").write_text(GIF)
    assert a2c("plan", "a.yaml", "--local", "-o", PLAN).code == 0
    (project / "dist").mkdir()
    (project / "dist/p.gif").write_text("somebody's own")
    ran = a2c("apply", PLAN, "--local", "-y")
    assert (ran.code, "`replaces` of a" in ran.err) == (10, True)
    assert (project / "dist/p.gif").read_text() == "somebody's own"


DEPENDENTS = f"""{GIF}---
{HEAD}name: b
inputs: [{{id: i, from: a.c}}]
conversions: [{{id: d, category: image, target: png, preset: {{from: small}}}}]
---
apiVersion: a2c-spec/v1
kind: Preset
name: small
category: image
target: png
options: {{width: 32}}
"""
ROWS = """apiVersion: a2c-spec/v1
kind: Batch
name: rows
for_each: {glob: "src/*.png"}
key: ${{ each.stem }}
template:
  inputs: [{id: i, path: "${{ each.path }}"}]
  conversions: [{id: c, category: image, target: gif}, {id: d, category: hash, target: md5}]
"""
UNEDITED: list[tuple[str, list[str], list[str], list[str]]] = [
    (GIF, [], [], []),
    (GIF, ["-v"], ["--json"], []),
    (GIF, ["--json"], ["-v"], []),
    (GIF, ["--explain"], ["--quiet"], []),
    (GIF, ["--markdown"], ["--explain"], []),
    (GIF, ["--on-conflict", "rename", "--no-cache"], ["--parallelism", "1"], []),
    (GIF, ["--max-credits", "9"], [], []),
    (GIF, [], ["--max-credits", "9", "--max-replace", "0"], []),
    (DEPENDENTS, [], [], []),
    (DEPENDENTS, ["--target", "b"], ["--json"], []),
    (DEPENDENTS, ["--replace", "a"], ["-v", "-y"], ["a.yaml"]),
    (DEPENDENTS, ["--prune"], ["-y"], ["a.yaml", "b.yaml"]),
    (ROWS, [], ["-v"], []),
    (ROWS, ["--exclude", "*cover*"], [], []),
]


@pytest.mark.parametrize(("text", "made", "applied", "before"), UNEDITED)
def test_what_nobody_edited_is_applied_here_and_in_another_checkout(
    text: str, made: list[str], applied: list[str], before: list[str], project: Path, a2c: Command
) -> None:
    for name in before:
        (project / name).write_text(
            text if name == "a.yaml" else GIF.replace("name: a", "name: gone").replace("p,", "q,")
        )
    if before:
        assert a2c("apply", "--local").code == 0
        for name in before[1:]:
            (project / name).unlink()
    (project / "a.yaml").write_text(text)
    assert a2c("plan", *([] if "--prune" in made else ["a.yaml"]), "--local", "-o", PLAN, *made).code == 0
    elsewhere = project.parent / "elsewhere"
    shutil.copytree(project, elsewhere)
    ran = a2c("apply", PLAN, "--local", *applied)
    assert ran.code == 0, ran.err
    ran = a2c("apply", PLAN, "--local", "-C", str(elsewhere), *applied)
    assert ran.code == 0, ran.err
