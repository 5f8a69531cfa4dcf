"""`a2c-spec state`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import PNG, planned
from tests.conftest import Command


def test_a_renamed_manifest_keeps_its_job_when_the_state_follows(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    (two / "two.yaml").write_text(PNG.replace("name: one", "name: first"))
    assert planned(a2c)["first"] == "cached"
    assert planned(a2c, "--no-cache")["first"] == "adopt"
    assert a2c("state", "mv", "one", "first", "--local").code == 0
    assert planned(a2c)["first"] == "no-op"
    assert a2c("state", "rm", "first", "--local").code == 0
    assert a2c("state", "show", "first", "--local").code == 2


def test_a_state_that_travels_without_its_key_says_so_and_pays_nothing(
    two: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = PNG.replace("path: src/cover.png", "path: src/cover.png, decrypt_password: {secret: env:A2C_VAR_WORD}")
    (two / "two.yaml").write_text(secret)
    monkeypatch.setenv("A2C_VAR_WORD", "unchanged")
    assert a2c("apply", "two.yaml", "--local").code == 0
    key = (tmp_path / "data" / "a2c-spec" / "hmac.key").read_bytes()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    for command in ("plan", "apply"):
        done = a2c(command, "two.yaml", "--local", *(["-y"] if command == "apply" else []))
        assert (done.code, "written with another digest key" in done.err) == (2, True)
        assert "A2C_SPEC_DIGEST_KEY" in done.err
    monkeypatch.setenv("A2C_SPEC_DIGEST_KEY", key.hex())
    assert "no API calls" in a2c("apply", "-v", "two.yaml", "--local").out
    monkeypatch.delenv("A2C_SPEC_DIGEST_KEY")
    assert a2c("state", "new-key", "--local").code == 0
    assert a2c("plan", "two.yaml", "--local").code == 0


def test_a_state_without_secrets_travels_without_a_key(
    two: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for home in ("one", "two"):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / home))
        assert a2c("apply", "two.yaml", "--local").code == 0
        assert not (tmp_path / home / "a2c-spec" / "hmac.key").exists()


RUNS = """\
apiVersion: a2c-spec/v1
kind: Job
name: c
inputs: [{id: i, path: src/cover.png}]
conversions: [{id: a, category: hash, target: md5}, {id: b, category: hash, target: %s}]
"""


@pytest.fixture
def runs(project: Path, a2c: Command) -> Command:
    """An address with two runs: c and c#2."""
    for target in ("sha256", "sha1"):
        (project / "c.yaml").write_text(RUNS % target)
        assert a2c("apply", "--local", "-y").code == 0
    return a2c


def test_an_address_is_shown_with_all_its_runs_and_a_run_alone(runs: Command) -> None:
    shown = json.loads(runs("state", "show", "c", "--local", "--json").out)
    assert [shown["run"], *(run["run"] for run in shown["further_runs"])] == ["c", "c#2"]
    text = runs("state", "show", "c", "--local").out
    assert [line for line in text.splitlines() if line.startswith("c")] == ["c", "c#2"]
    alone = json.loads(runs("state", "show", "c#2", "--local", "--json").out)
    assert (alone["run"], "further_runs" in alone) == ("c#2", False)


@pytest.mark.parametrize(
    "command",
    ["plan --target c#2", "apply --exclude c#2", "plan --replace c#2", "destroy c#2 -y", "state mv c q#2",
     "state mv c#2 q"],
)  # fmt: skip
def test_a_run_is_no_address_where_all_runs_are_meant(command: str, runs: Command) -> None:
    before = runs("state", "list", "--local", "--json").out
    ran = runs(*command.split(), "--local")
    assert ran.code == 2
    assert "#2 is one run of" in ran.err
    assert runs("state", "list", "--local", "--json").out == before


def test_one_run_can_be_forgotten(runs: Command) -> None:
    assert runs("state", "rm", "c#2", "--local").code == 0
    assert [row["run"] for row in json.loads(runs("state", "list", "--local", "--json").out)] == ["c"]


def test_what_is_forgotten_names_its_jobs(runs: Command) -> None:
    shown = json.loads(runs("state", "list", "--local", "--json").out)
    told = json.loads(runs("state", "rm", "c", "--local", "--json").out)
    assert told == {"removed": "c", "jobs": [row["job_id"] for row in shown]}


def test_a_forgotten_result_is_not_said_to_be_somebody_elses(runs: Command) -> None:
    assert runs("state", "rm", "c", "--local").code == 0
    ran = runs("apply", "--local", "--no-cache")
    assert ran.code == 13
    assert "dist/cover.md5 exists and is not recorded as a result of a2c-spec" in ran.err
