"""``outputs.json``: where it is written, what stands in it, and that it appears whole or not at all."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.plan import Change
from a2c_spec.engine.outputs_file import write_outputs
from a2c_spec.errors import SpecError
from tests.engine.projects import job, record, session_in

CHANGES = [Change("b", "create", ()), Change("unknown", "forget", ()), Change("a", "no-op", ())]


def written(root: Path, **flags: Any) -> None:
    with session_in(root, **flags) as session:
        for name in "ab":
            asyncio.run(session.store.put(record(job(name))))
        write_outputs(session.project, session.store, CHANGES)


def rows(path: Path) -> list[tuple[str, str]]:
    return [(row["address"], row["action"]) for row in json.loads(path.read_text())["jobs"]]


def test_it_stands_in_our_folder_unless_another_place_is_named(tmp_path: Path) -> None:
    written(tmp_path)
    assert rows(tmp_path / ".a2c/outputs.json") == [("b", "create"), ("a", "no-op")]


def test_another_place_counts_from_the_current_folder_and_nothing_else_is_written(tmp_path: Path) -> None:
    written(tmp_path, outputs="out.json")
    assert rows(tmp_path / "out.json") == [("b", "create"), ("a", "no-op")]
    assert not (tmp_path / ".a2c/outputs.json").exists()


def test_a_place_that_cannot_be_written_is_an_error_that_says_what_is_safe(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="No such file") as error:
        written(tmp_path, outputs="missing/out.json")
    assert error.value.hint == "everything else is done and recorded"


def test_what_is_not_part_of_an_apply_is_told_all_the_same_and_what_nobody_asks_for_is_not(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        for name in "abc":
            asyncio.run(session.store.put(record(job(name), gone_since=float(name == "c"))))
        write_outputs(session.project, session.store, [Change("b", "re-run", ()), Change("c", "forget", ())])
    assert rows(tmp_path / ".a2c/outputs.json") == [("b", "re-run"), ("a", "no-op")]


def test_a_file_that_says_the_same_is_left_alone(tmp_path: Path) -> None:
    written(tmp_path)
    file = tmp_path / ".a2c/outputs.json"
    before = file.stat().st_ino
    written(tmp_path)
    assert file.stat().st_ino == before
    file.write_text("{}")
    written(tmp_path)
    assert len(rows(file)) == 2


def test_no_draft_is_left(tmp_path: Path) -> None:
    (tmp_path / "out.json").mkdir()
    with pytest.raises(SpecError, match=r"cannot write .*out\.json"):
        written(tmp_path, outputs="out.json")
    written(tmp_path, outputs="good.json")
    assert not list(tmp_path.glob(".*draft"))


@pytest.mark.parametrize("there", [True, False])
def test_it_is_not_written_through_a_link_that_takes_the_place_of_our_folder_meanwhile(
    tmp_path: Path, there: bool
) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    if there:
        (outside / "outputs.json").write_text("mine")
    before = {file: file.read_text() for file in outside.iterdir()}
    with session_in(root) as session:
        (root / ".a2c").rename(root / "away")
        (root / ".a2c").symlink_to(outside)
        with pytest.raises(SpecError, match="another folder, or a link, was put in the place of its folder") as error:
            write_outputs(session.project, session.store, CHANGES)
    assert error.value.hint == "everything else is done and recorded"
    assert {file: file.read_text() for file in outside.iterdir()} == before
