"""A full disk, two applies at once, an empty purse, a wait that is too long, and the installed program itself."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from a2c_spec.state.lock import exclusive
from tests.crash.scenarios import HEAD, SCENARIOS, Scenario
from tests.crash.world import After, World, stop_at

Undisturbed = Callable[[str], tuple[After, int]]
ONE = "create with one upload"

COPY = f"""{HEAD}
inputs: [{{id: big, path: big.bin}}]
conversions: [{{id: zip, category: archive, target: zip}}]
outputs: [{{from: zip, filename: big, save: dist/}}]
"""
LARGE = Scenario("a result larger than the room there is", COPY)


def write_noise(world: World) -> None:
    """An input that no archive makes smaller."""
    (world.folder / "big.bin").write_bytes(os.urandom(400_000))


def test_a_disk_that_is_full_for_the_result_leaves_no_part_of_it(world: World) -> None:
    world.prepare(LARGE)
    write_noise(world)
    ran = world.apply(largest=200_000)
    assert ran.code == 1
    assert "cannot write" in ran.said
    assert world.results() == {}
    world.check_tidy()
    assert world.apply().code == 0, world.runs
    assert world.after().credits == 1
    world.check_quiet()


def test_a_disk_that_is_full_for_the_state_stops_before_anything_is_sent(world: World) -> None:
    world.prepare(SCENARIOS[ONE])
    ran = world.apply(largest=4096)
    assert ran.code == 1, ran.said
    assert "state" in ran.said
    assert "this should not happen" not in ran.said
    assert world.requests() == 0
    assert world.apply().code == 0, world.runs


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own, where we may make one."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_really_full_leaves_no_part_of_a_result(world: World) -> None:
    world.prepare(LARGE)
    write_noise(world)
    with small_disk(world.folder / "dist", "128k"):
        ran = world.apply()
        assert (ran.code, "the disk is full" in ran.said) == (1, True), ran.said
        assert world.results() == {}
    assert world.apply().code == 0, world.runs
    assert world.after().credits == 1


def test_two_applies_at_once_are_one_and_a_refusal_that_names_the_other(world: World, undisturbed: Undisturbed) -> None:
    undisturbed(ONE)
    world.prepare(SCENARIOS[ONE])
    assert world.apply().code == 0
    with exclusive(world.folder / ".a2c" / "state.lock", "ann on build-7, pid 4711"):
        ran = world.apply()
    assert ran.code == 12
    assert "ann on build-7, pid 4711" in ran.said
    assert world.apply().code == 0


def test_an_empty_purse_starts_nothing_more_and_finishes_what_runs(world: World) -> None:
    world.prepare(SCENARIOS["batch of three alike"])
    world.fail([{"do": "status", "status": 402, "method": "POST", "path": "/jobs", "nth": 2, "times": None}])
    ran = world.apply("--parallelism", "1")
    assert ran.code in (4, 9), ran.said
    assert len(world.results()) == 1, ran.said
    assert len(world.service.calls(method="POST", path="/jobs", status="402")) == 0  # the log says what was really done
    assert sum("402" in str(row["faults"]) for row in world.service.calls(method="POST", path="/jobs")) <= 2
    world.calm()
    assert world.apply().code == 0, world.runs
    assert len(world.results()) == 3


@pytest.mark.parametrize("moment", ["send POST /v2/jobs#1", "answered POST /v2/jobs#1"])
def test_a_budget_holds_through_a_kill(world: World, moment: str) -> None:
    world.prepare(SCENARIOS[ONE])
    (world.folder / "a2c.yaml").write_text("budget: {per_day: 2}")
    assert world.apply(stop=stop_at(moment)).code == -signal.SIGKILL, world.runs
    assert noted(world) == 1, "what may have been paid for counts"
    assert world.apply().code == 0, world.runs
    assert world.after().credits == 1
    assert 1 <= noted(world) <= 2
    (world.folder / "a2c.yaml").write_text("budget: {per_day: 0}")
    ran = world.apply("--replace", "*", "--yes")
    assert (ran.code, "budget.per_day (a2c.yaml:1:19) leaves 0 of 0 today" in ran.said) == (11, True), ran.said
    assert world.after().credits == 1


def noted(world: World) -> int:
    """The credits that are noted as spent, or set aside."""
    with closing(sqlite3.connect(world.folder / ".a2c/spending.db")) as db:
        return int(db.execute("SELECT sum(credits) FROM paid").fetchone()[0])


def test_a_wait_that_is_too_long_leaves_the_job_running(world: World, undisturbed: Undisturbed) -> None:
    undisturbed(ONE)
    world.prepare(SCENARIOS[ONE])
    ran = world.apply("--timeout", "0.001")
    if ran.code != 0:  # the service may be quicker than any wait
        assert ran.code == 7, ran.said
        assert "a2c-spec wait" in ran.said
    assert world.apply().code == 0
    assert (world.after(), world.arrived()) == undisturbed(ONE)


def program(world: World) -> subprocess.Popen[bytes]:
    """The installed program, in its own time."""
    command = [sys.executable, "-m", "a2c_spec.cli", "apply", "job.yaml", "--no-cache"]
    return subprocess.Popen(command, cwd=world.folder, env=world.environment, stderr=subprocess.PIPE)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_the_installed_program_survives_the_same(
    world: World, undisturbed: Undisturbed, number: signal.Signals
) -> None:
    undisturbed(ONE)
    world.prepare(SCENARIOS[ONE])
    world.fail([{"do": "latency", "seconds": 0.5, "path": "/jobs/*", "times": None}])
    with program(world) as process:
        while not world.service.calls(path="/jobs/*"):
            time.sleep(0.02)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if number != signal.SIGKILL else -number), said
    world.calm()
    with program(world) as process:
        assert process.wait(timeout=60) == 0
    assert (world.after(), world.arrived()) == undisturbed(ONE)
    world.check_state(SCENARIOS[ONE])
    world.check_tidy()


KILLED_BEFORE_THE_END = (
    "send POST /v2/jobs#1",
    "answered POST /v2/jobs#1",
    "recorded building#2",
    "send POST /v2/dl/web1/upload-file/*#1",
    "answered POST /v2/dl/web1/upload-file/*#1",
    "recorded started#1",
)


@pytest.mark.parametrize("moment", KILLED_BEFORE_THE_END)
@pytest.mark.parametrize("command", ["wait", "download"])
def test_who_only_waits_or_downloads_starts_nothing(world: World, command: str, moment: str) -> None:
    world.prepare(SCENARIOS[ONE])
    world.apply(stop=stop_at(moment))
    before = [(job["id"], job["process"]) for job in world.jobs()]
    sent = len(world.service.calls(method="POST"))
    world.apply(command=(command,))
    assert [(job["id"], job["process"]) for job in world.jobs()] == before
    assert len(world.service.calls(method="POST")) == sent
    assert world.apply().code == 0, world.runs
    assert world.after().credits == 1
