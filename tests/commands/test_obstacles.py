"""What stands in the way of a result is seen before anything is paid, and said in words that help."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Command

RECIPE = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{id: i, path: src/cover.png}]
conversions: [{id: h, category: hash, target: sha256}]
outputs: [{from: h, filename: one, save: dist/deep/, on_conflict: POLICY}]
"""


def _file(project: Path) -> None:
    (project / "dist").write_text("notes")


def _link(project: Path) -> None:
    (project / "dist").symlink_to("nowhere")


def _outside(project: Path) -> None:
    (project / "dist").mkdir()
    (project / "dist" / "deep").symlink_to("/")


def _read_only(project: Path) -> None:
    (project / "dist").mkdir(mode=0o555)


def _folder(project: Path) -> None:
    (project / "dist" / "deep" / "one.sha256").mkdir(parents=True)


WAYS = [
    (_file, "dist is a file, not a folder; move it away, or save in another folder"),
    (_link, "dist is a link to something that does not exist"),
    (_outside, "outside the project root"),
    (_read_only, "dist is not writable; change its permissions"),
    (_folder, "dist/deep/one.sha256 is a folder; move it away"),
]


@pytest.mark.parametrize("policy", ["error", "overwrite"])
@pytest.mark.parametrize(("obstruct", "says"), WAYS, ids=[way.__name__ for way, _ in WAYS])
def test_a_path_that_cannot_be_written_is_refused_before_paying(
    project: Path, a2c: Command, policy: str, obstruct: Callable[[Path], None], says: str
) -> None:
    if obstruct is _read_only and os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (project / "one.yaml").write_text(RECIPE.replace("POLICY", policy))
    obstruct(project)
    planned, done = a2c("plan", "--local"), a2c("apply", "--local")
    assert says in planned.out + planned.err
    assert says in done.err
    assert done.code == (5 if obstruct is _outside else 13)
    assert json.loads(a2c("state", "list", "--local", "--json").out) == []


def test_a_folder_that_became_a_file_is_told_before_a_result_is_fetched_again(project: Path, a2c: Command) -> None:
    (project / "one.yaml").write_text(RECIPE.replace("POLICY", "error"))
    assert a2c("apply", "--local").code == 0
    (project / "dist" / "deep" / "one.sha256").unlink()
    (project / "dist" / "deep").rmdir()
    (project / "dist" / "deep").write_text("notes")
    done = a2c("apply", "--local")
    assert (done.code, "dist/deep is a file, not a folder" in done.err) == (13, True)


OVER = """\
apiVersion: a2c-spec/v1
kind: Batch
name: rows
extends: base.yaml
for_each: {yaml: t/rows.yaml}
key: "${{ each.name }}"
template:
  inputs: [{id: i, path: src/cover.png}]
  conversions: [{id: h, category: SORT, target: TARGET}]
  outputs: [{from: h, filename: "${{ each.name }}", save: FOLDER, on_conflict: overwrite}]
  lifecycle: {allow_unknown: [conversions.h.target]}
"""


@pytest.mark.parametrize(
    ("folder", "name"),
    [("./", "a2c"), ("./", "OVER"), ("./", "base"), ("t/", "rows"), ("vars/", "prod"), ("./", "more")],
)
def test_no_result_is_written_over_what_says_what_is_asked_for(
    project: Path, a2c: Command, folder: str, name: str
) -> None:
    """Settings, a manifest (in any case), its base, its table, variables, an included manifest."""
    for below in ("t", "vars"):
        (project / below).mkdir()
    (project / "base.yaml").write_text("include: [more.yaml]")
    (project / "vars" / "prod.yaml").write_text("{}")
    (project / "t" / "rows.yaml").write_text(f"[{{name: {name}}}]")
    (project / "more.yaml").write_text(RECIPE.replace("POLICY", "error"))
    text = OVER.replace("SORT", "data").replace("TARGET", "yaml").replace("FOLDER", folder)
    (project / "over.yaml").write_text(text + "include: [more.yaml]\n")
    done = a2c("validate", "over.yaml", "--env", "prod")
    assert done.code == 5
    assert "would overwrite a file that manifests are read from" in done.out


NAMES = """\
apiVersion: a2c-spec/v1
kind: Batch
name: rows
vars: {end: {type: string, default: made}}
for_each: {glob: "in/*"}
template:
  inputs: [{id: i, path: "${{ each.path }}"}]
  conversions: [{id: h, category: hash, target: md5}]
  outputs: [{from: h, MORE}]
"""
TOGETHER = [
    ("q?", "q_"),
    ("caf\u00e9", "cafe\u0301"),
    ("x", "y\\x"),
    ("X", "x"),
    ("stra\u00dfe", "STRASSE"),
    ("a:", "a|"),
]
MADE = [
    "save: dist/",
    "save: dist/, filename: '${{ each.stem }}'",
    "save: dist/, filename: '${{ input.stem }}'",
    "save: 'dist/${{ each.stem }}-${{ vars.end }}/', filename: n",
]


@pytest.mark.parametrize("more", MADE)
@pytest.mark.parametrize("names", TOGETHER)
def test_names_that_fall_together_on_the_way_are_found_before_paying(
    project: Path, a2c: Command, names: tuple[str, str], more: str
) -> None:
    """What some disk or the service takes for the same: forms and case of letters, characters that are replaced."""
    if names == ("x", "y\\x") and "each.stem" in more:
        pytest.skip("the name that the manifest makes of it is refused by itself")
    (project / "in").mkdir()
    for name in names:
        (project / "in" / f"{name}.txt").write_text(name)
    if len(list((project / "in").iterdir())) < 2:
        pytest.skip("this disk takes them for the same")
    (project / "n.yaml").write_text(NAMES.replace("MORE", more))
    done = a2c("apply", "--local", "n.yaml")
    assert (done.code, "would both write" in done.out + done.err) == (5, True)
