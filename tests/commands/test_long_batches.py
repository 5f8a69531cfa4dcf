"""Batches longer than what is kept in memory: bounded windows, one poller for all, a resume that does only the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from a2c_spec.engine import plan_builder
from tests.benchmarks.ground import BATCH, KEY, counts, stub
from tests.conftest import Command

KEPT, MANY = 40, 60


@pytest.fixture
def service(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with stub(0.0, 0.0) as origin:
        monkeypatch.setenv("API2CONVERT_BASE_URL", f"{origin}/v2")
        monkeypatch.setenv("API2CONVERT_API_KEY", KEY)
        yield origin


def write(project: Path, count: int) -> None:
    (project / "batch.yaml").write_text(BATCH)
    for number in range(count):
        (project / f"src/{number:05}.txt").write_text(f"file {number}")


def test_more_jobs_than_are_kept_are_each_converted_once(
    service: str, project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_builder, "KEPT_WHOLE", KEPT)
    write(project, MANY)
    done = a2c("apply", "batch.yaml")
    assert done.code == 0, done.err
    assert f"Done: {MANY} applied" in done.out
    asked = counts(service)
    assert (asked["create"], asked["upload"], asked["download"]) == (MANY, MANY, MANY)
    assert asked.get("list", 0) + asked.get("poll", 0) < MANY / 5
    again = a2c("plan", "batch.yaml")
    assert f"{MANY} unchanged. Nothing to send." in again.out
    assert counts(service) == asked, "a plan of what is done asks nobody"


def test_what_is_new_in_a_batch_is_all_that_is_done(service: str, project: Path, a2c: Command) -> None:
    write(project, 30)
    assert a2c("apply", "batch.yaml").code == 0
    write(project, 33)
    summary = json.loads(a2c("apply", "batch.yaml", "--json").out.splitlines()[-1])
    assert [job["action"] for job in summary["jobs"]].count("create") == 3
    assert counts(service)["create"] == 33


def test_credits_are_a_hard_stop_before_anything_is_sent(service: str, project: Path, a2c: Command) -> None:
    write(project, 12)
    assert a2c("apply", "batch.yaml", "--max-credits", "11").code == 11
    assert not counts(service)
    assert a2c("apply", "batch.yaml", "--max-credits", "12").code == 0


def test_after_the_first_failure_nothing_is_begun_and_the_rest_is_done_later(
    service: str, project: Path, a2c: Command
) -> None:
    write(project, 40)
    (project / "dist").mkdir()
    late = (project / "batch.yaml").read_text().replace('"${{ each.stem }}", save', '"${{ output.index }}-x", save')
    (project / "batch.yaml").write_text(late.replace("save: dist/", 'save: "dist/${{ input.stem }}/"'))
    (project / "dist/00000").mkdir()
    (project / "dist/00000/1-x.webp").write_text("not ours")
    stopped = a2c("apply", "batch.yaml", "--fail-fast", "--parallelism", "1", "--json")
    assert stopped.code == 9
    rest = a2c("apply", "batch.yaml", "--on-conflict", "overwrite")
    assert rest.code == 0, rest.err
    assert counts(service)["create"] == 40, "nothing is converted twice"
