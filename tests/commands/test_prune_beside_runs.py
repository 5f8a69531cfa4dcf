"""``--prune`` beside runs of the same address: plan, JSON, question and what is done name the same files and jobs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody, in_dist
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: i, path: {source}}}]
conversions:
  - {{id: l, category: hash, target: sha1, options: {{allow_multiple_outputs_threshold: {l}}}}}
  - {{id: m, category: hash, target: md5, options: {{allow_multiple_outputs_threshold: {m}}}}}
outputs: [{{from: l, {file}save: dist/}}, {{from: m, filename: {other}, save: dist/}}]
"""
USUAL: dict[str, Any] = {
    "name": "a", "source": "a.txt", "l": 2, "m": 2, "file": "filename: x, ", "other": "x"
}  # fmt: skip


def job(project: Path, **more: Any) -> None:
    """A job of two conversions; ``more``: what is not as usual."""
    given = USUAL | more
    (project / f"{given['name']}.yaml").write_text(JOB.format(**given))


@pytest.fixture
def apart(project: Path, server: Background, a2c: Command) -> Path:
    """Results of one address that come from two runs, as one conversion was edited since."""
    for name in "ab":
        (project / f"{name}.txt").write_text(name)
    job(project)
    assert a2c("apply", "--no-cache").code == 0
    job(project, l=3)
    assert a2c("apply", "-y", "--no-cache").code == 0
    assert (server is not None, in_dist(project)) == (True, ["x.md5", "x.sha1"])
    return project


@dataclass(frozen=True)
class Edit:
    """What is edited, what else is asked for, and which files go."""

    job: dict[str, Any]
    args: tuple[str, ...] = ()
    other: dict[str, Any] | None = None
    text: str = ""
    removed: tuple[str, ...] = ()


EDITS = {
    "replace": Edit({"l": 3}, ("--replace", "a")),
    "replace one": Edit({"l": 3}, ("--replace", "a.m")),
    "input": Edit({"l": 3}, text="c"),
    "both options": Edit({"l": 4, "m": 4}),
    "back to the first run": Edit({}),
    "both renamed": Edit({"l": 4, "m": 4, "file": "filename: y, "}, removed=("dist/x.sha1",)),
    "moved and run": Edit({"l": 3, "m": 4, "file": "filename: y, "}),
    "names change": Edit(
        {"l": 4, "m": 4, "file": "filename: z, ", "other": "y"}, removed=("dist/x.md5", "dist/x.sha1")
    ),
    "another address": Edit({"name": "b", "l": 4, "m": 4, "source": "b.txt"}),
}


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_is_said_to_go_goes_and_nothing_else(
    apart: Path, a2c: Command, somebody: Somebody, edit: Edit, saved: bool
) -> None:
    if edit.job.get("name"):
        (apart / "a.yaml").unlink()
    job(apart, **edit.job)
    if edit.text:
        (apart / "a.txt").write_text(edit.text)
    args = ["--prune", "--no-cache", *edit.args]
    changes = json.loads(a2c("plan", *args, "--json").out)["changes"]
    removed = [path for change in changes for path in change["removes"]]
    deleted = {call["path"] for change in changes for call in change["calls"] if call["method"] == "DELETE"}
    deleted = {path.removeprefix("/jobs/") for path in deleted}
    assert sorted(removed) == sorted(edit.removed)
    assert not {*removed} & {path for change in changes for path in (*change["writes"], *change["replaces"])}
    told = a2c("plan", *args).out
    assert len(re.findall(r"removes dist/|dist/\S+ is removed", told)) == len(removed), told
    before = {f"dist/{name}" for name in in_dist(apart)} - {move["from"] for one in changes for move in one["moves"]}
    if saved:
        assert a2c("plan", *args, "-o", "x.a2cplan.json").code == 0
        args = ["x.a2cplan.json"]
    asked = a2c("apply", *args).err
    assert (re.findall(r"(\d+) files? .*?would be removed", asked) or ["0"]) == [str(len(removed))], asked
    jobs = {row["id"] for row in somebody("GET", "/jobs")}
    done = a2c("apply", *args, "-y")
    assert (done.code, sorted(before - {f"dist/{name}" for name in in_dist(apart)})) == (0, sorted(removed)), done.err
    assert jobs - {row["id"] for row in somebody("GET", "/jobs") or ()} == deleted
    assert a2c("verify").code == 0
    again = a2c("plan", "--prune", "--no-cache", "--detailed-exitcode")
    assert again.code == 0, again.out


LATE = "filename: '${{ output.filename }}', "


@pytest.mark.parametrize("before", ["filename: x, ", LATE])
def test_a_file_whose_name_a_new_result_may_get_is_removed_unless_it_does(
    apart: Path, a2c: Command, before: str
) -> None:
    for number in (5, 3):
        job(apart, l=number, file=before)
        assert a2c("apply", "-y", "--no-cache", "--prune").code == 0
    (old,) = [name for name in in_dist(apart) if name.endswith("sha1")]
    job(apart, l=4, m=4, file=LATE)
    told = a2c("plan", "--prune", "--no-cache").out
    assert f"dist/{old} is removed, unless a new result has its name" in told, told
    assert f"removes dist/{old}" not in told, told
    assert a2c("apply", "--prune", "-y", "--no-cache").code == 0
    assert in_dist(apart) == ["a.sha1", "x.md5"]
    assert a2c("plan", "--prune", "--no-cache", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_nothing_is_said_to_go_beside_a_change_that_is_refused(apart: Path, a2c: Command, command: str) -> None:
    (apart / "a.yaml").unlink()
    job(apart, name="b", source="b.txt", other="theirs")
    (apart / "dist" / "theirs.md5").write_text("not ours")
    told = a2c(command, "--prune", "--no-cache", *(["-y"] if command == "apply" else ["--json"])).out
    assert "not pruned: not all else can be done (b is refused)" in told, told
    if command == "plan":
        changes = json.loads(told)["changes"]
        assert [one for one in changes if one["address"] == "a" and (one["removes"] or one["calls"])] == []
    assert {"x.md5", "x.sha1"} <= {*in_dist(apart)}
