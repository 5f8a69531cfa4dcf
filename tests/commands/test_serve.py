"""``serve`` as a process: what it prints, what its flags do, and how it compares services."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from a2c_spec.cli import run
from a2c_spec.commands.serve import _ready
from a2c_spec.testing import Settings, Unknowns, serving
from tests.conftest import EXAMPLES, SkippedTime
from tests.local_api.harness import KEY

Started = Callable[..., str]


@contextmanager
def served(folder: Path, *flags: str, kept: bool = False) -> Iterator[tuple[list[str], str]]:
    """The lines it printed, and its URL."""
    command = [sys.executable, "-m", "a2c_spec", "serve", *([] if kept else ["--ephemeral"]), *flags]
    environment = {**os.environ, "API2CONVERT_API_KEY": "of-the-real-service", "FIXED": KEY}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        told = process.stderr.readline()
        assert told.startswith("serving on "), told + process.stderr.read()
        lines = [process.stdout.readline()] if "--json" in flags else [process.stdout.readline() for _ in range(2)]
        yield lines, told.split()[2].rstrip(";")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Started]:
    """Serves with these flags; gives the URL."""
    with ExitStack() as stack:
        yield lambda *flags: stack.enter_context(served(tmp_path, "--api-key-env", "FIXED", *flags))[1]


def logged(path: Path, count: int) -> list[Any]:
    """The calls of a log, which may be a moment behind the answers."""
    for _ in range(100):
        if len(lines := path.read_text().splitlines()) >= count:
            break
        time.sleep(0.05)
    return [json.loads(line) for line in lines]


def call(method: str, url: str, key: str = KEY, **rest: Any) -> httpx.Response:
    return httpx.request(method, url, headers={"X-Oc-Api-Key": key}, **rest)


def test_it_prints_what_to_export_and_makes_a_key_of_its_own_for_each_run(tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        with served(tmp_path) as (lines, url):
            keys.append(lines[1].strip().removeprefix("export API2CONVERT_API_KEY="))
            assert lines[0] == f"export API2CONVERT_BASE_URL={url}\n"
            known = [call("GET", f"{url}/jobs", key).status_code for key in (keys[-1], "local", "of-the-real-service")]
            assert known == [204, 401, 401]
    assert keys[0] != keys[1]
    assert all(len(key) == 32 for key in keys)


def test_a_fixed_key_is_required_and_not_shown(tmp_path: Path) -> None:
    with served(tmp_path, "--api-key-env", "FIXED") as (lines, url):
        assert lines[1] == "export API2CONVERT_API_KEY=$FIXED\n"
        assert [call("GET", f"{url}/jobs", key).status_code for key in (KEY, "local")] == [204, 401]


def test_it_warns_where_converters_are_not_confined(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: Any = SimpleNamespace(api_key_env="FIXED", as_json=False)
    told = []
    for lacks in ("", "this system has no Landlock"):
        monkeypatch.setattr("a2c_spec.local_api.convert.sandbox.confine.missing", lambda said=lacks: said)
        _ready("http://127.0.0.1:1/v2", given, KEY)
        told.append(capsys.readouterr().err.splitlines()[1:])
    assert told == [[], ["warning: this system has no Landlock; convert only what you trust"]]


@pytest.mark.parametrize("flags", [[], ["--api-key-env", "FIXED"]], ids=["random", "fixed"])
def test_it_prints_one_line_of_json_for_programs(flags: list[str], tmp_path: Path) -> None:
    with served(tmp_path, "--json", *flags) as (lines, url):
        told = json.loads(lines[0])
        assert (told["base_url"], told["api_key_env"]) == (url, "FIXED" if flags else None)
        assert (told["api_key"] is None) == bool(flags)
        assert call("GET", told["health"]).json()["status"] == "ok"
        assert call("GET", f"{url}/jobs", told["api_key"] or KEY).status_code == 204


def test_jobs_stay_when_the_next_run_has_another_key(tmp_path: Path) -> None:
    found = []
    for flags in ([], ["--api-key-env", "FIXED"]):
        with served(tmp_path, "--data", "kept", "--json", *flags, kept=True) as (lines, url):
            key = json.loads(lines[0])["api_key"] or KEY
            found.append(call("GET", f"{url}/jobs", key).status_code)
            assert call("POST", f"{url}/jobs", key, json={"process": False}).status_code == 201
    assert found == [204, 200]


def test_faults_come_out_of_a_file_and_calls_go_into_one(tmp_path: Path, start: Started) -> None:
    (tmp_path / "faults.yaml").write_text("- {do: status, status: 503, path: /statuses}\n")
    url = start("--faults", "faults.yaml", "--log", "calls.jsonl", "--latency", "30")
    answers = [call("GET", f"{url}/statuses") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 200]
    assert min(answer.elapsed.total_seconds() for answer in answers) >= 0.03
    rows = logged(tmp_path / "calls.jsonl", 2)
    assert [(row["path"], row["faults"]) for row in rows] == [
        ("/statuses", ["latency", "status 503"]),
        ("/statuses", ["latency"]),
    ]


def test_progress_words_limits_and_time_are_chosen(start: Started) -> None:
    url = start(
        *("--progression", "polls", "--ready", "1", "--running", "1", "--vocabulary", "sdk"),
        *("--concurrent", "1", "--credits", "7", "--clock", "2026-01-31T12:00:00"),
    )
    assert call("GET", f"{url}/contracts").json()["credits_remaining"] == 7
    body = {"conversion": [{"target": "md5", "category": "hash"}]}
    jobs = [call("POST", f"{url}/jobs", json=body).json() for _ in range(2)]
    assert jobs[0]["created_at"] == "2026-01-31T12:00:00"
    sent = [
        httpx.post(
            f"{job['server']}/upload-file/{job['id']}", headers={"X-Oc-Token": job["token"]}, files={"file": b"hello"}
        )
        for job in jobs
    ]
    assert sent[0].status_code == 200
    codes = [call("GET", f"{url}/jobs/{jobs[0]['id']}").json()["status"]["code"] for _ in range(3)]
    assert codes == ["queued", "processing", "completed"]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--host", "0.0.0.0"], "--allow-public"),
        (["--host", "0.0.0.0", "--allow-public", "--seed", "1"], "others can guess"),
        (["--api-key-env", "NOT_SET"], "is not set"),
        (["--api-key-env", "EMPTY"], "is not set"),
        (["--api-key-env", "SMART"], "holds what no header can"),
        (["--faults", "none.yaml"], "No such file"),
        (["--faults", "bad.yaml"], "`do` must be one of"),
        (["--clock", "noon"], "is not a time"),
        (["--log", "no/such/folder.log"], "No such file"),
        (["--spend"], "--spend needs --verify"),
        (["--verify", "http://api.example.com/v2"], "https"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_meant_is_refused(
    flags: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API2CONVERT_API_KEY", KEY)
    monkeypatch.setenv("EMPTY", " ")
    monkeypatch.setenv("SMART", "k\u00e9y")
    (tmp_path / "bad.yaml").write_text("- do: explode\n")
    assert run(["serve", "--ephemeral", *flags]) == 2
    assert says in capsys.readouterr().err


def test_services_are_compared(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("API2CONVERT_API_KEY", KEY)
    settings = Settings(api_keys=(KEY,), unknowns=Unknowns(empty_body=204))
    with serving(settings) as theirs:
        assert run(["serve", "--verify", theirs.url]) == 1
        assert "different" in capsys.readouterr().out
        assert run(["serve", "--verify", theirs.url, "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert [row["fact"] for row in rows if row["state"] == "different"] == ["refusals: a job out of an empty body"]


def test_a_service_that_is_not_there_cannot_be_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("API2CONVERT_API_KEY", raising=False)
    assert run(["serve", "--verify", "http://127.0.0.1:9/v2"]) == 3
    monkeypatch.setenv("API2CONVERT_API_KEY", KEY)
    assert run(["serve", "--verify", "http://127.0.0.1:9/v2"]) == 1
    assert "does not answer" in capsys.readouterr().err


def test_starting_imports_nothing_that_waits_for_its_first_use() -> None:
    code = (
        "import sys, a2c_spec.local_api.server; "
        "print([m for m in ('httpx', 'yaml', 'jinja2', 'PIL', 'pikepdf', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_the_served_api_gives_what_the_local_one_gives(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    found = [results(tmp_path / "local", monkeypatch, example, "--local")]
    with serving(Settings()) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        found.append(results(tmp_path / "served", monkeypatch, example))
    assert found[0] or example == "staged.yaml"  # which stays unstarted
    assert found[0] == found[1]


def results(folder: Path, monkeypatch: pytest.MonkeyPatch, example: str, *flags: str) -> dict[str, Any]:
    """What applying an example leaves behind: digests; of formats that hold a time or an id of their own, sizes."""
    shutil.copytree(EXAMPLES, folder)
    monkeypatch.chdir(folder)
    assert run(["apply", "-y", *flags, example], SkippedTime().runtime()) == 0
    files = [path for path in (folder / "dist").rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): told(path) for path in files}


def told(path: Path) -> Any:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return [(entry.filename, entry.CRC) for entry in archive.infolist()]
    return path.stat().st_size if path.suffix == ".pdf" else hashlib.sha256(path.read_bytes()).hexdigest()
