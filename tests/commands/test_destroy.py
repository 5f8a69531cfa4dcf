"""`a2c-spec destroy`, tried as a user would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pikepdf
import pytest

from a2c_spec.commands import _output
from a2c_spec.commands.destroy import _confirm
from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change, Plan
from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody
from tests.conftest import Command


def test_destroy_needs_a_confirmation_and_leaves_nothing_behind(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("destroy", "one", "--local").code == 11
    assert a2c("destroy", "--all", "--local", "-y", "--files").code == 0
    assert not (two / "dist").exists()
    assert "nothing is recorded" in a2c("state", "list", "--local").out


def test_what_goes_is_counted_in_the_question() -> None:
    asked: list[str] = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return True

    reporter: Any = SimpleNamespace(confirm=confirm)
    calls = [Call("delete_job", str(number)) for number in range(3)]
    plan = Plan((Change("a", "delete", (), tuple(calls)), Change("b", "delete", (), (calls[0],), removes=("x",))))
    _confirm(plan, reporter, yes=False)
    _confirm(Plan((Change("a", "delete", ()),)), reporter, yes=False)
    assert asked == ["Delete 2 addresses (3 jobs on the service and 1 file here)?", "Delete 1 address?"]


@pytest.mark.parametrize(
    ("files", "told"), [((), "(3 jobs on the service)"), (("--files",), "(3 jobs on the service and 2 files here)")]
)
def test_the_question_counts_all_that_goes(
    two: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...], told: str
) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("apply", "two.yaml", "--local", "-y", "--replace", "one").code == 0
    asked: list[str] = []
    monkeypatch.setattr(_output, "ask", asked.append)
    assert a2c("destroy", "--all", "--local", *files).code == 11
    assert asked == [f"Delete 2 addresses {told}?"], "the bytes of the job that was replaced are here"


PAGES = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{id: i, path: a.pdf}]
conversions: [{id: png, category: image, target: png, options: {allow_multiple_outputs: true}}]
outputs: [{from: png, filename: x}]
"""


def pages(project: Path, count: int) -> None:
    pdf = pikepdf.new()
    for _ in range(count):
        pdf.add_blank_page(page_size=(20 + count, 20))
    pdf.save(project / "a.pdf")


def test_what_a_run_with_fewer_results_leaves_is_told_and_can_be_removed(project: Path, a2c: Command) -> None:
    (project / "one.yaml").write_text(PAGES)
    for count in (3, 2):
        pages(project, count)
        again = a2c("apply", "--local", "-y")
        assert again.code == 0
    assert again.err.count("dist/x-3.png stays here: a result of an earlier run") == 1
    assert sorted(path.name for path in (project / "dist").iterdir()) == ["x-2.png", "x-3.png", "x.png"]
    assert "stays here" not in a2c("apply", "--local").err, "it was said"
    assert a2c("destroy", "one", "--local").out.count("stays here") == 3
    gone = a2c("destroy", "one", "--local", "-y", "--files").out
    assert all(f"removes dist/x{end}.png" in gone for end in ("", "-2", "-3"))
    assert not (project / "dist").exists()


def test_what_a_run_left_and_the_user_changed_is_not_removed(project: Path, a2c: Command) -> None:
    (project / "one.yaml").write_text(PAGES)
    for count in (3, 2):
        pages(project, count)
        assert a2c("apply", "--local", "-y").code == 0
    (project / "dist/x-3.png").write_text("mine")
    (project / "dist/x-2.png").unlink()
    shown = a2c("destroy", "one", "--local", "-y", "--files")
    assert (shown.code, "requested by destroy; with 1 earlier job" in shown.out) == (0, True)
    assert "dist/x-3.png stays here: it has changed since a2c-spec wrote it" in shown.out
    assert "x-2.png" not in shown.out, "it was removed by hand"
    assert [path.name for path in (project / "dist").iterdir()] == ["x-3.png"]


JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{{id: i, path: a.txt}}]
conversions: [{{id: sha, category: hash, target: sha256}}{more}]
{extra}
"""
BAD = ", {id: bad, category: image, target: png}"
HELD = "job: {process: false}"


def written(project: Path, more: str = "", extra: str = "") -> None:
    (project / "one.yaml").write_text(JOB.format(more=more, extra=extra))


def fails_again(project: Path, a2c: Command) -> None:
    for _ in range(3):
        a2c("apply", "--no-cache")


def fails_then_mended(project: Path, a2c: Command) -> None:
    fails_again(project, a2c)
    written(project)
    assert a2c("apply", "--no-cache").code == 0


def held_and_replaced(project: Path, a2c: Command) -> None:
    written(project, extra=HELD)
    for _ in range(2):
        assert a2c("apply", "--no-cache", "--replace", "one").code == 0


def done_and_taken_from_the_cache(project: Path, a2c: Command) -> None:
    for text in ("first", "second", "first"):
        (project / "a.txt").write_text(text)
        written(project)
        assert a2c("apply", "-y").code == 0
        assert a2c("state", "mv", "one", "two").code == 0
        assert a2c("state", "mv", "two", "one").code == 0


def deleted_as_it_goes(project: Path, a2c: Command) -> None:
    for text in ("first", "second", "third"):
        (project / "a.txt").write_text(text)
        written(project, extra="lifecycle: {on_replace: delete}")
        assert a2c("apply", "--no-cache", "-y").code == 0
    assert a2c("state", "show", "one").out.count("  job          (none)") == 2


WAYS = (fails_again, fails_then_mended, held_and_replaced, done_and_taken_from_the_cache, deleted_as_it_goes)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_job_that_was_ever_made_for_an_address_stays_on_the_service(
    project: Path, a2c: Command, somebody: Somebody, way: Callable[[Path, Command], None]
) -> None:
    (project / "a.txt").write_text("first")
    written(project, BAD)
    way(project, a2c)
    there = somebody("GET", "/jobs")
    done = a2c("destroy", "one", "-y")
    assert (done.code, f"(DELETE {len(there)})" in done.out) == (0, True), "and nothing is asked for in vain"
    assert done.out.count("requested by destroy") == 1, "it is one address"
    assert not somebody("GET", "/jobs")
    assert a2c("state", "list").out.startswith("nothing is recorded for localhost")


def test_an_earlier_job_that_was_imported_is_another_address(project: Path, a2c: Command, somebody: Somebody) -> None:
    (project / "a.txt").write_text("first")
    written(project, BAD)
    fails_again(project, a2c)
    first = a2c("state", "show", "one").out
    earlier = next(line.split()[-1] for line in first.splitlines() if "earlier job" in line)
    assert a2c("import", earlier, "--name", "again").code == 0
    assert a2c("destroy", "one", "-y").code == 0
    assert [job["id"] for job in somebody("GET", "/jobs")] == [earlier]


def test_an_earlier_job_that_cannot_be_deleted_stays_recorded(
    project: Path, a2c: Command, somebody: Somebody, server: Background
) -> None:
    (project / "a.txt").write_text("first")
    held_and_replaced(project, a2c)
    earlier = next(line.split()[-1] for line in a2c("state", "show", "one").out.splitlines() if "earlier job" in line)
    fault = {"do": "status", "status": 409, "method": "DELETE", "path": f"/jobs/{earlier}"}
    httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=[fault]).raise_for_status()
    refused = a2c("destroy", "one", "-y")
    assert (refused.code, f"does not cancel it: one (job {earlier})" in refused.err) == (13, True)
    assert a2c("destroy", "one", "-y").code == 0
    assert not somebody("GET", "/jobs")


def test_a_job_of_two_addresses_is_fetched_by_both_and_stays_until_both_are_destroyed(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    """One conversion moves into a manifest of its own: what was paid for is not paid for again."""
    part = JOB.replace("name: one", "name: two").replace("{{id: sha, category: hash, target: sha256}}{more}", "{more}")
    md5 = "{id: md5, category: hash, target: md5}"
    (project / "a.txt").write_text("A")
    (project / "one.yaml").write_text(JOB.format(more=f", {md5}", extra=""))
    assert a2c("apply", "--no-cache").code == 0
    for file in (project / "dist").iterdir():
        file.unlink()
    (project / "one.yaml").write_text(JOB.format(more="", extra=""))
    (project / "two.yaml").write_text(part.format(more=md5, extra=""))
    fetched = a2c("apply", "--no-cache")
    assert (fetched.code, "taken over from one, which no longer asks for it" in fetched.out) == (0, True)
    assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0
    assert a2c("drift", "--detailed-exitcode").code == 0
    assert len(somebody("GET", "/jobs")) == 1
    assert a2c("destroy", "two", "-y").code == 0
    assert len(somebody("GET", "/jobs")) == 1
    assert a2c("destroy", "one", "-y").code == 0
    assert not somebody("GET", "/jobs")


@pytest.mark.parametrize("extra", ["", "moved: {from: one}"])
def test_under_another_name_earlier_jobs_are_still_known(
    project: Path, a2c: Command, somebody: Somebody, extra: str
) -> None:
    written(project)
    for text in ("first", "second"):
        (project / "a.txt").write_text(text)
        assert a2c("apply", "--no-cache", "-y").code == 0
    (project / "one.yaml").write_text(JOB.format(more="", extra=extra).replace("name: one", "name: two"))
    assert a2c("apply", "--no-cache").code == 0
    assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0
    assert a2c("destroy", "two", "-y").code == 0
    assert not somebody("GET", "/jobs")
