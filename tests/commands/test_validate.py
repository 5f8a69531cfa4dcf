"""`a2c-spec validate`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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


BATCH = """\
apiVersion: a2c-spec/v1
kind: Batch
name: rows
for_each: {csv: rows.csv}
key: "${{ each.id }}"
template:
  inputs: [{id: a, path: src/cover.png}]
  conversions: [{id: c, target: png, options: {OPTIONS}}]
  outputs: [{from: c, filename: NAME}]
"""


@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
@pytest.mark.parametrize(
    ("options", "name", "said", "lines"),
    [
        ("widht: 3", "${{ each.id }}", 'in rows["r0"]; the same 999 more times', 1),
        ("width: '${{ each.w | int }}'", "${{ each.id }}", 'in rows["r4"]; the same 995 more times', 5),
        ("width: 3", "same", "the same 998 more times", 1),
    ],
)
def test_one_mistake_in_a_thousand_rows_is_said_once(
    options: str, name: str, said: str, lines: int, command: str, project: Path, a2c: Command
) -> None:
    (project / "rows.csv").write_text("id,w\n" + "".join(f"r{n},{70_000 + n}\n" for n in range(1000)))
    (project / "rows.yaml").write_text(BATCH.replace("OPTIONS", options).replace("NAME", f'"{name}"'))
    ran = a2c(command, "rows.yaml", *(["--local"] if command != "validate" else []))
    text = ran.out + ran.err
    assert (ran.code, text.count("error:"), said in text) == (5, lines, True)


def test_what_no_row_needs_of_allow_unknown_is_said_and_what_one_row_needs_is_not(project: Path, a2c: Command) -> None:
    names = ("conversions.c.target", "conversions.c.options.deep", "conversions.c.options.width")
    allowed = f"  lifecycle: {{allow_unknown: [{', '.join(names)}]}}\n"
    (project / "rows.csv").write_text("id,t\na,png\nb,psd\nc,webp\n")
    text = BATCH.replace("OPTIONS", "width: 3, deep: 1").replace("NAME", '"${{ each.id }}"')
    (project / "rows.yaml").write_text(text.replace("target: png", 'target: "${{ each.t }}"') + allowed)
    ran = a2c("validate", "rows.yaml")
    assert (ran.code, ran.out.count("warning:"), ran.err) == (0, 1, "valid: 3 jobs\n")
    assert "rows.yaml:10:81: warning: `conversions.c.options.width` in `allow_unknown` is not needed" in ran.out
    (project / "rows.yaml").write_text(text.replace("deep: 1", "x: 1") + allowed)
    ran = a2c("validate", "rows.yaml")
    assert (ran.code, "`conversions.c.options.deep` in `allow_unknown` is not a target" in ran.out) == (5, True)


PRESETS = """\
apiVersion: a2c-spec/v1
kind: Preset
name: small
target: TARGET
options: {OPTIONS}
lifecycle: {allow_unknown: [ALLOWED]}
---
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{id: cover, path: src/cover.png}]
conversions: [{id: webp, target: webp, preset: {from: small}}]
"""


@pytest.mark.parametrize(
    ("target", "options", "allowed", "said"),
    [
        ("webp", "quality: 50", "", ""),
        ("jpg", "quality: 50", "", ""),
        ("webp", "deep: 50", "options.deep", ""),
        ("pdf", "merge: true", "", "the preset `small` is for pdf, not for webp: there is no option `merge`"),
        ("pdf", "quality: ebook", "", "not for webp: the option `quality` must be a whole number, found text"),
    ],
)
def test_a_preset_has_only_options_of_the_target_that_uses_it(
    target: str, options: str, allowed: str, said: str, project: Path, a2c: Command
) -> None:
    text = PRESETS.replace("TARGET", target).replace("OPTIONS", options).replace("ALLOWED", allowed)
    (project / "presets.yaml").write_text(text)
    ran = a2c("validate", "presets.yaml")
    assert (ran.code, ran.out.startswith("presets.yaml:12:15: error: ")) == ((5, True) if said else (0, False))
    assert said in ran.out


def test_each_period_has_an_address_of_its_own_and_keeps_its_results(two: Path, a2c: Command) -> None:
    recipe = PNG.partition("---")[0].replace("filename: cover", 'filename: "cover-${{ vars.q }}"')
    recipe = recipe.replace("name: one", 'name: "one-${{ vars.q | lower }}"\nvars: {q: {type: string}}')
    (two / "two.yaml").write_text(recipe)
    for period in ("Q3", "Q4"):
        ran = a2c("apply", "two.yaml", "--local", "--var", f"q={period}", "--json")
        assert ran.code == 0
    assert sorted(path.name for path in (two / "dist").iterdir()) == ["cover-Q3.webp", "cover-Q4.webp"]
    planned = json.loads(a2c("plan", "two.yaml", "--local", "--var", "q=Q4", "--json").out)
    assert [(row["address"], row["action"]) for row in planned["changes"]] == [("one-q4", "no-op")]


def test_why_the_one_job_failed_is_told_once(two: Path, a2c: Command) -> None:
    (two / "two.yaml").write_text(PNG.partition("---")[0].replace("options: {width: 64}", "options: {preset: none}"))
    ran = a2c("apply", "two.yaml", "--local")
    assert (ran.code, (ran.out + ran.err).count("There is no such preset")) == (5, 1)
