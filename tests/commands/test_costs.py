"""Credits that turn out to be spent are said once: by the command that learns it, in every form, and in the ledger."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Progression, Settings
from tests.commands.conftest import Faults, Somebody, spent
from tests.conftest import Command


@pytest.fixture
def service_settings() -> Settings:
    """A service whose jobs take a few looks to end."""
    return Settings(progression=Progression("polls", 1, 2))


def write(project: Path, name: str, *targets: str, more: str = "") -> None:
    """A job that makes a hash of each kind."""
    (project / "in").mkdir(exist_ok=True)
    (project / "in/a.txt").write_text("a")
    conversions = ", ".join(f"{{id: {kind}, category: hash, target: {kind}}}" for kind in targets)
    outputs = ", ".join(f"{{from: {kind}, filename: {kind}}}" for kind in targets)
    lines = ["apiVersion: a2c-spec/v1", "kind: Job", f"name: {name}", "inputs: [{id: i, path: in/a.txt}]"]
    lines += [f"conversions: [{conversions}]", f"outputs: [{outputs}]", more, ""]
    (project / f"{name}.yaml").write_text("\n".join(lines))


BAD = "{id: bad, category: image, target: png}"


def told(a2c: Command, *args: str) -> tuple[int, int, int]:
    """What one command says was spent: as the whole, by its events, by its failures."""
    done = a2c(*args, "--json")
    rows: list[dict[str, Any]] = [json.loads(line) for line in done.out.splitlines() if line.startswith("{")]
    last = [row for row in rows if row.get("event") in ("summary", "error", None) and "spent" in row]
    events = sum(row.get("spent", 0) for row in rows if row.get("event") in ("done", "failed"))
    failures = [error for row in rows for error in row.get("errors", ())] or [row for row in rows if "error" in row]
    return (last[0]["spent"] if last else 0), events, sum(error.get("spent", 0) for error in failures)


def ledger(project: Path) -> list[tuple[int, int]]:
    """(credits, open) of every entry."""
    with closing(sqlite3.connect(project / ".a2c/spending.db")) as db:
        return db.execute("SELECT credits, open FROM paid ORDER BY id").fetchall()


def recorded(a2c: Command) -> int:
    return sum(row["spent"] for row in json.loads(a2c("state", "list", "--json").out))


def test_a_detached_job_is_paid_for_in_the_eyes_of_who_waits(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, "x", "md5", "sha1")
    assert told(a2c, "apply", "--no-cache", "--detach") == (0, 0, 0)
    assert told(a2c, "wait") == (2, 2, 0)
    assert told(a2c, "wait") == (0, 0, 0)
    assert told(a2c, "apply", "--no-cache") == (0, 0, 0)
    assert (spent(somebody), recorded(a2c), ledger(project)) == (2, 2, [(2, 0)])


def test_a_job_whose_result_cannot_be_downloaded_was_paid_for(
    project: Path, a2c: Command, somebody: Somebody, refuse: Faults
) -> None:
    write(project, "x", "md5")
    write(project, "y", "sha1")
    refuse(404, None, "md5.md5")
    done = a2c("apply", "--no-cache")
    assert "1 applied, 1 failed, 2 credits spent" in done.out
    assert "  failed x: md5.md5 cannot be downloaded: its job shows it" in done.out
    assert "its download was answered 404: " in done.out
    assert "(1 credit spent)" in done.out
    assert told(a2c, "download") == (0, 0, 0)
    refuse(404, 1, "*.other")
    assert told(a2c, "apply", "--no-cache") == (0, 0, 0)
    assert (spent(somebody), recorded(a2c), ledger(project)) == (2, 2, [(1, 0), (1, 0)])


def test_what_fails_alone_says_what_it_cost(project: Path, a2c: Command, refuse: Faults) -> None:
    write(project, "x", "md5")
    refuse(404, None)
    assert told(a2c, "apply", "--no-cache") == (1, 1, 1)
    assert told(a2c, "apply", "--no-cache") == (0, 0, 0)
    write(project, "x", "sha1")
    done = a2c("apply", "--no-cache", "-y")
    assert (done.out + done.err).count("1 credit spent") == 1


LEFT: list[tuple[str, str, str, int]] = [
    (
        "its DELETE is lost",
        "Not all done: 1 applied, 1 not cleaned up, 1 credit spent",
        "error: x: all of it is here",
        9,
    ),
    ("outputs.json cannot be written", "Done: 1 applied, 1 credit spent", "error: cannot write", 1),
    ("the cache cannot be written", "Done: 1 applied, 1 credit spent", "", 0),
]


@pytest.mark.parametrize(("why", "done", "error", "code"), LEFT, ids=[row[0] for row in LEFT])
def test_what_was_done_and_paid_is_told_where_cleaning_up_fails(
    project: Path, a2c: Command, somebody: Somebody, server: Background, why: str, done: str, error: str, code: int
) -> None:
    write(project, "x", "md5", more="lifecycle: {on_replace: delete}")
    assert a2c("apply", "--no-cache").code == 0
    (project / "in/a.txt").write_text("b")
    flags = [] if why == "the cache cannot be written" else ["--no-cache"]
    if "DELETE" in why:
        fault = {"do": "drop", "method": "DELETE", "path": "/jobs/*", "times": None}
        httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=[fault]).raise_for_status()
    elif "outputs" in why:
        flags += ["--outputs", "missing/outputs.json"]
    else:
        (project / ".a2c/cache").mkdir()
        (project / ".a2c/cache/entries").write_text("a file")
    said = a2c("apply", "-y", *flags)
    assert (said.code, "md5.md5 (32 B)" in said.out, done in said.out) == (code, True, True), said.out + said.err
    assert error in said.err
    httpx.delete(f"{server.url.removesuffix('/v2')}/_a2c/faults").raise_for_status()
    again = a2c("apply", *flags[:1], "-y")
    assert (again.code, "spent" in again.out, len(somebody("GET", "/jobs"))) == (0, False, 1), again.out + again.err


def test_what_was_only_to_be_cleaned_up_fails_as_itself(
    project: Path, a2c: Command, somebody: Somebody, server: Background
) -> None:
    fault = {"do": "drop", "method": "DELETE", "path": "/jobs/*", "times": None}
    write(project, "x", "md5", more="lifecycle: {on_replace: delete}")
    for text in "ab":
        (project / "in/a.txt").write_text(text)
        a2c("apply", "--no-cache", "-y")
        httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=[fault]).raise_for_status()
    said = a2c("apply", "--no-cache", "-y")
    assert (said.code, "error: x: cannot reach" in said.err, "applied" in said.out) == (8, True, False), said.out
    assert len(somebody("GET", "/jobs")) == 2


@pytest.mark.parametrize("learns", ["apply", "wait", "refresh"])
def test_a_job_that_failed_and_was_billed_is_said_by_whoever_learns_it(
    project: Path, a2c: Command, somebody: Somebody, learns: str
) -> None:
    write(project, "x", "md5")
    file = project / "x.yaml"
    file.write_text(file.read_text().replace("}]\noutputs", f"}}, {BAD}]\noutputs"))
    a2c("apply", "--no-cache", "--detach")
    args = {"apply": ["apply", "--no-cache"], "wait": ["wait"], "refresh": ["apply", "--refresh-only"]}[learns]
    while somebody("GET", "/jobs")[0]["status"]["code"] != "failed":
        pass
    cost = spent(somebody)
    assert cost > 0
    assert told(a2c, *args)[0] == cost
    assert told(a2c, *args)[0] == 0
    assert (recorded(a2c), ledger(project)[0]) == (cost, (cost, 0))


def test_a_job_that_ended_unseen_before_it_is_run_again_is_counted(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "x", "md5")
    a2c("apply", "--no-cache", "--detach")
    while somebody("GET", "/jobs")[0]["status"]["code"] != "completed":
        pass
    write(project, "x", "sha1")
    assert told(a2c, "apply", "--no-cache", "-y") == (2, 2, 0)
    assert (spent(somebody), ledger(project)) == (2, [(1, 0), (1, 0)])


def test_a_job_whose_results_are_two_addresses_is_paid_for_once(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "x", "md5", "sha1")
    a2c("apply", "--no-cache", "--detach")
    write(project, "x", "md5")
    write(project, "z", "sha1")
    assert told(a2c, "apply", "--no-cache") == (2, 2, 0)
    assert (spent(somebody), recorded(a2c), ledger(project)) == (2, 2, [(2, 0)])


def test_what_a_renamed_job_cost_is_settled_too(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, "x", "md5", "sha1")
    a2c("apply", "--no-cache", "--detach")
    (project / "x.yaml").rename(project / "y.yaml")
    write(project, "y", "md5", "sha1")
    assert told(a2c, "wait") == (2, 2, 0)
    assert ledger(project) == [(2, 0)]


def test_import_says_what_the_job_cost_and_nobody_else_does(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, "x", "md5")
    a2c("apply", "--no-cache")
    a2c("state", "rm", "x")
    (project / "x.yaml").unlink()
    done = a2c("import", somebody("GET", "/jobs")[0]["id"], "--name", "held")
    assert (done.err.count("which cost 1 credit"), "credit spent" in done.out) == (1, False), done.err + done.out
