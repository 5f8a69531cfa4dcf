"""Old files of one address that lie in the records of several of its runs, one of which goes on: a plan names each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import in_dist
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: j
{extra}
inputs: [{{id: i, path: src/cover.png}}]
conversions:
  - {{id: c, category: image, target: jpg, options: {{quality: {quality}}}}}
  - {{id: d, category: image, target: webp, options: {{width: {width}}}}}
  - {{id: e, category: image, target: png}}
outputs:
  - {{from: c, filename: {name}, save: dist/}}
  - {{from: d, filename: {name}, save: dist/}}
  - {{from: e, filename: e, save: dist/}}
"""
REMOVE, KEEP = "lifecycle: {on_rename: remove}", "lifecycle: {on_rename: keep}"
NEW = ["e.png", "new.jpg", "new.webp"]


def job(project: Path, extra: str, quality: int = 50, width: int = 8, name: str = "old") -> None:
    (project / "j.yaml").write_text(JOB.format(extra=extra, quality=quality, width=width, name=name))


@pytest.fixture
def apart(project: Path, server: Background, a2c: Command, request: pytest.FixtureRequest) -> Path:
    """c lies in a job of its own, d and e in the first one; c and d are to be made anew under other names."""
    job(project, request.param)
    assert a2c("apply", "--no-cache").code == 0
    job(project, request.param, quality=60)
    assert a2c("apply", "--no-cache", "-y").code == 0
    job(project, request.param, quality=70, width=9, name="new")
    assert server
    return project


@pytest.mark.parametrize("apart", [REMOVE], indirect=True)
@pytest.mark.parametrize("detached", [False, True])
def test_each_old_file_is_named_and_removed_at_once(apart: Path, a2c: Command, detached: bool) -> None:
    told = a2c("plan", "--no-cache").out
    assert all(f"dist/old.{end} is removed" in told for end in ("jpg", "webp")), told
    changes = json.loads(a2c("plan", "--no-cache", "--json").out)["changes"]
    assert sorted(path for one in changes for path in one["removes"]) == ["dist/old.jpg", "dist/old.webp"]
    refused = a2c("apply", "--no-cache")
    assert (refused.code, "2 files would be removed (j)" in refused.err) == (11, True), refused.err
    if detached:
        assert a2c("apply", "-y", "--no-cache", "--detach").code == 0
        assert sorted(in_dist(apart)) == ["e.png", "old.jpg", "old.webp"]
    assert a2c("apply", "-y", "--no-cache").code == 0
    assert in_dist(apart) == NEW
    assert "Nothing to do" in a2c("apply", "--no-cache").out


@pytest.mark.parametrize("apart", [KEEP], indirect=True)
def test_each_old_file_that_stays_is_named(apart: Path, a2c: Command) -> None:
    told = a2c("plan", "--no-cache").out
    assert all(f"dist/old.{end} stays here" in told for end in ("jpg", "webp")), told
    assert a2c("apply", "-y", "--no-cache").code == 0
    assert in_dist(apart) == [*NEW, "old.jpg", "old.webp"]
    assert "Nothing to do" in a2c("apply", "--no-cache").out


@pytest.mark.parametrize("apart", [REMOVE, KEEP], indirect=True)
def test_one_that_was_changed_stays_and_is_named_and_one_that_is_missing_is_not(apart: Path, a2c: Command) -> None:
    (apart / "dist" / "old.webp").write_text("mine")
    (apart / "dist" / "old.jpg").unlink()
    told = a2c("plan", "--no-cache").out
    assert "dist/old.webp stays here: it has changed since a2c-spec wrote it" in told, told
    assert (told.count("old.webp"), told.count("old.jpg")) == (1, 0), told
    assert a2c("apply", "-y", "--no-cache").code == 0
    assert in_dist(apart) == [*NEW, "old.webp"]
    assert "Nothing to do" in a2c("apply", "--no-cache").out


@pytest.mark.parametrize("apart", [REMOVE, KEEP], indirect=True)
@pytest.mark.parametrize("way", ["cached", "taken over"])
def test_so_it_is_where_nothing_is_run_for_the_new_ones(
    apart: Path, a2c: Command, way: str, request: pytest.FixtureRequest
) -> None:
    extra = request.node.callspec.params["apart"]
    text = (apart / "j.yaml").read_text().replace("name: j", "name: k").replace("dist/", "other/")
    (apart / "k.yaml").write_text(text)
    assert a2c("apply", "k.yaml", "-y").code == 0
    if way == "taken over":
        (apart / "k.yaml").unlink()
    told = a2c("plan").out
    assert way in told.replace("results cache", "cached"), told
    words = "is removed" if extra == REMOVE else "stays here"
    assert all(f"dist/old.{end} {words}" in told for end in ("jpg", "webp")), told
    assert a2c("apply", "-y").code == 0
    assert in_dist(apart) == (NEW if extra == REMOVE else [*NEW, "old.jpg", "old.webp"])
    assert "Nothing to do" in a2c("apply").out
