"""What an apply came to, counted as it goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.core.tally import FILES_SHOWN, Tally

START = Change("a", "create", (), (Call("create_job", starts=True),))
RENAME = Change("a", "rename", ())


def files(count: int) -> tuple[SavedFile, ...]:
    return tuple(SavedFile(f"dist/{n}", 10, "ab", f"o{n}", "webp") for n in range(count))


def test_files_that_stay_on_the_service_do_not_count() -> None:
    tally = Tally(1)
    tally.ended(START, None, JobRecord("a", "x", "done", files=(*files(2), SavedFile("", 99, "", "o", "webp"))))
    assert (tally.files, tally.size, tally.first) == (2, 20, [("dist/0", 10), ("dist/1", 10)])


def test_only_files_that_were_written_now_count() -> None:
    one, two, three = files(3)
    before = JobRecord("a", "x", "completed", files=(one, two, replace(three, path="")))
    moved, back = replace(one, path="dist/new"), replace(two, wanted=two.path)
    tally = Tally(1)
    tally.ended(replace(START, action="wait"), before, replace(before, phase="done", files=(one, two, three)))
    assert tally.first == [("dist/2", 10)]
    tally.ended(replace(RENAME, downloads=("dist/1",)), before, replace(before, files=(moved, back)))
    assert tally.first[1:] == [("dist/new", 10), ("dist/1", 10)]
    tally.ended(replace(RENAME, action="adopt"), before, replace(before, address="b"))
    assert tally.files == 3


def test_only_the_first_files_are_remembered() -> None:
    tally = Tally(3)
    for _ in range(3):
        tally.ended(START, None, JobRecord("a", "x", "done", files=files(FILES_SHOWN - 5)))
    assert len(tally.first) == FILES_SHOWN
    assert tally.files == 3 * (FILES_SHOWN - 5)


def test_jobs_that_are_built_and_not_run_are_held() -> None:
    tally = Tally(2)
    tally.ended(RENAME, None, JobRecord("a", "x", "building"))
    tally.ended(RENAME, None, None)
    assert tally.held == 1


def test_what_runs_already_was_not_started() -> None:
    tally, runs = Tally(2), JobRecord("a", "x", "started")
    tally.ended(replace(RENAME, address="a", action="wait"), runs, runs)
    tally.ended(
        replace(RENAME, address="b", calls=(Call("create_job", starts=True),)), None, replace(runs, address="b")
    )
    assert (tally.started, tally.begun) == ({"a", "b"}, {"b"})


def test_addresses_are_counted_whatever_number_of_runs_each_has() -> None:
    tally = Tally(0, changes=Counter({"a": 2, "b": 2, "c": 1, "d": 0}))
    for key in ("a", "a#2", "b"):
        tally.ended(Change(key, "adopt", ()), None, None)
    tally.count({"b"})
    assert (tally.busy, tally.applied, tally.unstarted) == (3, 1, 1)


def test_results_that_lack_an_input_are_counted_and_the_first_are_told() -> None:
    made = SavedFile("dist/z", 1, "ab", "o", "z", inputs=("i",))
    basis = {"order": ["i", "r"], "conversions": {"z": {}}}
    record = JobRecord("x#2", "x", "done", warnings=("input r: gone",), basis=basis, files=(made,))
    tally = Tally(30)
    for _ in range(FILES_SHOWN + 1):
        tally.ended(replace(START, address="x#2"), None, record)
    assert (tally.incomplete, len(tally.told_incomplete)) == (FILES_SHOWN + 1, FILES_SHOWN)
    assert tally.told_incomplete[0].startswith("x: partial: z was made without r, until --replace runs it again")
