"""The files of what was spent: whichever knows an entry, it counts, and it counts once."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from a2c_spec.errors import SpecError
from a2c_spec.state.spending import Entry, Spending

DAY = "2026-01-31"
OLD = """
CREATE TABLE paid (
  id INTEGER PRIMARY KEY, realm TEXT NOT NULL, env TEXT NOT NULL, run TEXT NOT NULL, day TEXT NOT NULL,
  credits INTEGER NOT NULL, open INTEGER NOT NULL
);
INSERT INTO paid (realm, env, run, day, credits, open) VALUES ('api', '', 'a', '2026-01-31', 4, 0);
"""
"""A file of an earlier version, which said of no entry which it is."""


def pay(path: Path, beside: Path | None, amount: int, run: str = "a", then: Callable[..., None] | None = None) -> None:
    async def work() -> None:
        number = await spending.reserve(Entry("", run, DAY, amount))
        if then:
            then(spending, number)

    spending = Spending(path, "api", beside)
    asyncio.run(work())
    spending.close()


def spent(path: Path, beside: Path | None = None) -> int:
    with closing(Spending(path, "api", beside)) as spending:
        return spending.spent(DAY)


def old(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(OLD)


def test_what_each_state_of_a_project_spent_counts_for_all(tmp_path: Path) -> None:
    whole, one, other = (tmp_path / name / "spending.db" for name in ("whole", "one", "other"))
    pay(whole, one, 1)
    pay(whole, other, 2)
    pay(whole, whole, 4)
    assert [spent(whole), spent(whole, one), spent(whole, other), spent(whole, whole)] == [7] * 4
    with closing(sqlite3.connect(other)) as db:
        assert db.execute("SELECT sum(credits) FROM paid").fetchone() == (3,)


def test_what_goes_with_a_state_counts_in_another_checkout(tmp_path: Path) -> None:
    here, there, shared = (tmp_path / name / "spending.db" for name in ("here", "there", "state"))
    pay(here, shared, 1)
    pay(there, shared, 2)
    assert [spent(here, shared), spent(there, shared)] == [3, 3]
    shared.unlink()
    assert [spent(here), spent(there)] == [1, 3]
    pay(here, shared, 1, "b")
    assert spent(there, shared) == 4


def test_the_true_cost_is_told_to_both(tmp_path: Path) -> None:
    here, there, shared = (tmp_path / name / "spending.db" for name in ("here", "there", "state"))

    def filed(spending: Spending, number: int) -> None:
        spending.file_under(number, "job")

    pay(here, shared, 1, then=filed)
    with closing(Spending(there, "api", shared)) as other:
        other.settle_last("", "renamed", 5, "job")
    assert [spent(here, shared), spent(there), spent(shared)] == [5, 5, 5]
    pay(here, shared, 1, then=lambda spending, number: spending.settle(number, 3))
    assert [spent(here), spent(shared)] == [8, 8]


@pytest.mark.parametrize("where", ["whole", "state"])
def test_a_file_of_an_earlier_version_goes_on_counting(tmp_path: Path, where: str) -> None:
    whole, beside = tmp_path / "whole/spending.db", tmp_path / "state/spending.db"
    old(tmp_path / where / "spending.db")
    assert [spent(whole, beside) for _ in "ab"] == [4, 4]
    pay(whole, beside, 1)
    pay(whole, beside, 1)
    assert [spent(whole, beside), spent(whole), spent(beside)] == [6, 6, 6]


def test_equal_entries_of_two_earlier_files_are_two_payments_and_a_copy_is_none(tmp_path: Path) -> None:
    whole, beside = tmp_path / "whole/spending.db", tmp_path / "state/spending.db"
    old(whole)
    old(beside)
    pay(whole, beside, 1)
    assert spent(whole, beside) == 9
    shutil.copyfile(whole, beside)
    pay(whole, beside, 1)
    assert spent(whole, beside) == 10


def test_one_file_of_two_names_is_one(tmp_path: Path) -> None:
    whole = tmp_path / "a/spending.db"
    (tmp_path / "a/b").mkdir(parents=True)
    pay(whole, tmp_path / "a/b/../spending.db", 2)
    assert spent(whole, tmp_path / "a/b/../spending.db") == 2


def test_where_the_file_of_the_project_cannot_be_written_nothing_is_set_aside(tmp_path: Path) -> None:
    whole, beside = tmp_path / "file/spending.db", tmp_path / "state/spending.db"
    pay(tmp_path / "whole/spending.db", beside, 2)
    (tmp_path / "file").write_text("")
    with pytest.raises(SpecError, match=r"cannot use .*file/spending.db, the record of what was spent"):
        pay(whole, beside, 1)
    assert spent(whole, beside) == 2


@pytest.mark.parametrize("place", ["whole", "beside"])
def test_a_folder_in_its_place_is_not_taken_for_nothing_spent(place: str, tmp_path: Path) -> None:
    whole, beside = tmp_path / "whole/spending.db", tmp_path / "beside/spending.db"
    (tmp_path / place / "spending.db").mkdir(parents=True)
    with pytest.raises(SpecError, match=r"the record of what was spent: .* is not a file"):
        spent(whole, beside)
