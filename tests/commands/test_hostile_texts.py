"""Texts of manifests, files and the service reach no output as they are: no command and no form of it."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import a2c_spec
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.conftest import Command, Ran
from tests.secrecy.echoing import Echoing

SIGNS = "\x1b]0;pwn\x07\x9b8m\x7f\u202e\u2066\u200f\u061c\u2028\u2029\x85"
MARKS = '<img src=x onerror=a()> @everyone ![i](http://x.test) `` | [l](http://x.test) "q" ##[error]z ##vso[task.x]z'
LINES = "\n::error::x\r\n ::add-mask::y\n\n| forged |\nDone: 9 applied"
NASTY = SIGNS + MARKS + LINES
NAME = NASTY.replace("/", "_")[:100]
SAFE_NAME = re.sub(r"[\x00-\x1f\x7f-\x9f/\u2028\u2029]", "", "::error::\u202e\u2066" + MARKS)
"""What is not refused as the name of a result."""

HOSTILE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
COMMAND = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE)
FORGED = re.compile(r"^(\| forged|Done: 9)", re.MULTILINE)

BATCH = r"""
apiVersion: a2c-spec/v1
kind: Batch
name: many
labels: {team: NASTY}
for_each: {csv: {path: rows.csv}}
key: "${{ each.key }}"
vars: {title: {type: string, default: NASTY, description: NASTY}}
template:
  inputs: [{id: page, path: "${{ each.path }}"}]
  conversions:
    - {id: pdf, category: document, target: pdf, metadata: {title: "${{ vars.title }}"}}
  outputs: [{from: pdf, filename: "${{ each.file }}", save: "dist/"}]
