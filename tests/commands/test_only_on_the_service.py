"""What deletes a job says which paid results are nowhere else, whichever command it is, and whatever became of them
here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
{extra}
inputs: [{{id: i, path: {source}}}]
conversions: [{{id: c, category: hash, target: {target}}}]
outputs: [{{from: c, filename: {name}, save: dist/}}]
"""
DELETE = "lifecycle: {on_replace: delete}"


def job(project: Path, name: str, target: str = "md5", extra: str = "") -> None:
    text = JOB.format(name=name, source="a.txt", target=target, extra=extra)
    (project / f"{name}.yaml").write_text(text)


@pytest.fixture
def applied(project: Path, server: Background, a2c: Command) -> Path:
    (project / "a.txt").write_text("a")
    job(project, "one")
    job(project, "two", "sha1")
    assert a2c("apply", "--no-cache").code == 0
    assert server
    return project


def missing(path: Path) -> None:
    path.unlink()


def changed(path: Path) -> None:
    path.write_text("mine")


def as_it_was(path: Path) -> None:
    assert path.is_file()


def gone(project: Path) -> None:
    (project / "one.yaml").unlink()


def anew(project: Path) -> None:
    job(project, "one", "sha256", DELETE)


TOLD = "1 result is only on the service, and deleted there"
ASKED = "1 result is only on the service, although paid for, and would be deleted there"


@pytest.mark.parametrize(("become", "lost"), [(missing, 1), (changed, 1), (as_it_was, 0)])
@pytest.mark.parametrize(
    ("edit", "show", "do"),
    [
        (gone, "prune --dry-run", "prune"),
        (gone, "plan --prune", "apply --prune"),
        (anew, "plan", "apply"),
        (anew, "plan --prune", "apply --prune"),
        (None, "", "destroy one"),
    ],
)
def test_a_result_that_is_not_here_as_it_came_is_told_before_its_job_goes(
    edit: object, show: str, do: str, become: object, lost: int, applied: Path, a2c: Command
) -> None:
    assert callable(become)
    become(applied / "dist" / "one.md5")
    if callable(edit):
        edit(applied)
    if show:
        assert (TOLD in a2c(*show.split()).out) == bool(lost)
        changes = json.loads(a2c(*show.split(), "--json").out)["changes"]
        (change,) = (one for one in changes if one["address"] == "one")
        assert (change["only_there"], change["paid_again"]) == (lost, bool(lost) or edit is anew)
    refused = a2c(*do.split())
    assert (refused.code, ASKED in refused.err) == (11, bool(lost)), refused.err


def test_what_was_made_anew_is_no_loss_and_what_another_address_replaced_is_one(applied: Path, a2c: Command) -> None:
    job(applied, "one", "sha256")
    assert a2c("apply", "--no-cache", "-y").code == 0
    for command in ("prune", "destroy one"):
        assert "only on the service" not in a2c(*command.split()).out
    (applied / "two.yaml").unlink()
    job(applied, "three", "sha1")
    (applied / "three.yaml").write_text(
        (applied / "three.yaml").read_text().replace("filename: three", "filename: two")
    )
    (applied / "a.txt").write_text("b")
    assert a2c("apply", "--no-cache", "-y").code == 0
    told = a2c("prune", "--dry-run")
    assert TOLD in told.out, told.out


def test_results_of_one_job_that_two_runs_have_are_counted_together(
    project: Path, server: Background, a2c: Command
) -> None:
    (project / "a.txt").write_text("a")
    job(project, "one")
    text = (project / "one.yaml").read_text()
    text = text.replace("target: md5}", "target: md5}, {id: d, category: hash, target: sha1}")
    text = text.replace("save: dist/}", "save: dist/}, {from: d, filename: one, save: dist/}")
    (project / "one.yaml").write_text(text)
    assert server
    assert a2c("apply", "--no-cache").code == 0
    (project / "one.yaml").unlink()
    job(project, "x")
    job(project, "y", "sha1")
    assert "credit" not in a2c("apply", "--no-cache").out, "each takes one result over, with the job that both have"
    for name in ("x.md5", "y.sha1"):
        (project / "dist" / name).unlink()
        (project / f"{name[0]}.yaml").unlink()
    told = json.loads(a2c("prune", "--dry-run", "--json").out)["changes"]
    assert (sum(one["only_there"] for one in told), sum(len(one["calls"]) for one in told)) == (2, 1)


@pytest.mark.parametrize("cache", [("--no-cache",), ()], ids=["without the cache", "with it"])
def test_an_earlier_result_that_comes_back_does_not_take_the_newer_one_away_unasked(
    cache: tuple[str, ...], project: Path, a2c: Command, server: Background
) -> None:
    """What is here is overwritten by the same plan, so that the job that would go holds the only copy."""

    def width(number: int, extra: str = "") -> None:
        text = JOB.format(name="one", source="src/cover.png", target=f"webp, options: {{width: {number}}}", extra=extra)
        (project / "one.yaml").write_text(text.replace("category: hash", "category: image"))

    width(64)
    assert a2c("apply", "one.yaml", *cache).code == 0
    width(65)
    assert a2c("apply", "one.yaml", "-y", *cache).code == 0
    newer = (project / "dist/one.webp").read_bytes()
    width(64, DELETE)
    changes = json.loads(a2c("plan", "one.yaml", "--json", *cache).out)["changes"]
    assert [(one["only_there"], one["paid_again"]) for one in changes if one["calls"]] == [(1, True)], changes
    for flags in ((), ("-y", "--max-replace", "0")):
        assert a2c("apply", "one.yaml", *flags, *cache).code == 11
        assert (project / "dist/one.webp").read_bytes() == newer
    assert a2c("apply", "one.yaml", "-y", *cache).code == 0
    assert (project / "dist/one.webp").read_bytes() != newer


def test_a_held_job_that_the_service_no_longer_has_is_not_listed_to_be_deleted(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    (project / "a.txt").write_text("a")
    job(project, "one", extra="job: {process: false}")
    assert a2c("apply", "one.yaml").code == 0
    (held,) = somebody("GET", "/jobs")
    somebody("DELETE", f"/jobs/{held['id']}")
    job(project, "one")
    assert "no longer has the job, which was held" in a2c("apply", "one.yaml").out
    (now,) = somebody("GET", "/jobs")
    job(project, "one", "sha1", DELETE)
    for line in (("plan", "one.yaml"), ("destroy", "one")):
        told = a2c(*line)
        assert (held["id"] in told.out + told.err, now["id"] in told.out) == (False, True), told
    assert held["id"] not in a2c("state", "show", "one").out
