"""A state that format 2 wrote is upgraded: what was known stays known, and nothing is paid for again."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.state import JobRecord
from a2c_spec.state.sqlite import SqliteStore
from tests.conftest import Command

FORMAT_2 = Path(__file__).parent / "format_2"
PLANNED: Mapping[str, Any] = json.loads((FORMAT_2 / "plan.json").read_text())
"""What the version that wrote it said of every address: the action and the calls."""

NOT_AS_BEFORE: Mapping[str, Any] = {"arrived": ["wait", []], "running": ["wait", []]}
"""When it said so the jobs had ended; they still run in what was copied."""


@dataclass
class Frozen:
    """A service as it was when the state was copied; it takes nothing but questions."""

    jobs: Mapping[str, Any]
    presets: list[Any]
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str) -> Any:
        name, _, key = path.removeprefix("/v2/").partition("/")
        name, _, query = name.partition("?")
        if name == "presets":
            return next((row for row in self.presets if row["id"] == key), None) if key else self.presets
        if key:
            return self.jobs.get(key)
        return list(self.jobs.values()) if query in ("", "page=1") else []


def handler_of(frozen: Frozen) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            frozen.asked.append(f"GET {self.path}")
            found = frozen.answer(self.path)
            body = json.dumps(found).replace("SERVICE", frozen.url).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


@pytest.fixture
def frozen() -> Iterator[Frozen]:
    told = json.loads((FORMAT_2 / "service.json").read_text())
    service = Frozen(told["jobs"], told["presets"])
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(service)) as server:
        service.url = f"http://127.0.0.1:{server.server_port}/v2"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield service
        server.shutdown()


@pytest.fixture
def old(project: Path, tmp_path: Path, frozen: Frozen, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with the state of format 2, as if it had always been with this service."""
    shutil.copytree(FORMAT_2 / "project", project, dirs_exist_ok=True)
    shutil.copytree(FORMAT_2 / "results", project / "dist")
    (project / ".a2c").mkdir()
    shutil.copy(FORMAT_2 / "state.db", project / ".a2c" / "state.db")
    (tmp_path / "data" / "a2c-spec").mkdir(parents=True)
    shutil.copy(FORMAT_2 / "hmac.key", tmp_path / "data" / "a2c-spec" / "hmac.key")
    (tmp_path / "data" / "a2c-spec" / "hmac.key").chmod(0o600)
    with sqlite3.connect(project / ".a2c" / "state.db") as database:
        assert database.execute("SELECT value FROM meta WHERE key = 'version'").fetchone() == (2,)
        for table in ("job", "file"):
            database.execute(f"UPDATE {table} SET realm = ?", (frozen.url.removeprefix("http://"),))
    database.close()
    monkeypatch.setenv("API2CONVERT_BASE_URL", frozen.url)
    monkeypatch.setenv("API2CONVERT_API_KEY", "any-key")
    return project


@pytest.fixture
def records(old: Path, frozen: Frozen) -> Mapping[str, JobRecord]:
    store = SqliteStore(old / ".a2c" / "state.db", frozen.url.removeprefix("http://"))
    try:
        return {record.address: record for record in store.scan()}
    finally:
        store.close()


def planned(a2c: Command, *args: str) -> Mapping[str, Any]:
    ran = a2c("plan", "--json", *args)
    assert ran.code == 0, ran.out + ran.err
    return {change["address"]: change for change in json.loads(ran.out)["changes"]}


@pytest.mark.parametrize("address", PLANNED)
def test_after_the_upgrade_the_plan_is_as_before(old: Path, a2c: Command, address: str) -> None:
    change = planned(a2c)[address]
    told = [change["action"], [call["kind"] for call in change["calls"]]]
    assert told == NOT_AS_BEFORE.get(address, PLANNED[address]), change["reasons"]
    assert not change["paid_again"]


def test_what_is_finished_is_planned_without_asking(old: Path, a2c: Command, frozen: Frozen) -> None:
    for address in ("finished", "cached", "protected", "by-preset", "dependent", "strict"):
        change = planned(a2c, "--target", address)[address]
        assert (change["action"], change["details"]) == ("no-op", []), change["reasons"]
    assert [path for path in frozen.asked if "/jobs" in path] == []


def test_no_call_that_changes_anything_is_sent_by_planning(old: Path, a2c: Command, frozen: Frozen) -> None:
    planned(a2c)
    assert all(path.startswith("GET ") for path in frozen.asked)


CHANGES = {
    "finished": ("width: 8", "width: 9"),
    "cached": ("target: md5", "target: sha1"),
    "by-preset": ("category: image, target: png", "category: image, target: gif"),
    "dependent": ("target: sha512", "target: sha1"),
    "strict": ("filename: other.txt", "filename: another.txt"),
    "protected": ('decrypt_password: {secret: "file:report.password"}', 'decrypt_password: {secret: "file:a.txt"}'),
}


