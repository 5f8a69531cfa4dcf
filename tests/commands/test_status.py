"""`a2c-spec status`, tried as a user would."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import PNG
from tests.conftest import Command


def test_every_address_has_a_line_or_an_object(two: Path, a2c: Command) -> None:
    assert a2c("status", "--local").out == "nothing is recorded\n"
    assert a2c("apply", "two.yaml", "--local").code == 0
    lines = a2c("status", "--local").out.splitlines()
    assert [line.split()[:2] for line in lines] == [["ADDRESS", "PHASE"], ["one", "done"], ["two", "done"]]
    rows = json.loads(a2c("status", "--local", "--json").out)
    assert [(row["address"], "live" in row) for row in rows] == [("one", False), ("two", False)]
    assert two.is_dir()


def test_the_service_is_asked_about_a_held_job_unless_offline(two: Path, a2c: Command) -> None:
    (two / "two.yaml").write_text(PNG.replace("labels", "job: {process: false}\nlabels"))
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert "one: incomplete on the service" in a2c("status", "--local").out
    assert "live         incomplete" in a2c("status", "one", "--local").out
    assert "on the service" not in a2c("status", "--local", "--offline").out


def test_an_unknown_address_is_answered_with_the_nearest(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    ran = a2c("status", "ones", "--local")
    assert (two.is_dir(), ran.code, "did you mean one?" in ran.err) == (True, 2, True)


@pytest.mark.parametrize(
    "command", ["plan", "status", "drift", "history one", "apply --target one", "apply --refresh-only"]
)
@pytest.mark.parametrize("status", [418, 500])
def test_a_read_that_is_refused_or_fails_names_the_address(
    command: str, status: int, two: Path, server: Background, a2c: Command
) -> None:
    (two / "two.yaml").write_text(PNG.replace("labels", "job: {process: false}\nlabels"))
    assert a2c("apply", "--target", "one").code == 0
    fault = {"do": "status", "status": status, "method": "GET", "path": "/jobs/*", "times": None}
    httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=[fault])
    assert "error: one: the service" in a2c(*command.split()).err


def test_a_job_that_the_service_forgets_while_it_is_waited_for_is_named(
    two: Path, server: Background, a2c: Command
) -> None:
    fault = {"do": "status", "status": 404, "method": "GET", "path": "/jobs/*", "times": None}
    httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=[fault])
    assert "error: one: the service no longer knows job " in a2c("apply", "two.yaml", "--target", "one").err


def _live(tree: Any) -> list[str]:
    return [row["address"] for row in tree if "live" in row]


def _of_two(tree: Any) -> list[Any]:
    return [row["action"] for row in tree["changes"] if row["address"] == "two"]


@pytest.mark.parametrize(
    ("command", "told", "others"),
    [
        ("status", _live, ["two"]),
        ("status one", lambda tree: tree["phase"], "started"),
        ("drift", lambda tree: [*tree["failed"]], ["one"]),
        ("apply --refresh-only", lambda tree: [row["address"] for row in tree["refreshed"]], ["two"]),
        ("plan --refresh-only", lambda tree: [*tree["failed"]], ["one"]),
        ("plan", _of_two, ["download"]),
    ],
)
def test_a_job_that_the_service_fails_to_show_is_told_and_the_others_are_read(
    command: str, told: Callable[[Any], Any], others: Any, two: Path, server: Background, a2c: Command, somebody: Any
) -> None:
    assert (a2c("apply", "--detach").code, two.is_dir()) == (0, True)
    jobs = {row["address"]: row["job_id"] for row in json.loads(a2c("status", "--offline", "--json").out)}
    while somebody("GET", f"/jobs/{jobs['two']}")["status"]["code"] != "completed":
        time.sleep(0.05)
    fault = {"do": "status", "status": 500, "method": "GET", "path": f"/jobs/{jobs['one']}", "times": None}
    httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=[fault])
    ran = a2c(*command.split(), "--json")
    assert (told(json.loads(ran.out)), ran.code) == (others, 8)
    assert "error: one: the service failed with 500: " in ran.err
    assert "try again later" in ran.err
