"""Two endpoints write the same files: each one's verdict on a file is that of its own record."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from tests.conftest import Command

NOTHING = "no-op"


@pytest.fixture
def page(project: Path, server: Background) -> Path:
    """A project whose job saves the SHA-256 of a file as dist/x.sha256, with a service to pay at."""
    assert server.url
    manifest(project, "c")
    (project / "a.txt").write_text("A")
    return project


def manifest(project: Path, name: str) -> None:
    (project / "c.yaml").write_text(
        f"apiVersion: a2c-spec/v1\nkind: Job\nname: {name}\ninputs: [{{id: i, path: a.txt}}]\n"
        "conversions: [{id: h, category: hash, target: sha256}]\noutputs: [{from: h, filename: x}]\n"
    )


def applied(a2c: Command, *flags: str) -> str:
    done = a2c("apply", "--no-cache", "-v", "-y", *flags)
    assert done.code == 0, done.err
    return done.out + done.err


def verdicts(a2c: Command, *flags: str) -> tuple[int, str, int]:
    """What verify, plan and drift say of one disk: an exit code, the action, an exit code."""
    tree = json.loads(a2c("plan", "--no-cache", "--json", *flags).out)
    (action,) = {change["action"] for change in tree["changes"]} or {NOTHING}
    return a2c("verify", *flags).code, action, a2c("drift", "--detailed-exitcode", *flags).code


RIGHT, STALE = (0, NOTHING, 0), (14, "download", 2)


def is_of(project: Path, text: str) -> bool:
    return hashlib.sha256(text.encode()).hexdigest() in (project / "dist/x.sha256").read_text()


def test_the_file_of_a_trial_is_not_the_result_that_was_paid_for(page: Path, a2c: Command) -> None:
    applied(a2c)
    (page / "a.txt").write_text("B")
    assert "replaces dist/x.sha256, which was written for another endpoint (localhost:" in applied(a2c, "--local")
    (page / "a.txt").write_text("A")
    assert verdicts(a2c) == STALE
    assert "it was written for another endpoint (local)" in a2c("verify").out
    said = applied(a2c)
    assert "< download  dist/x.sha256 was written for another endpoint (local)" in said
    assert "spent" not in said
    assert is_of(page, "A")
    assert verdicts(a2c) == RIGHT
    assert verdicts(a2c, "--local")[0] == 14, "now it is the trial's file that is not here"


def test_what_one_endpoint_was_paid_for_is_replaced_at_another_only_when_that_is_confirmed(
    page: Path, a2c: Command
) -> None:
    applied(a2c)
    (page / "a.txt").write_text("B")
    told = "a result of another endpoint (localhost:"
    refused = a2c("apply", "--no-cache", "--local")
    assert (refused.code, told in refused.err, is_of(page, "A")) == (11, True, True)
    (change,) = json.loads(a2c("plan", "--no-cache", "--local", "--json").out)["changes"]
    assert change["replaces_paid"]["dist/x.sha256"].startswith("another endpoint (localhost:")
    assert a2c("plan", "--no-cache", "--local", "-o", "trial.a2cplan.json").code == 0
    assert (a2c("apply", "trial.a2cplan.json", "--local").code, is_of(page, "A")) == (11, True)
    applied(a2c, "--local")
    assert is_of(page, "B")
    (page / "a.txt").write_text("A")
    assert a2c("apply", "--no-cache").code == 0, "a trial costs nothing"


def test_the_same_bytes_are_right_for_both(page: Path, a2c: Command) -> None:
    applied(a2c)
    applied(a2c, "--local")
    assert verdicts(a2c) == verdicts(a2c, "--local") == RIGHT


def test_the_file_of_a_trial_under_another_address_is_in_nobodys_way(page: Path, a2c: Command) -> None:
    applied(a2c)
    manifest(page, "q")
    (page / "a.txt").write_text("B")
    applied(a2c, "--local")
    manifest(page, "c")
    (page / "a.txt").write_text("A")
    assert "dist/x.sha256 was written for another endpoint (local)" in applied(a2c)
    assert (is_of(page, "A"), verdicts(a2c)) == (True, RIGHT)


def test_what_the_user_changed_after_a_trial_is_the_users(page: Path, a2c: Command) -> None:
    applied(a2c)
    (page / "a.txt").write_text("B")
    applied(a2c, "--local")
    (page / "a.txt").write_text("A")
    (page / "dist/x.sha256").write_text("mine")
    assert a2c("apply", "--no-cache").code == 13
    assert (page / "dist/x.sha256").read_text() == "mine"


def test_one_service_under_another_spelling_is_the_same(
    page: Path, a2c: Command, server: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied(a2c)
    for spelling in ("localhost", "LocalHost"):
        monkeypatch.setenv("API2CONVERT_BASE_URL", server.url.replace("127.0.0.1", spelling) + "/")
        assert verdicts(a2c) == RIGHT
    monkeypatch.setenv("API2CONVERT_BASE_URL", "https://other.test/v2")
    told = a2c("plan", "--no-cache", "--offline").out
    assert "not applied yet; c is applied at localhost:" in told
    assert "this plan is for other.test/v2; replaces dist/x.sha256, which was written for another endpoint" in told
    assert "is applied at" not in a2c("plan", "--no-cache", "--offline", "--local").out, "a trial costs nothing"


def test_a_result_that_came_back_with_its_input_is_that_result(page: Path, a2c: Command) -> None:
    applied(a2c)
    first = (page / "dist/x.sha256").read_bytes()
    (page / "a.txt").write_text("B")
    applied(a2c, "-y")
    second = (page / "dist/x.sha256").read_bytes()
    for text, content in (("A", first), ("B", second), ("A", first)):
        (page / "a.txt").write_text(text)
        (page / "dist/x.sha256").write_bytes(content)
        assert "no API calls" in applied(a2c)
        assert verdicts(a2c) == RIGHT
    (page / "dist/x.sha256").write_bytes(second)
    assert verdicts(a2c) == STALE
    assert "dist/x.sha256 is the result of another run" in applied(a2c)
    assert (is_of(page, "A"), verdicts(a2c)) == (True, RIGHT)


def test_a_refused_change_leaves_everything_as_it_was(page: Path, a2c: Command) -> None:
    applied(a2c)
    (page / "a.txt").write_text("B")
    applied(a2c, "-y")
    second = (page / "dist/x.sha256").read_bytes()
    (page / "a.txt").write_text("A")
    (page / "dist/x.sha256").write_text("mine")
    for _ in range(2):
        assert [a2c("apply", "--no-cache").code, a2c("verify").code] == [13, 14]
    (page / "a.txt").write_text("B")
    (page / "dist/x.sha256").write_bytes(second)
    assert verdicts(a2c) == RIGHT
    assert "no API calls" in applied(a2c)
