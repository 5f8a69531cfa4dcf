"""Validating many manifests, against check-jsonschema on the same files with the same schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.ground import ROOT, a2c, manifests, measured


def run(folder: Path, count: int) -> list[str]:
    """The result in words; check-jsonschema is installed into an environment of its own."""
    project = manifests(folder / "validate", count)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "check-jsonschema"], check=True)
    files = [str(path.relative_to(project)) for path in sorted((project / "m").iterdir())]
    schema = str(ROOT / "schemas/job.schema.json")
    ours = measured(a2c("validate"), project)
    theirs = measured([str(folder / "venv/bin/check-jsonschema"), "--schemafile", schema, *files], project)
    return [
        f"{count} manifests: a2c-spec validate {ours.cpu:.1f} s of processor, check-jsonschema {theirs.cpu:.1f} s: "
        f"{theirs.cpu / ours.cpu:.1f} x faster (target >= 5)",
        f"on the wall: {ours.wall:.1f} s against {theirs.wall:.1f} s, {theirs.wall / ours.wall:.1f} x",
    ]
