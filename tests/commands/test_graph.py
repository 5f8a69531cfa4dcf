"""`a2c-spec graph`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Command

RECIPE = """\
apiVersion: a2c-spec/v1
kind: Preset
name: small
category: image
target: webp
---
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{id: cover, path: src/cover.png}]
conversions: [{id: webp, category: image, target: webp, preset: {from: small}}]
---
apiVersion: a2c-spec/v1
kind: Job
name: two
inputs: [{id: page, from: one.webp}]
conversions: [{id: sum, category: hash, target: sha256}]
"""


@pytest.fixture
def chain(project: Path) -> Path:
    (project / "chain.yaml").write_text(RECIPE)
    return project


def test_every_address_tells_what_it_needs(chain: Path, a2c: Command) -> None:
    edges = json.loads(a2c("graph", "chain.yaml", "--json").out)
    assert (chain.is_dir(), edges) == (True, {"small": [], "one": ["small"], "two": ["one"]})
    edges = json.loads(a2c("graph", "chain.yaml", "--json", "--target", "one").out)
    assert edges == {"small": [], "one": ["small"]}


@pytest.mark.parametrize(
    ("form", "arrow"), [("mermaid", "  n1 --> n2"), ("dot", '  "one" -> "two";')], ids=["mermaid", "dot"]
)
def test_it_is_drawn_in_two_languages(form: str, arrow: str, chain: Path, a2c: Command) -> None:
    assert (chain.is_dir(), arrow in a2c("graph", "chain.yaml", "--format", form).out.splitlines()) == (True, True)
