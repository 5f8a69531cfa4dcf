"""`a2c-spec state`, tried as a user would."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import PNG, planned
from tests.conftest import Command


def test_a_renamed_manifest_keeps_its_job_when_the_state_follows(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    (two / "two.yaml").write_text(PNG.replace("name: one", "name: first"))
    assert planned(a2c)["first"] == "cached"
    assert planned(a2c, "--no-cache")["first"] == "create"
    assert a2c("state", "mv", "one", "first", "--local").code == 0
    assert planned(a2c)["first"] == "no-op"
    assert a2c("state", "rm", "first", "--local").code == 0
    assert a2c("state", "show", "first", "--local").code == 2


def test_a_state_that_travels_without_its_key_says_so_and_pays_nothing(
    two: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = PNG.replace("path: src/cover.png", "path: src/cover.png, decrypt_password: {secret: env:WORD}")
    (two / "two.yaml").write_text(secret)
    monkeypatch.setenv("WORD", "unchanged")
    assert a2c("apply", "two.yaml", "--local").code == 0
    key = (tmp_path / "data" / "a2c-spec" / "hmac.key").read_bytes()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    for command in ("plan", "apply"):
        done = a2c(command, "two.yaml", "--local", *(["-y"] if command == "apply" else []))
        assert (done.code, "written with another digest key" in done.err) == (2, True)
        assert "A2C_SPEC_DIGEST_KEY" in done.err
    monkeypatch.setenv("A2C_SPEC_DIGEST_KEY", key.hex())
    assert "no API calls" in a2c("apply", "two.yaml", "--local").out
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