@pytest.mark.parametrize("address", CHANGES)
def test_what_changes_afterwards_is_still_seen(old: Path, a2c: Command, address: str) -> None:
    file = old / f"{address}.yaml"
    assert CHANGES[address][0] in file.read_text()
    file.write_text(file.read_text().replace(*CHANGES[address]))
    change = planned(a2c)[address]
    assert (change["action"], change["paid_again"]) == ("re-run", True), change["reasons"]


def test_an_option_that_was_null_is_as_if_it_was_not_named(old: Path, a2c: Command) -> None:
    file = old / "finished.yaml"
    file.write_text(file.read_text().replace(", height: null", ""))
    assert planned(a2c)["finished"]["action"] == "no-op"


def test_other_bytes_are_run_again(old: Path, a2c: Command) -> None:
    (old / "a.png").write_bytes((old / "report.pdf").read_bytes())
    changes = planned(a2c)
    assert {changes[name]["action"] for name in ("finished", "cached", "by-preset", "dependent")} == {"re-run"}


@pytest.mark.parametrize("address", ["lost", "never-sent", "again"])
def test_a_create_without_an_answer_is_an_intent(records: Mapping[str, JobRecord], address: str) -> None:
    record = records[address]
    intent = record.intent
    assert intent is not None
    assert (record.lost_start, intent.kinds, bool(intent.key), intent.noted_at > 0) == (
        True,
        ("create_job",),
        True,
        True,
    )
    assert intent.fingerprint
    assert [*intent.elements] == ["job", "inputs.far", "conversions.sum"]


def test_what_was_known_before_a_create_is_a_fact_again(records: Mapping[str, JobRecord]) -> None:
    again = records["again"]
    assert (again.phase, bool(again.job_id), again.basis["conversions"]["sum"]["target"]) == ("done", True, "sha1")
    assert [file.path for file in again.files] == ["dist/again.sha1"]
    assert again.intent is not None
    assert again.intent.basis["conversions"]["sum"]["target"] == "md5"
    for name in ("lost", "never-sent"):
        assert (records[name].job_id, records[name].fingerprint, records[name].empty) == ("", "", True)


@pytest.mark.parametrize("address", ["uploading", "arrived", "draft"])
def test_a_start_that_was_recorded_before_its_answer_is_no_fact(records: Mapping[str, JobRecord], address: str) -> None:
    record = records[address]
    assert (record.phase, record.fingerprint, bool(record.job_id)) == ("building", "", True)
    assert record.intent is not None
    assert record.intent.adds
    assert not record.lost_start


def test_the_others_are_as_they_were(records: Mapping[str, JobRecord]) -> None:
    phases = {name: record.phase for name, record in records.items() if record.intent is None}
    done = dict.fromkeys(("by-preset", "cached", "dependent", "finished", "protected", "small", "strict"), "done")
    others = {"failed": "failed", "held": "building", "landing": "completed", "running": "started"}
    assert phases == done | others
    assert [file.path for file in records["landing"].landing] == ["dist/landing.sha384"]


def test_a_recipe_whose_names_were_not_recorded_is_said_to_be_incomplete(records: Mapping[str, JobRecord]) -> None:
    assert [name for name, record in records.items() if "incomplete" in record.basis] == ["cached"]
    assert records["cached"].fingerprint == ""


def rewritten(old: Path, address: str, **values: Any) -> None:
    """Format 2 had written something else of an address."""
    with sqlite3.connect(old / ".a2c" / "state.db") as database:
        (data,) = database.execute("SELECT data FROM job WHERE address = ?", (address,)).fetchone()
        tree = json.loads(data) | values
        row = (json.dumps(tree), tree["phase"], tree["fingerprint"], address)
        database.execute("UPDATE job SET data = ?, phase = ?, fingerprint = ? WHERE address = ?", row)
    database.close()


def test_what_was_taken_from_a_result_that_was_made_again_since_is_not_proven_and_said_to_run_again(
    old: Path, a2c: Command
) -> None:
    rewritten(old, "finished", intent_at=2e9)
    change = planned(a2c)["dependent"]
    assert (change["action"], change["paid_again"]) == ("re-run", True)
    assert change["reasons"] == ["input before changed: what it depends on in another manifest changed"]


def test_what_was_taken_from_another_recipe_is_not_proven(old: Path, a2c: Command) -> None:
    rewritten(old, "finished", fingerprint="0" * 64)
    assert planned(a2c)["dependent"]["action"] == "re-run"


def test_the_upgrade_is_made_once_and_a_second_opening_changes_nothing(old: Path, frozen: Frozen) -> None:
    seen = []
    for _ in range(2):
        store = SqliteStore(old / ".a2c" / "state.db", frozen.url.removeprefix("http://"))
        seen.append([*store.scan()])
        store.close()
    assert seen[0] == seen[1]
