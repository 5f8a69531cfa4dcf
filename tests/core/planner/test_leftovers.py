"""Files of earlier runs: which are to be removed, and what a plan says of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Action, Change
from a2c_spec.core.planner import left_files, with_removals
from a2c_spec.core.state import JobRecord, SavedFile

OLD = SavedFile("dist/old.jpg", 1, "00", "1", "jpg")
ASIDE = replace(OLD, path="dist/aside.png", conversion="png", aside=True)
NOWHERE = replace(OLD, path="")
RECORD = JobRecord("a", "r", "done", leftover=(OLD, ASIDE, NOWHERE))


@pytest.mark.parametrize(
    ("asked", "every", "found"),
    [(["jpg"], False, [OLD]), (["jpg", "png"], False, [OLD, ASIDE]), (["jpg"], True, [OLD, ASIDE])],
)
def test_what_no_conversion_of_the_manifest_makes_is_no_renamed_file(
    asked: list[str], every: bool, found: list[SavedFile]
) -> None:
    assert left_files(RECORD, asked, every=every) == found


SAID: list[tuple[Action, tuple[str, ...], Action, tuple[str, ...]]] = [
    ("no-op", ("unchanged, 1 file verified",), "delete", ("x is removed",)),
    ("forget", ("conversion png is no longer in the manifest", "x stays here"), "delete",
     ("conversion png is no longer in the manifest", "x is removed")),
    ("re-run", ("changed", "x stays here"), "re-run", ("changed", "x is removed")),
    ("delete", ("1 job that it replaced is deleted",), "delete",
     ("1 job that it replaced is deleted", "x is removed")),
]  # fmt: skip


@pytest.mark.parametrize(("action", "before", "after", "told"), SAID, ids=[row[0] for row in SAID])
def test_every_file_that_goes_is_told(
    action: Action, before: tuple[str, ...], after: Action, told: tuple[str, ...]
) -> None:
    change = with_removals(Change("a", action, before), ["x"], ())
    assert (change.action, change.reasons, change.removes) == (after, told, ("x",))


@pytest.mark.parametrize("end", ["", ", unless a new result has its name"])
def test_what_is_not_ours_any_more_is_neither_removed_nor_told_to_be(end: str) -> None:
    planned = Change("a", "re-run", ("changed", f"x is removed{end}", "y is removed"), removes=("x", "y"))
    change = with_removals(planned, (), {"x"})
    assert (change.reasons, change.removes) == (("changed", "y is removed"), ("y",))


def test_a_change_of_which_nothing_is_left_does_nothing() -> None:
    planned = Change("a", "delete", ("x is removed",), removes=("x",))
    assert with_removals(planned, (), {"x"}).action == "no-op"
    deleting = replace(planned, calls=(Call("delete_job", "1"),))
    assert (with_removals(deleting, (), {"x"}).action, with_removals(planned, (), {"y"})) == ("delete", planned)
