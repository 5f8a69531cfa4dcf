"""Two jobs, and what is planned for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Command

PNG = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
labels: {team: web}
inputs: [{id: cover, path: src/cover.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 64}}]
outputs: [{from: webp, filename: cover, save: dist/}]
---
apiVersion: a2c-spec/v1
kind: Job
name: two
inputs: [{id: page, path: src/signatures.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 64}}]
"""


@pytest.fixture
def two(project: Path) -> Path:
    (project / "two.yaml").write_text(PNG)
    return project


def planned(a2c: Command, *args: str) -> dict[str, str]:
    """address -> action."""
    tree = json.loads(a2c("plan", "two.yaml", "--local", "--json", *args).out)
    return {change["address"]: change["action"] for change in tree["changes"]}
