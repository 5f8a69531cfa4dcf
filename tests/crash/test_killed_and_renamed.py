"""Killed while the answer of a starting call is on its way, and then the manifest says something else: what was started
is known all the same, and paid for once."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.crash.scenarios import APPLY, HELD, ONE_UPLOAD, PICTURE, REMOTE, Scenario
from tests.crash.world import Ran, World, stop_at

UPLOAD = "answered POST /v2/dl/web1/upload-file/*#1"
CREATE = "answered POST /v2/jobs#1"
RUNS = HELD.replace("process: false", "process: true")
OTHER = REMOTE.replace("target: sha256", "target: md5")
FIRST = PICTURE.replace("name: one", "name: zero")
TAKES = ONE_UPLOAD.replace("{id: a, path: a.txt}", "{id: a, from: zero.small}").replace(
    "filename: sum", "filename: took"
)
STARTED = {
    "by its upload": (Scenario("", ONE_UPLOAD), UPLOAD),
    "by its create": (Scenario("", OTHER, before=REMOTE), CREATE),
    "by a result": (Scenario("", f"{FIRST}---\n{TAKES}", before=FIRST), UPLOAD),
    "by an edit": (Scenario("", RUNS, before=HELD), "answered PATCH /v2/jobs/*#1"),
}
RENAMES: dict[str, Callable[[str], str]] = {
    "without a word": lambda text: text.replace("name: one", "name: two", 1),
    "told by moved": lambda text: text.replace("name: one\n", "name: two\nmoved: {from: one}\n", 1),
}


def apply(world: World, *args: str) -> Ran:
    """Applies every manifest of the project."""
    ran = world.processes.run([*APPLY, *args], world.folder, world.environment)
    world.runs.append(ran)
    return ran


def killed(world: World, scenario: Scenario, moment: str) -> int:
    """An apply that is killed at a moment; gives what the jobs cost that were started by then, in credits."""
    world.prepare(scenario)
    assert world.apply(stop=stop_at(moment)).code == -signal.SIGKILL, world.runs
    return sum(len(job["conversion"]) for job in world.jobs() if job["status"]["code"] != "incomplete")


@pytest.mark.parametrize("rename", RENAMES)
@pytest.mark.parametrize("started", STARTED)
def test_a_manifest_that_has_another_name_since_takes_over_what_runs(world: World, started: str, rename: str) -> None:
    scenario, moment = STARTED[started]
    cost = killed(world, scenario, moment)
    (world.folder / "job.yaml").write_text(RENAMES[rename](scenario.after))
    ran = apply(world)
    assert ran.code == 0, ran.said
    assert world.paid() == cost, world.runs
    assert not any(record.intent for record in world.records())
    world.check_quiet()


@pytest.mark.parametrize("rename", RENAMES)
def test_nothing_is_paid_for_under_another_name_as_long_as_it_cannot_be_decided(world: World, rename: str) -> None:
    killed(world, Scenario("", REMOTE), CREATE)  # no answer told yet how the service writes times
    (world.folder / "job.yaml").write_text(RENAMES[rename](REMOTE))
    (job,) = world.jobs()
    for _ in range(2):
        ran = apply(world)
        assert ran.code in (9, 13), ran.said
        assert "a job of one may make it already" in ran.said
        assert job["id"] in ran.said
    adopt = ("state", "adopt", "one", job["id"])
    assert world.processes.run(adopt, world.folder, world.environment).code == 0
    assert (apply(world).code, world.paid()) == (0, 1), world.runs
    world.check_quiet()


@pytest.mark.parametrize("moment", [CREATE.replace("answered", "send"), "recorded intent#1"])
def test_what_was_not_started_is_started_under_the_other_name(world: World, moment: str) -> None:
    killed(world, Scenario("", OTHER, before=REMOTE), moment)
    (world.folder / "job.yaml").write_text(RENAMES["without a word"](OTHER))
    assert apply(world).code == 0, world.runs
    assert world.paid() == 2, world.runs
    assert not any(record.intent for record in world.records())
    world.check_quiet()


@pytest.mark.parametrize("started", STARTED)
def test_what_was_started_is_taken_when_it_is_wanted_again(world: World, started: str) -> None:
    scenario, moment = STARTED[started]
    cost = killed(world, scenario, moment)
    edited = scenario.before if scenario.before == REMOTE else scenario.after.replace("sha256", "sha512")
    for text, paid in ((edited, cost + (edited != REMOTE)), (scenario.after, cost + (edited != REMOTE))):
        (world.folder / "job.yaml").write_text(text)
        ran = apply(world)
        assert (ran.code, "differed from the manifest" in ran.said) == (0, False), ran.said
        assert world.paid() == paid, world.runs
        world.check_quiet()


def test_destroy_names_and_deletes_what_a_call_without_an_answer_started(world: World) -> None:
    killed(world, Scenario("", OTHER, before=REMOTE), CREATE)
    asked = world.processes.run(("destroy", "one"), world.folder, world.environment)
    assert (asked.code, "1 result is only on the service, and deleted there" in asked.said) == (11, True), asked.said
    assert all(job["id"] in asked.said for job in world.jobs())
    assert world.processes.run(("destroy", "one", "-y"), world.folder, world.environment).code == 0
    assert not world.jobs()


def test_destroy_says_which_job_may_be_left(world: World) -> None:
    killed(world, Scenario("", REMOTE), CREATE)  # no answer told yet how the service writes times
    (job,) = world.jobs()
    ran = world.processes.run(("destroy", "one", "-y"), world.folder, world.environment)
    assert ran.code == 0
    assert f"may be the one whose answer was lost: {job['id']}; none is deleted" in ran.said


def test_what_is_said_where_a_record_is_removed_names_what_may_be_left(world: World) -> None:
    killed(world, Scenario("", OTHER, before=REMOTE), CREATE)
    drift = world.processes.run(("drift",), world.folder, world.environment)
    assert (drift.code, "whether a call made or started a job is not known yet" in drift.said) == (0, True), drift.said
    ran = world.processes.run(("state", "rm", "one"), world.folder, world.environment)
    assert (ran.code, "a create whose answer is missing may have made one more job" in ran.said) == (0, True), ran.said
