"""Something else answers where the service should be: no job was changed, and the address is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody
from tests.conftest import Command

HINT = "is that the right URL? check API2CONVERT_BASE_URL and --base-url"


@pytest.fixture
def astray(two: Path, server: Background, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of the service with a wrong path: all that is there answers 404."""
    url = server.url.replace("/v2", "/v3")
    monkeypatch.setenv("API2CONVERT_BASE_URL", url)
    yield url
    assert two.is_dir()


CALLS = {
    "plan": ("GET", "/jobs?page=1"),
    "apply": ("POST", "/jobs"),
    "doctor": ("GET", "/statuses"),
    "catalog": ("GET", "/conversions?page=1"),
}


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("plan", "two.yaml", "--target", "one"), 5),
        (("apply", "two.yaml", "--target", "one"), 5),
        (("doctor",), 1),
        (("catalog", "pull"), 5),
    ],
)
def test_a_wrong_address_is_named_and_told_as_that(
    args: tuple[str, ...], code: int, astray: str, a2c: Command, somebody: Somebody
) -> None:
    ran = a2c(*args)
    method, path = CALLS[args[0]]
    said = ran.err + ran.out
    assert ran.code == code, ran
    assert f"the service rejected {method} {astray}{path} (404): There is no such endpoint" in said
    assert (HINT in said, "modified outside" in said, "state rm" in said) == (True, False, False)
    assert a2c("status").out.startswith("nothing is recorded")
    assert somebody("GET", astray.replace("/v3", "/v2") + "/jobs") in (None, [])


def test_a_program_reads_that_a_request_was_invalid(astray: str, a2c: Command) -> None:
    lines = a2c("apply", "two.yaml", "--target", "one", "--json").out.splitlines()
    error = json.loads(lines[-1])
    assert (error["error"], error["exit_code"], error["hint"]) == ("Refused", 5, HINT)
    assert f"POST {astray}/jobs" in error["message"]
