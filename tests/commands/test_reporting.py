"""What people and programs see of a run: events, the summary by cause, outputs.json, the page in a real browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

from a2c_spec.core.events import Event
from a2c_spec.core.state import JobRecord
from a2c_spec.core.tally import Tally
from a2c_spec.errors import ConversionFailed
from a2c_spec.manifests.schema.published import load_schema
from a2c_spec.views.board import Board
from a2c_spec.views.many import BySize, Periodic
from a2c_spec.views.progress import Silent
from a2c_spec.views.report import report
from a2c_spec.views.style import Style
from a2c_spec.views.summary import summary_text
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


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


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


def test_failures_are_grouped_by_cause() -> None:
    errors = [
        ConversionFailed(f"job {n}f3a failed: the file src/{n}.png is damaged", address=f"b[{n}]") for n in range(9)
    ]
    errors.append(ConversionFailed("no such target", address="other"))
    text = summary_text(Tally(10), errors, {"POST": 3}, Style(False))
    assert text.count("is damaged") == 1
    assert "failed 9 times" in text
    assert "b[0], b[1], b[2], b[3], b[4] and 4 more" in text
    assert "failed other: no such target" in text


def test_a_board_counts_every_stage_and_foresees_the_end() -> None:
    clock = Clock()
    board = Board(10, clock)
    board.hear(Event("call", "a", "create_job"))
    board.hear(Event("status", "b", text="processing"))
    board.hear(Event("status", "c", text="completed"))
    clock.now = 5.0
    board.hear(Event("done", "d", spent=2))
    board.hear(Event("failed", "e"))
    counts = {"queued": 5, "uploading": 1, "converting": 1, "downloading": 1, "done": 1, "failed": 1}
    assert board.counts() == counts
    assert board.line().endswith("of 10; 0.4/s, about 20s left, 2 credits")


def test_without_a_terminal_many_jobs_say_a_line_now_and_then() -> None:
    clock, lines = Clock(), list[str]()
    shown = BySize(Silent(), lambda jobs: Periodic(lines.append, Style(False), Board(jobs, clock)))
    shown.expect(1000)
    for number in range(1000):
        clock.now += 0.05
        shown(Event("done", f"b[{number}]"))
    shown.close()
    assert 5 <= len(lines) <= 6
    assert lines[-1].startswith("1000 done of 1000")


def test_what_a_page_shows_is_escaped() -> None:
    evil = JobRecord('<script>alert(1)</script>"', "x", phase="failed", problem="<img src=x onerror=alert(1)>")
    page = report([evil], lambda _: "", title="</title><script>", made_at=0.0)
    assert "<script" not in page
    assert "<img" not in page
    assert "http:" not in page.replace("http-equiv", "")


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


def test_a_record_without_times_has_no_bar() -> None:
    page = report([JobRecord("a", "x", phase="done")], lambda _: "", title="t", made_at=0.0)
    assert "left:" not in page