"""
AFTER = """
apiVersion: a2c-spec/v1
kind: Job
name: after
inputs: [{id: page, from: 'many["KEY"].pdf'}]
conversions: [{id: sum, category: hash, target: md5}]
"""
WRONG = r"""
apiVersion: a2c-spec/v1
kind: Job
name: NASTY
NASTY: 1
labels: {NASTY: NASTY}
vars: {NASTY: {type: integer, default: NASTY, description: NASTY}}
env: [NASTY]
include: [NASTY]
inputs: [{id: a, path: NASTY}, {id: b, from: NASTY}, {id: NASTY, source: NASTY}]
conversions: [{id: c, target: NASTY, category: NASTY}, {id: d, target: png, options: {NASTY: NASTY}}]
outputs: [{from: NASTY, filename: "${{ NASTY }}", save: NASTY}]
"""


def written(text: str) -> str:
    return json.dumps(text).replace("\x7f", r"\x7f")


def inert(ran: Ran) -> Ran:
    for text in (ran.out, ran.err):
        for pattern in (HOSTILE, COMMAND, FORGED):
            found = pattern.search(text)
            assert not found, f"{found}: {text[max(0, found.start() - 200) : found.end() + 50]!r}"
    assert "internal error" not in ran.err + ran.out
    return ran


@pytest.fixture
def service(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Echoing]:
    """A service that says something hostile wherever it may say anything."""
    api = Echoing(Settings(api_keys=("key",)), {"it": NASTY})
    api.heard = [NASTY]
    with Background(api) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        yield api


@pytest.fixture
def hostile(project: Path) -> Path:
    (project / NAME).write_bytes((project / "src/cover.png").read_bytes())
    rows = [["key", "path", "file"], [NASTY, NAME, SAFE_NAME], ["other", "src/signatures.png", "x"]]
    with (project / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    (project / "many.yaml").write_text(BATCH.replace("NASTY", written(NASTY)))
    return project


def test_no_command_prints_what_a_manifest_or_the_service_smuggles_in(
    hostile: Path, service: Echoing, a2c: Command
) -> None:
    address = next(
        change["address"]
        for change in json.loads(inert(a2c("plan", "--offline", "--json")).out)["changes"]
        if "pwn" in change["address"]
    )
    commands = [
        ["validate"], ["validate", "--json"], ["render"], ["render", "--json"],
        ["graph"], ["graph", "--format", "dot"], ["graph", "--json"],
        ["plan"], ["plan", "--explain", "-v"], ["plan", "--json"], ["plan", "--markdown"],
        ["plan", "-o", "p.a2cplan.json"],
        ["show", "p.a2cplan.json"], ["show", "p.a2cplan.json", "--explain", "-v"], ["show", "p.a2cplan.json", "--json"],
        ["show", "p.a2cplan.json", "--markdown"],
        ["apply", "-v"], ["apply", "--json"],
        ["status"], ["status", "--json"], ["status", address], ["show", address], ["show", address, "--json"],
        ["state", "list"], ["state", "list", "--json"],
        ["state", "show", address], ["state", "show", address, "--json"],
        ["history", address], ["history", address, "--json"], ["drift"], ["drift", "--json"],
        ["apply", "--refresh-only"], ["verify"], ["verify", "--json"], ["verify", address], ["download"], ["wait"],
        ["cache", "list"], ["cache", "list", "--json"], ["doctor"], ["doctor", "--json"], ["config"], ["report"],
        ["catalog", "list"], ["catalog", "show", NASTY], ["import", NASTY], ["state", "rm", NASTY],
        ["plan", "--target", NASTY], ["plan", "-l", NASTY], ["plan", "--var", f"{NASTY}=1"], ["plan", "--env", NASTY],
        ["plan", f"--{NASTY}"], [NASTY], ["plan", NASTY], ["apply", "--replace", address, "-y", "-v"],
        ["prune"], ["prune", "-y"], ["destroy", address, "-y"], ["destroy", "--all", "-y"],
    ]  # fmt: skip  # a table
    codes = {" ".join(args): inert(a2c(*args)).code for args in commands}
    assert {name: code for name, code in codes.items() if code and "pwn" not in name} == {"prune": 11}
    for name in ("a2c-report.html", ".a2c/outputs.json"):
        text = (hostile / name).read_text()
        assert not HOSTILE.search(text.replace("\t", "")), name
        assert "<img src=x" not in text.replace(r"\"", "") or name.endswith("json")


@pytest.mark.parametrize("how", ["failing", "refusing"])
def test_what_fails_says_so_without_acting(how: str, hostile: Path, service: Echoing, a2c: Command) -> None:
    setattr(service, how, True)
    for args in (["apply", "-v"], ["apply", "--json", "-y"], ["plan", "-v"], ["status"], ["report"], ["apply", "-y"]):
        ran = inert(a2c(*args))
    assert ran.code not in (0, 1)


def test_what_is_wrong_in_a_manifest_is_told_without_acting(project: Path, a2c: Command) -> None:
    name = f"{NAME}.yaml"
    (project / name).write_text(WRONG.replace("NASTY", written(NASTY)))
    for args in (
        ["validate"],
        ["validate", "--json"],
        ["plan", "--offline"],
        ["plan", "--offline", "--json"],
        ["graph"],
    ):
        assert inert(a2c(*args, name)).code == 5
    (project / "a2c.yaml").write_text(f"{written(NASTY)}: 1\ndefaults: {{on_conflict: {written(NASTY)}}}\n")
    for args in (["config"], ["doctor"], ["plan", "--offline"], ["validate", "--json"]):
        assert inert(a2c(*args)).code in (1, 5)


def test_every_text_is_printed_by_one_function_and_made_of_lines_by_another() -> None:
    """Outside of the modules that make texts inert nobody prints, or joins lines that others wrote."""
    ours = {"completion", "schema", "version", "serve", "_output", "_terminal", "cli"}
    root = Path(a2c_spec.__file__).parent
    for path in [*root.glob("commands/*.py"), *root.glob("views/*.py"), root / "cli.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "echo":
                assert path.stem in ours, f"{path.name}:{node.lineno}: use `say`"
            joins = isinstance(node, ast.Attribute) and node.attr == "join" and ast.unparse(node.value) == r"'\n'"
            if joins and path.stem not in {"inert", "plan_markdown", "init"}:
                raise AssertionError(f"{path.name}:{ast.unparse(node)}: use `style.lines`")
