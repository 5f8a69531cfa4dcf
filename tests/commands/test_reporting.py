"""What people and programs see of a run: events, the summary by cause, outputs.json, the page in a real browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

from a2c_spec.manifests.schema.published import load_schema
from tests.conftest import EXAMPLES, Command

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BROWSER_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def photos(project: Path) -> Path:
    shutil.copytree(EXAMPLES / "photos", project / "photos")
    shutil.copy(EXAMPLES / "thumbnails.yaml", project / "thumbnails.yaml")
    return project


def test_every_line_of_apply_as_json_keeps_the_published_schema(photos: Path, a2c: Command) -> None:
    (photos / "photos/broken.jpg").write_bytes(b"no image")
    ran = a2c("apply", "thumbnails.yaml", "--local", "--json")
    assert ran.code == 9
    lines = [json.loads(line) for line in ran.out.splitlines()]
    checker = jsonschema.Draft7Validator(load_schema("events"))
    for line in lines:
        checker.validate(line)
    kinds = [line["event"] for line in lines]
    assert (kinds[0], kinds[-2:]) == ("plan", ["summary", "error"])
    assert set(kinds) >= {"call", "upload", "status", "saved", "done", "failed"}


def test_outputs_json_says_what_went_in_and_what_came_out(photos: Path, a2c: Command) -> None:
    assert a2c("apply", "thumbnails.yaml", "--local", "--outputs", "out.json").code == 0
    tree = json.loads((photos / "out.json").read_text())
    assert tree["jobs"][0]["address"] == 'thumbnails["coast/bay.jpg"]'
    for job in tree["jobs"]:
        assert job["phase"] == "done"
        assert job["job_id"]
        assert job["created_at"] < job["ended_at"]
        assert len(job["inputs"][0]["sha256"]) == len(job["files"][0]["sha256"]) == 64
    assert a2c("apply", "thumbnails.yaml", "--local", "--outputs", "again.json").code == 0
    assert {job["action"] for job in json.loads((photos / "again.json").read_text())["jobs"]} == {"no-op"}


@pytest.mark.skipif(not BROWSER, reason="no chromium is installed")
def test_a_browser_shows_the_page_and_fetches_nothing(photos: Path, tmp_path: Path, a2c: Command) -> None:
    (photos / "photos/broken.jpg").write_bytes(b"no image")
    assert a2c("apply", "thumbnails.yaml", "--local").code == 9
    assert a2c("report", "--local", "-o", "page.html").code == 0
    command = [str(BROWSER), *BROWSER_FLAGS, f"--user-data-dir={tmp_path / 'browser'}", "--dump-dom"]
    shown = subprocess.run(
        [*command, (photos / "page.html").as_uri()], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert shown.count("data:image/webp;base64,") == 4
    assert "thumbnails[&quot;coast/bay.jpg&quot;]" in shown or 'thumbnails["coast/bay.jpg"]' in shown
    assert "Failures" in shown
    assert "<script" not in shown
