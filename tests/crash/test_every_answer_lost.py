"""Whatever becomes of an answer, the job runs once, is paid once, and its results are what they would have been."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.crash.scenarios import SCENARIOS
from tests.crash.world import After, World

Undisturbed = Callable[[str], tuple[After, int]]
Note = Callable[[str, object], None]

REQUESTS: Mapping[str, tuple[str, ...]] = {
    "create with one upload": (
        "POST /jobs",
        "POST */upload-file/*",
        "GET /jobs/*",
        "GET */download-file/*",
    ),
    "create with two uploads and a remote file": (
        "PATCH /jobs/*/input",
        "PATCH /jobs/????????-*",
    ),
    "create without an upload": ("POST /jobs",),
    "edit of a held job": (
        "DELETE /jobs/*/input/*",
        "PATCH /jobs/*/conversions/*",
        "POST /jobs/*/conversions",
        "POST /jobs/*/input",
    ),
    "re-run with new bytes": ("POST /jobs",),
    "rename of a result": ("PATCH /jobs/*/output/*",),
    "batch of three alike": ("POST /jobs",),
    "replace while running": ("DELETE /jobs/*", "POST /jobs", "GET /jobs/*"),
    "a dependent of what changed": ("POST /jobs",),
    "--replace": ("POST /jobs",),
    "one of two conversions changes": ("POST /jobs", "GET /jobs/*"),
    "a preset whose options change": ("PATCH /presets/*", "GET /presets/*"),
    "wait for a detached job": ("GET /jobs/*", "GET */download-file/*"),
}
"""What is asked of the service, by scenario: each of these goes wrong in each of the ways below."""

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "connection dropped before the effect": {"do": "drop", "when": "before"},
    "connection dropped after the effect": {"do": "drop", "when": "after"},
    "500 before the effect": {"do": "status", "status": 500, "when": "before"},
    "500 after the effect": {"do": "status", "status": 500, "when": "after"},
    "503": {"do": "status", "status": 503},
    "429": {"do": "status", "status": 429},
    "429 with Retry-After in seconds": {"do": "status", "status": 429, "retry_after": "1"},
    "429 with Retry-After as a date": {"do": "status", "status": 429, "retry_after": "date:1"},
    "body cut short": {"do": "truncate", "size": 10},
    "body dripping": {"do": "slow", "size": 100, "seconds": 0.01},
    "JSON cut in half": {"do": "malformed"},
    "a proxy's page instead of the effect": {"do": "html", "status": 200, "when": "before"},
    "a proxy's page in place of the answer": {"do": "html", "status": 200, "when": "after"},
    "a proxy's 502 after the effect": {"do": "html", "status": 502, "when": "after"},
    "a redirect": {"do": "redirect", "to": "http://127.0.0.1:9/elsewhere", "when": "before"},
    "a redirect after the effect": {"do": "redirect", "to": "http://127.0.0.1:9/elsewhere", "when": "after"},
}

CELLS = [(name, request, fault) for name, some in REQUESTS.items() for request in some for fault in FAULTS]


@pytest.mark.parametrize(("name", "request_line", "fault"), CELLS)
def test_an_answer_that_goes_wrong_costs_nothing(
    world: World, undisturbed: Undisturbed, record_property: Note, name: str, request_line: str, fault: str
) -> None:
    record_property("crash", f"{name}|{request_line}|{fault}")
    expected = undisturbed(name)
    world.prepare(SCENARIOS[name])
    method, path = request_line.split(" ")
    world.fail([{**FAULTS[fault], "method": method, "path": path}])
    first = world.apply(command=SCENARIOS[name].command)
    assert world.struck(method, path), first.said
    world.calm()
    if first.code != 0:
        assert world.apply().code == 0, world.runs
    world.check_end(SCENARIOS[name], expected)
