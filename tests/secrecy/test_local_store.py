"""What --local was sent is not in its store once the job has ended, and the next plan asks for nothing again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Command

SECRETS = {name: f"{name}-geheim" for name in ("OPENS", "OWNS", "OPTION", "LISTED", "UNLOCKS")}
MANIFEST = """\
apiVersion: a2c-spec/v1
kind: Job
name: sealed
inputs: [{id: report, path: src/report-Q3-2026.pdf, decrypt_password: {secret: "file:src/report.password"}}]
conversions:
- {id: pdf, category: document, target: pdf,
   options: {user_password: {secret: env:A2C_VAR_OPENS}, owner_password: OWNS-geheim,
             download_password: {secret: env:A2C_VAR_OPTION}}}
outputs: [{from: pdf, save: dist/}]
job: {download_passwords: [{secret: env:A2C_VAR_LISTED}]}
"""


def test_nothing_of_a_job_that_has_ended_is_left_and_nothing_is_done_again(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(f"A2C_VAR_{name}", secret)
    (project / "sealed.yaml").write_text(MANIFEST)
    unlocks = (project / "src/report.password").read_text().strip()
    ran = a2c("apply", "--local", "-y")
    assert ran.code == 0, ran.err
    (project / "dist/report-Q3-2026.pdf").unlink()
    for command in (["apply"], ["drift"], ["plan"], ["verify"]):  # the first downloads once more, with a password
        ran = a2c(*command, "--local")
        assert ran.code == 0, ran.err
    assert "no drift" in a2c("drift", "--local").out
    assert "Nothing to send" in a2c("plan", "--local").out
    kept = [path.read_bytes() for path in (project / ".a2c").rglob("*") if path.is_file()]
    for secret in (*SECRETS.values(), unlocks):
        assert not any(secret.encode() in text for text in kept), secret
