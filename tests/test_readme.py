"""README.md and the guides tell the truth: every console block is run, in order, and prints what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import EXAMPLES

ROOT = EXAMPLES.parent
GUIDES = ROOT / "a2c_spec" / "docs"
DOCUMENTS = [(ROOT / "README.md", 8), (GUIDES / "settings.md", 1), (GUIDES / "old-results.md", 1)]
"""Documents, and how many blocks of commands each has at least."""

BLOCK = re.compile(r"```console\n(.*?)\n```", re.DOTALL)
VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"KEY=[0-9a-f]{32}\b"), "<key>"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"), "<time>"),
    (re.compile(r"\b[\d.]+ ([kMG]?B)\b"), "<size>"),
    (re.compile(r"\b[0-9a-f]{4}\.\."), "<digest>"),
    (re.compile(r"\d+ calls? \([^)]*GET[^)]*\)"), "<calls>"),
)
"""What differs from run to run or from library to library: ids, keys, times, sizes of results, how often was polled."""


def steps(block: str) -> list[tuple[str, str]]:
    """(command, expected output) pairs of one console block."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(part.split("\n", 1)[0], part.split("\n", 1)[1] if "\n" in part else "") for part in parts]


def plain(text: str) -> str:
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text.strip("\n")


@pytest.mark.parametrize(("document", "least"), DOCUMENTS, ids=lambda value: getattr(value, "name", None))
def test_every_command_of_a_document_prints_what_it_says(document: Path, least: int, tmp_path: Path) -> None:
    project = tmp_path / "examples"
    shutil.copytree(EXAMPLES, project, ignore=shutil.ignore_patterns("dist", ".a2c"))
    (project / "a2c.yaml").write_text("")
    environ = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
    }
    blocks = BLOCK.findall(document.read_text())
    assert len(blocks) >= least
    last = 0
    for command, expected in [step for block in blocks for step in steps(block)]:
        script = f"(exit {last}); {command}"
        done = subprocess.run(["bash", "-c", script], cwd=project, env=environ, capture_output=True, text=True)
        last = done.returncode
        assert plain(done.stdout) == plain(expected), f"$ {command}\n{done.stdout}{done.stderr}"
