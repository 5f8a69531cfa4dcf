"""A stale saved plan says what differs: each part that does, by its name, and none that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import PNG
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
vars: {{w: {{type: integer, default: 64}}, other: {{default: x}}}}
inputs: [{{id: cover, path: src/cover.png}}]
conversions: [{{id: webp, category: image, target: webp, options: {{width: "${{{{ vars.w }}}}"}}}}]
outputs: [{{from: webp, filename: cover, save: dist/}}]
"""
ONE = JOB.format(name="one")
NAMED = JOB.format(name='"one-${{ vars.w }}"')
BATCH = """\
apiVersion: a2c-spec/v1
kind: Batch
name: rows
for_each: {csv: rows.csv}
key: ${{ each.key }}
template:
  inputs: [{id: cover, path: src/cover.png}]
  conversions: [{id: webp, category: image, target: webp, options: {width: "${{ each.width | int }}"}}]
  outputs: [{from: webp, filename: "${{ each.key }}", save: dist/}]
"""
ROWS = "key,width\na,64\nb,64\n"
W = "one: the variable `w` changed"
VAR = {"A2C_VAR_w": "65"}
Steps = dict[str, str]
"""Files that are written and, by names of variables, the environment; an empty text removes."""

STALE: list[tuple[str, Steps, tuple[str, ...], Steps, str]] = [
    ("a variable is gone", {"m.yaml": ONE, **VAR}, (), {"A2C_VAR_w": ""}, f"{W} (A2C_VAR_w -> its default)"),
    ("a variable came", {"m.yaml": ONE}, (), VAR, f"{W} (its default -> A2C_VAR_w)"),
    ("a variable", {"m.yaml": ONE, **VAR}, (), {"A2C_VAR_w": "66"}, f"{W} (A2C_VAR_w)"),
    (
        "a file with variables",
        {"m.yaml": ONE, "v/e.yaml": "w: 65\n"},
        ("--var-file", "v/e.yaml"),
        {"v/e.yaml": "w: 66\n"},
        f"{W} (v/e.yaml)",
    ),
    (
        "variables of an environment",
        {"m.yaml": ONE, "a2c.yaml": "environments: {st: {vars: {w: 65}}}\n"},
        ("--env", "st"),
        {"a2c.yaml": "environments: {st: {vars: {w: 66}}}\n"},
        f"{W} (a2c.yaml)",
    ),
    ("the manifest", {"m.yaml": ONE}, (), {"m.yaml": ONE.replace("64", "65")}, "one: the manifest changed"),
    (
        "the manifest and a variable",
        {"m.yaml": ONE},
        (),
        {"m.yaml": ONE.replace("filename: cover", "filename: c"), **VAR},
        f"one: the manifest changed; {W} (its default -> A2C_VAR_w)",
    ),
    (
        "a setting",
        {"m.yaml": ONE},
        (),
        {"a2c.yaml": "defaults: {on_conflict: skip}\n"},
        "the setting `on_conflict` changed (built in -> a2c.yaml:1:25)",
    ),
    (
        "which manifests",
        {"m.yaml": ONE, "n.yml": PNG.replace("name: one", "name: three").replace("save: dist", "save: out")},
        (),
        {"a2c.yaml": "manifests: [m.yaml]\n"},
        "the setting `manifests` changed (built in -> a2c.yaml:1:12); three is gone; two is gone",
    ),
    ("the bytes", {"m.yaml": ONE}, (), {"src/cover.png": "x"}, "one: the bytes of the input src/cover.png changed"),
    (
        "a variable that names jobs",
        {"m.yaml": NAMED, **VAR},
        (),
        {"A2C_VAR_w": "66"},
        "the variable `w` changed (A2C_VAR_w); one-66 is new; one-65 is gone",
    ),
    (
        "a row",
        {"m.yaml": BATCH, "rows.csv": ROWS},
        (),
        {"rows.csv": ROWS.replace("b,64", "b,65")},
        'rows["b"]: its row changed (rows.csv)',
    ),
    ("what nothing reads", {"m.yaml": ONE, **VAR}, (), {"A2C_VAR_other": "y"}, ""),
    ("a comment", {"m.yaml": ONE}, (), {"m.yaml": f"# new\n{ONE}"}, ""),
]


def do(steps: Steps, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in steps.items():
        if name.startswith("A2C_"):
            monkeypatch.setenv(name, text) if text else monkeypatch.delenv(name)
        else:
            (project / name).parent.mkdir(exist_ok=True)
            (project / name).write_text(text)


@pytest.mark.parametrize(
    ("before", "flags", "after", "told"), [row[1:] for row in STALE], ids=[row[0] for row in STALE]
)
def test_just_what_differs_is_told(
    before: Steps,
    flags: tuple[str, ...],
    after: Steps,
    told: str,
    project: Path,
    a2c: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    do(before, project, monkeypatch)
    assert a2c("plan", "--local", *flags, "-o", "p.a2cplan.json").code == 0
    do(after, project, monkeypatch)
    ran = a2c("apply", "p.a2cplan.json", "--local", "-q")
    first = ran.err.splitlines()[0] if ran.err else ""
    assert (ran.code, first) == ((10, f"error: the plan is stale: {told}") if told else (0, "")), ran.err
    asked = "give the variable the value that it had, or " if "variable" in told else ""
    assert not told or f"  {asked}make a new plan; nothing was sent" in ran.err
    do({name: text for name, text in before.items() if name in after}, project, monkeypatch)


def test_where_an_earlier_run_comes_back_only_the_variable_is_named(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither records nor inputs changed; that other runs are planned follows from the variable."""
    (project / "m.yaml").write_text(ONE)
    for width in ("64", "65"):
        monkeypatch.setenv("A2C_VAR_w", width)
        assert a2c("apply", "--local", "-y", "-q").code == 0
    monkeypatch.setenv("A2C_VAR_w", "66")
    assert a2c("plan", "--local", "-q", "-o", "p.a2cplan.json").code == 0
    monkeypatch.delenv("A2C_VAR_w")
    ran = a2c("apply", "p.a2cplan.json", "--local", "-y", "-q")
    assert ran.err.splitlines()[0] == f"error: the plan is stale: {W} (A2C_VAR_w -> its default)"
    monkeypatch.setenv("A2C_VAR_w", "66")
    assert a2c("apply", "p.a2cplan.json", "--local", "-y", "-q").code == 0


def test_that_another_apply_came_between_is_told_beside_a_variable(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "m.yaml").write_text(ONE)
    assert a2c("plan", "--local", "-q", "-o", "p.a2cplan.json").code == 0
    monkeypatch.setenv("A2C_VAR_w", "65")
    assert a2c("apply", "--local", "-y", "-q").code == 0
    ran = a2c("apply", "p.a2cplan.json", "--local", "-y", "-q")
    told = f"{W} (its default -> A2C_VAR_w); one: the state changed"
    assert ran.err.splitlines()[0] == f"error: the plan is stale: {told}"
