"""A result that was made without an input, because its manifest lets inputs fail: every command says so as long as it
is so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: x
inputs: [{id: i, path: a.txt}, {id: r, source: "http://127.0.0.1:1/none.txt"}]
conversions: [{id: z, category: archive, target: zip}]
outputs: [{from: z, filename: x}]
job: {fail_on_input_error: false}
"""
TOLD = "partial: z was made without r, until --replace runs it again (input r: "


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, project: Path) -> Iterator[Background]:
    with Background(create_app(Settings(api_keys=("key",), fetch_private=True))) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        yield running


def test_every_command_says_that_an_input_is_missing(project: Path, a2c: Command, server: Background) -> None:
    (project / "a.txt").write_text("a")
    (project / "x.yaml").write_text(JOB)
    assert a2c("apply", "--no-cache").code == 0
    for command in ("plan", "apply"):
        assert TOLD in a2c(command, "--no-cache").out
    assert "x        done, partial" in a2c("status").out
    assert json.loads(a2c("state", "show", "x", "--json").out)["left_out"] == {"z": ["r"]}
    checked = a2c("verify")
    assert (checked.code, "intact  dist/x.zip  (x): partial: made without r" in checked.out) == (0, True)
    (told,) = json.loads((project / ".a2c/outputs.json").read_text())["jobs"]
    assert told["left_out"] == {"z": ["r"]}


def test_it_is_not_passed_over_where_something_else_of_the_job_changes(
    project: Path, a2c: Command, server: Background
) -> None:
    (project / "a.txt").write_text("a")
    (project / "x.yaml").write_text(JOB)
    assert a2c("apply", "--no-cache").code == 0
    more = JOB.replace("target: zip}", "target: zip}, {id: t, category: hash, target: md5}")
    (project / "x.yaml").write_text(more.replace("filename: x}", "filename: x}, {from: t, filename: y, save: dist/}"))
    for form in ((), ("--json",), ("--markdown",)):
        assert "z was made without r, until" in a2c("plan", "--no-cache", *form).out
