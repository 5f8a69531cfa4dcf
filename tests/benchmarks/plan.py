"""A plan of many unchanged jobs against merely parsing their YAML."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from tests.benchmarks.ground import a2c, counts, manifests, measured, stub

PARSE = """
import pathlib, yaml
for path in sorted(pathlib.Path("m").iterdir()):
    yaml.load(path.read_bytes(), Loader=yaml.{loader})
"""
LOAD = """
import pathlib
from a2c_spec.manifests.load import load
from a2c_spec.manifests.load_options import LoadOptions
for item in load(sorted(pathlib.Path("m").iterdir()), LoadOptions(root=pathlib.Path.cwd(), environ={})):
    pass
"""
ROUNDS = 3


def run(folder: Path, count: int) -> list[str]:
    """The result in words."""
    project = manifests(folder / "plan", count)
    with stub(0.0, 0.0) as origin:
        measured(a2c("apply", "-q", "--no-cache"), project, origin)
        before = sum(counts(origin).values())
        plan = _median(a2c("plan", "--detailed-exitcode"), project, origin)
        calls = sum(counts(origin).values()) - before
    pure = _median([sys.executable, "-c", PARSE.format(loader="SafeLoader")], project)
    fast = _median([sys.executable, "-c", PARSE.format(loader="CSafeLoader")], project)
    load = _median([sys.executable, "-c", LOAD], project)
    return [
        f"plan of {count} unchanged jobs: {plan:.1f} s of processor time, {calls} calls (target 0)",
        f"{plan / pure:.2f} x yaml.safe_load of the same files, {plan / fast:.2f} x yaml.CSafeLoader,",
        f"{plan / load:.2f} x our own reading and validating of them (target <= 1.5 x parsing)",
    ]


def _median(command: list[str], project: Path, origin: str = "") -> float:
    return statistics.median(measured(command, project, origin).cpu for _ in range(ROUNDS))
