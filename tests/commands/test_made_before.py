"""A result that another job makes, or has made, is not made again with the others of a job that asks for more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Somebody, spent
from tests.commands.test_started_drafts import MD5, SHA, write
from tests.conftest import Command

SHA256, SHA512 = "category: hash, target: sha256", "category: hash, target: sha512"
BAD = "category: image, target: png"


@pytest.mark.parametrize("first", ["apply -q --detach", "apply -q"])
@pytest.mark.parametrize(
    ("had", "asked", "cost"),
    [([MD5], [MD5, SHA], 2), ([MD5, SHA], [MD5, SHA, SHA256], 3), ([MD5, SHA], [SHA, SHA512, MD5, SHA256], 4)],
)
def test_a_new_job_pays_only_for_what_nobody_makes(
    project: Path, a2c: Command, somebody: Somebody, first: str, had: list[str], asked: list[str], cost: int
) -> None:
    write(project, "one", *had)
    assert a2c(*first.split()).code == 0
    write(project, "two", *asked)
    assert a2c("apply", "-q").code == 0
    assert spent(somebody) == cost
    assert a2c("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("more", [1, 2])
def test_held_jobs_that_are_started_together_pay_once_for_what_they_share(
    project: Path, a2c: Command, somebody: Somebody, more: int
) -> None:
    jobs = {"a": [MD5, SHA], "b": [MD5, SHA256], "c": [MD5, SHA512]}
    names = sorted(jobs)[: more + 1]
    for name in names:
        write(project, name, *jobs[name], held=True)
    assert a2c("apply", "-q").code == 0
    for name in names:
        write(project, name, *jobs[name])
    assert a2c("apply", "-q").code == 0
    assert spent(somebody) == len(names) + 1
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_what_a_failed_job_made_is_not_made_again_beside_what_it_is_going_to_make(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "one", MD5, BAD, SHA)
    assert a2c("apply", "-q").code == 6
    before = spent(somebody)
    write(project, "two", MD5, SHA)
    a2c("apply", "-q", "-y")
    assert spent(somebody) - before <= 1, "md5 is in the results cache"
