"""Whose file stands at a path: results of other addresses are replaced only where their owner gives them up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Command

Writer = Callable[[str, str, str], None]


@pytest.fixture
def job(project: Path) -> Writer:
    """Writes the manifest of a job that saves the SHA-256 of a file as dist/NAME.sha256."""
    for name in "ab":
        (project / f"{name}.txt").write_text(name)

    def write(address: str, source: str, name: str) -> None:
        (project / f"{address}.yaml").write_text(
            f"apiVersion: a2c-spec/v1\nkind: Job\nname: {address}\ninputs: [{{id: i, path: {source}}}]\n"
            "conversions: [{id: h, category: hash, target: sha256}]\n"
            f"outputs: [{{from: h, filename: {name}}}]\n"
        )

    return write


def holds(project: Path, name: str, source: str) -> bool:
    """Whether the result of this name is that of the source as it is now."""
    made = (project / "dist" / f"{name}.sha256").read_text()
    return hashlib.sha256((project / source).read_bytes()).hexdigest() in made


def quiet(a2c: Command) -> None:
    """A further apply has nothing to do, and every file is as it was written."""
    again = a2c("apply", "--local")
    assert again.code == 0, again.err
    assert "no API calls" in again.out
    checked = a2c("verify", "--local")
    assert (checked.code, "0 of 0" in checked.out) == (0, False)


def test_a_renamed_manifest_takes_over_its_result(project: Path, a2c: Command, job: Writer) -> None:
    job("a", "a.txt", "one")
    assert a2c("apply", "--local").code == 0
    (project / "a.yaml").unlink()
    job("c", "a.txt", "one")
    done = a2c("apply", "--local")
    assert done.code == 0, done.err
    assert "no API calls" in done.out
    quiet(a2c)


def test_a_result_moves_to_the_place_of_a_manifest_that_went(project: Path, a2c: Command, job: Writer) -> None:
    job("a", "a.txt", "one")
    job("b", "b.txt", "two")
    assert a2c("apply", "--local").code == 0
    (project / "a.yaml").unlink()
    job("b", "b.txt", "one")
    done = a2c("apply", "--local")
    assert done.code == 0, done.err
    assert "replaces dist/one.sha256, an earlier result of a" in done.out + done.err
    assert holds(project, "one", "b.txt")
    quiet(a2c)


def test_a_new_job_takes_the_place_of_one_that_went(project: Path, a2c: Command, job: Writer) -> None:
    job("a", "a.txt", "one")
    assert a2c("apply", "--local").code == 0
    (project / "a.yaml").unlink()
    job("c", "b.txt", "one")
    done = a2c("apply", "--local")
    assert done.code == 0, done.err
    assert holds(project, "one", "b.txt")
    assert "1 of 1 file intact" in a2c("verify", "--local").out
    quiet(a2c)


def test_what_somebody_changed_is_not_taken(project: Path, a2c: Command, job: Writer) -> None:
    job("a", "a.txt", "one")
    assert a2c("apply", "--local").code == 0
    (project / "a.yaml").unlink()
    (project / "dist" / "one.sha256").write_text("notes")
    job("c", "b.txt", "one")
    done = a2c("apply", "--local")
    assert done.code == 9
    assert "refused: dist/one.sha256" in done.out
    assert (project / "dist" / "one.sha256").read_text() == "notes"


def test_names_swap_while_one_runs_again(project: Path, a2c: Command, job: Writer) -> None:
    job("a", "a.txt", "one")
    job("b", "b.txt", "two")
    assert a2c("apply", "--local").code == 0
    job("a", "a.txt", "two")
    job("b", "b.txt", "one")
    (project / "b.txt").write_text("b2")
    done = a2c("apply", "--local", "-y")
    assert done.code == 0, done.err
    assert "stays here" not in done.out + done.err
    assert (holds(project, "two", "a.txt"), holds(project, "one", "b.txt")) == (True, True)
    quiet(a2c)


def test_names_swap_while_one_file_is_missing(project: Path, a2c: Command, job: Writer) -> None:
    job("a", "a.txt", "one")
    job("b", "b.txt", "two")
    assert a2c("apply", "--local").code == 0
    (project / "dist" / "one.sha256").unlink()
    job("a", "a.txt", "two")
    job("b", "b.txt", "one")
    done = a2c("apply", "--local")
    assert done.code == 0, done.err
    assert (holds(project, "two", "a.txt"), holds(project, "one", "b.txt")) == (True, True)
    quiet(a2c)


def test_a_result_that_its_owner_keeps_is_refused_before_anything_is_paid(
    project: Path, a2c: Command, job: Writer
) -> None:
    job("a", "a.txt", "one")
    job("b", "b.txt", "two")
    assert a2c("apply", "--local").code == 0
    job("a", "a.txt", "three")
    job("b", "b.txt", "one")
    done = a2c("apply", "--local", "--target", "b")
    assert done.code == 13
    assert "is a result of a" in done.err
    assert holds(project, "one", "a.txt")


def test_a_rename_on_conflict_that_runs_again_claims_no_file_stays(project: Path, a2c: Command, job: Writer) -> None:
    (project / "dist").mkdir()
    (project / "dist" / "one.sha256").write_text("mine")
    job("a", "a.txt", "one")
    assert a2c("apply", "--local", "--on-conflict", "rename").code == 0
    (project / "a.txt").write_text("new")
    done = a2c("apply", "--local", "-y", "--on-conflict", "rename")
    assert "stays here" not in done.out + done.err
    assert holds(project, "one-1", "a.txt")
    assert (project / "dist" / "one.sha256").read_text() == "mine"


def test_links_and_files_in_the_way_are_seen_before_anything_is_paid(project: Path, a2c: Command, job: Writer) -> None:
    (project / "dist" / "d1").mkdir(parents=True)
    (project / "dist" / "d2").symlink_to("d1")
    for address, folder in (("a", "dist/d1"), ("b", "dist/d2")):
        job(address, f"{address}.txt", f"x, save: {folder}")
    assert a2c("validate").code == 5
    job("a", "a.txt", "x.sha256")
    job("b", "b.txt", "y, save: dist/x.sha256")
    assert "cannot be written" in a2c("validate").out


def test_a_plan_is_applied_to_the_service_it_was_made_for(
    project: Path, a2c: Command, job: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another service, named by the environment, neither gets the plan's calls nor is the key sent to the first."""
    job("a", "a.txt", "one")
    monkeypatch.setenv("API2CONVERT_API_KEY", "k")
    monkeypatch.setenv("API2CONVERT_BASE_URL", "http://127.0.0.1:9/v2")
    assert a2c("plan", "-o", "p.a2cplan.json").code in (0, 2)
    monkeypatch.setenv("API2CONVERT_BASE_URL", "http://127.0.0.1:10/v2")
    done = a2c("apply", "p.a2cplan.json")
    assert done.code == 10, done.err
    assert "127.0.0.1:9/v2, not for 127.0.0.1:10/v2" in done.err
