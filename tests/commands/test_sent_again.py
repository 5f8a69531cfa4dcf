"""A start whose answer is of no use may be paid for: it is seldom sent again, and counts against every limit."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from a2c_spec.api.repeats import MOST_STARTS
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.simulation.faults import Fault
from tests.conftest import Command

KEY = {"x-oc-api-key": "key"}
SOURCE = "https://example.com/cover.png"
RECIPE = f"""\
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{{id: i, source: "{SOURCE}"}}]
conversions: [{{id: sha, category: hash, target: sha256}}]
"""


@pytest.fixture
def recipe(project: Path) -> Path:
    (project / "one.yaml").write_text(RECIPE)
    return project


@pytest.fixture
def fault() -> Fault:
    """What the service does wrong."""
    return Fault(do="drop", method="POST", path="/jobs")


@pytest.fixture
def service_settings(project: Path, fault: Fault) -> Settings:
    return Settings(faults=(fault,), remote_files={SOURCE: project / "src/cover.png"})


def creates(server: Background) -> int:
    root = server.url.removesuffix("/v2")
    return len(httpx.get(f"{root}/_a2c/calls?method=POST&path=/jobs", headers=KEY).json())


def calm(server: Background) -> None:
    """Nothing goes wrong any more."""
    httpx.delete(f"{server.url.removesuffix('/v2')}/_a2c/faults", headers=KEY).raise_for_status()


def left_today(a2c: Command) -> int:
    """What the budget of the day leaves."""
    budget = json.loads(a2c("plan", "--json", "one.yaml").out)["budget"]
    return int(budget["per_day"]) - int(budget["today"])


UNUSABLE = Fault(do="html", status=201, method="POST", path="/jobs", times=2)
ONCE, ALWAYS = (Fault(do="drop", method="POST", path="/jobs", times=times) for times in (1, 9))
"""The service answers that it made the job, and nothing else; a create reaches nobody."""

LIMITS: dict[str, tuple[str, list[str]]] = {
    "--max-credits": ("", ["--max-credits", "1"]),
    "budget.per_run": ("budget: {per_run: 1}", []),
    "budget.per_day": ("budget: {per_day: 1}", []),
}


@pytest.mark.parametrize("fault", [UNUSABLE], ids=["201"])
def test_what_was_acknowledged_is_not_sent_again_until_a_person_says_that_it_did_nothing(
    recipe: Path, server: Background, a2c: Command
) -> None:
    (recipe / "a2c.yaml").write_text("budget: {per_day: 2}\n")
    for _ in range(3):
        ran = a2c("apply", "-y", "--no-cache")
        assert ran.code == 13, ran.err
        assert "the service answered that it made the job" in ran.err, ran.err
        assert creates(server) == 1
    assert a2c("plan").code == 13
    assert a2c("state", "rm", "one").code == 0
    assert a2c("apply", "-y", "--no-cache").code == 13, "the second one is allowed by the budget"
    assert a2c("state", "rm", "one").code == 0
    assert a2c("apply", "-y", "--no-cache").code == 11, "both may be paid for"
    assert creates(server) == 2


@pytest.mark.parametrize(
    ("fault", "code", "sent", "left"), [(ONCE, 0, 2, 3), (ALWAYS, 8, MOST_STARTS, 3)], ids=["once", "always"]
)
def test_a_start_without_an_answer_is_seldom_sent_again_and_counts_each_time(
    recipe: Path, server: Background, a2c: Command, code: int, sent: int, left: int
) -> None:
    (recipe / "a2c.yaml").write_text("budget: {per_day: 5}\n")
    ran = a2c("apply", "-y", "--no-cache")
    assert (ran.code, creates(server)) == (code, sent), ran.err
    assert left_today(a2c) == left


@pytest.mark.parametrize("fault", [ONCE, ALWAYS], ids=["once", "always"])
@pytest.mark.parametrize("limit", LIMITS)
def test_a_start_without_an_answer_is_not_sent_again_where_both_are_too_much(
    recipe: Path, server: Background, a2c: Command, limit: str, fault: Fault
) -> None:
    settings, flags = LIMITS[limit]
    (recipe / "a2c.yaml").write_text(f"{settings}\n" if settings else "{}\n")
    ran = a2c("apply", "-y", "--no-cache", *flags)
    assert (ran.code, creates(server)) == (8, 1), ran.err
    assert "and may have been paid for; not started: " in ran.err
    assert limit in ran.err
    again = a2c("apply", "-y", "--no-cache", *flags)
    assert (again.code, creates(server)) == (0 if fault is ONCE else 8, 2), again.err


PRUNING = [
    ["apply --prune"],
    ["apply", "apply --prune"],
    ["apply", "apply --prune", "apply --prune"],
    ["apply", "apply --prune", "prune"],
    ["apply", "prune", "apply --prune"],
]


@pytest.mark.parametrize("fault", [UNUSABLE], ids=["201"])
@pytest.mark.parametrize("commands", PRUNING, ids=" then ".join)
def test_what_nobody_asks_for_any_more_stays_in_doubt_whatever_is_pruned(
    recipe: Path, server: Background, a2c: Command, commands: list[str]
) -> None:
    """It may have been paid for, and is wanted again when its manifest comes back."""
    (recipe / "other.yaml").write_text(RECIPE.replace("name: one", "name: other").replace("sha256", "md5"))
    assert a2c("apply", "-y", "one.yaml").code == 13
    (recipe / "one.yaml").rename(recipe / "one.txt")
    calm(server)
    for command in commands:
        ran = a2c(*command.split(), "-y")
        assert ran.code == 0, ran.err
    assert "not pruned: whether its create made a job is not known" in ran.out
    (recipe / "one.txt").rename(recipe / "one.yaml")
    before = creates(server)
    assert (a2c("apply", "-y", "one.yaml").code, creates(server)) == (13, before)


STARTING = [
    Fault(do=do, status=status, method="PATCH", path="/jobs/*", times=5, when=when)
    for do, status in (("drop", 0), ("status", 500), ("html", 200))
    for when in ("before", "after")
]
"""A call that starts a job which is there already may be sent several times, and each time without an answer."""


@pytest.mark.parametrize("fault", STARTING, ids=lambda fault: f"{fault.label} {fault.when}")
def test_a_start_of_a_job_that_is_there_counts_while_it_is_not_known_what_became_of_it(
    project: Path, server: Background, a2c: Command
) -> None:
    (project / "a2c.yaml").write_text("budget: {per_day: 1}\n")
    inputs = "inputs: [{id: a, path: src/cover.png}, {id: b, path: src/signatures.png}]"
    for name, made in (("one", "document, target: pdf, options: {merge: true}"), ("other", "archive, target: zip")):
        head = f"apiVersion: a2c-spec/v1\nkind: Job\nname: {name}\n{inputs}\n"
        conversions = f"conversions: [{{id: c, category: {made}}}]\n"
        saved = f"outputs: [{{from: c, filename: {name}, save: dist/}}]\n"
        (project / f"{name}.yaml").write_text(head + conversions + saved)
    assert a2c("apply", "-y", "one.yaml").code == 8
    assert a2c("apply", "-y", "other.yaml").code == 11, "the first one may be paid for"
    calm(server)
    done = a2c("apply", "-y", "one.yaml")
    assert (done.code, (project / "dist/one.pdf").exists()) == (0, True), done.err
    jobs = httpx.get(f"{server.url}/jobs", headers=KEY).json()
    assert sum(job["spent"] for job in jobs) == 1
    assert a2c("apply", "-y", "other.yaml").code == 11, "and it is"
