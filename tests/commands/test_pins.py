"""A pinned remote input: its bytes are declared, so its results can be kept, and a new pin is a new run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.conftest import Command

URL = "https://files.example.com/cover.png"
RECIPE = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: cover, source: "{url}", pin: {pin}}}]
conversions: [{{id: webp, category: image, target: webp}}]
outputs: [{{from: webp, filename: {name}, save: dist/}}]
"""


@pytest.fixture
def pinned(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A service that finds a file of ours behind a public URL."""
    with Background(create_app(Settings(api_keys=("key",), remote_files={URL: project / "src/cover.png"}))) as server:
        monkeypatch.setenv("API2CONVERT_BASE_URL", server.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        yield project


def write(project: Path, name: str, pin: str) -> None:
    (project / "m.yaml").write_text(RECIPE.format(name=name, url=URL, pin=pin))


def test_a_pinned_input_is_paid_for_once_and_again_when_the_pin_changes(pinned: Path, a2c: Command) -> None:
    pin = hashlib.sha256((pinned / "src/cover.png").read_bytes()).hexdigest()
    write(pinned, "first", pin)
    assert a2c("apply", "m.yaml").code == 0
    write(pinned, "second", pin)
    summary = json.loads(a2c("apply", "m.yaml", "--json").out.splitlines()[-1])
    assert (summary["requests"], summary["spent"]) == ({}, 0)
    write(pinned, "first", "0" * 64)
    plan = json.loads(a2c("plan", "m.yaml", "--json").out)["changes"][0]
    assert (plan["action"], plan["paid_again"]) == ("re-run", True)
    assert f"pin {pin[:4]}.. -> 0000.." in plan["reasons"][0]


def test_a_pin_is_a_digest(pinned: Path, a2c: Command) -> None:
    write(pinned, "first", "latest")
    refused = a2c("validate", "m.yaml")
    assert refused.code == 5
    assert "SHA-256" in refused.out
