"""The record of what was spent: durable before anything is sent, shared by all environments, of one day and realm."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.errors import IntegrityError, SpecError
from a2c_spec.state.ledger import open_ledger
from a2c_spec.state.spending import OPEN, SETTLE_LAST, Entry, Spending

DAY, NEXT = "2026-01-31", "2026-02-01"


@pytest.fixture
def spending(tmp_path: Path) -> Iterator[Spending]:
    opened = Spending(tmp_path / "new/spending.db", "api")
    yield opened
    opened.close()


def reserve(spending: Spending, amount: int = 1, most: int | None = None, run: str = "a", day: str = DAY) -> int:
    return asyncio.run(spending.reserve(Entry("", run, day, amount, most)))


def spent(path: Path, realm: str = "api", day: str = DAY) -> int:
    other = Spending(path, realm)
    found = other.spent(day)
    other.close()
    return found


def test_nothing_is_spent_and_nothing_made_where_nobody_spends(spending: Spending) -> None:
    assert spending.spent(DAY) == 0
    spending.settle_last("", "a", 5)
    assert not spending.path.exists()


def test_a_day_costs_no_more_than_it_may(spending: Spending) -> None:
    assert [bool(reserve(spending, 2, most=5)) for _ in range(3)] == [True, True, False]
    assert reserve(spending, 1, most=5)
    assert not reserve(spending, 1, most=5)
    assert spending.spent(DAY) == 5
    assert reserve(spending, 100), "without a bound everything is written down all the same"


@pytest.mark.parametrize(
    ("statement", "values"), [(SETTLE_LAST, (1, "api", "", "a", "j", "j")), (OPEN, ("api", "", "a", DAY))]
)
def test_what_is_set_aside_for_one_job_is_found_without_reading_all(
    spending: Spending, statement: str, values: tuple[object, ...]
) -> None:
    reserve(spending)
    with contextlib.closing(open_ledger(spending.path, None)) as db:
        steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert not [step for step in steps if step.startswith("SCAN")], steps


def test_days_and_services_are_apart_and_a_clock_that_goes_back_gives_nothing_away(spending: Spending) -> None:
    reserve(spending, 3, day=NEXT)
    assert (spending.spent(NEXT), spending.spent(DAY), spending.spent("2026-02-02")) == (3, 3, 0)
    assert spent(spending.path, "local", NEXT) == 0


def test_the_true_cost_takes_the_place_of_the_estimate(spending: Spending) -> None:
    first, second = reserve(spending, 2), reserve(spending, 2)
    spending.settle(first, 7)
    spending.settle_last("", "a", 1)
    spending.settle_last("", "a", 100)
    spending.settle_last("staging", "a", 100)
    spending.close()
    assert (first, second) == (1, 2)
    assert spent(spending.path) == 8


def test_what_is_open_is_told_of_the_last_start(spending: Spending) -> None:
    assert spending.open_amount("", "a", DAY) == 0
    reserve(spending, 2)
    last = reserve(spending, 3)
    assert [spending.open_amount(env, "a", day) for env, day in (("", DAY), ("e", DAY), ("", NEXT))] == [3, 0, 0]
    spending.settle(last, 9)
    spending.settle_last("", "a", 0)
    spending.close()
    assert spent(spending.path) == 9


def test_those_that_ask_at_once_do_not_spend_more_together(tmp_path: Path) -> None:
    async def race() -> list[int]:
        stores = [Spending(tmp_path / "s.db", "api") for _ in range(3)]
        found = await asyncio.gather(*(one.reserve(Entry("", "a", DAY, 1, 10)) for one in stores * 20))
        for store in stores:
            store.close()
        return found

    found = asyncio.run(race())
    assert (sum(map(bool, found)), spent(tmp_path / "s.db")) == (10, 10)


def test_whoever_stops_waiting_has_spent_nothing(tmp_path: Path) -> None:
    async def impatient() -> None:
        store = Spending(tmp_path / "s.db", "api")
        waiting = asyncio.create_task(store.reserve(Entry("", "a", DAY, 5)))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await store.reserve(Entry("", "b", DAY, 1))
        store.close()

    asyncio.run(impatient())
    assert spent(tmp_path / "s.db") == 1


def test_nothing_is_spent_for_whoever_stopped_waiting_when_the_file_was_closed(tmp_path: Path) -> None:
    async def interrupted() -> list[Any]:
        store = Spending(tmp_path / "s.db", "api")
        await store.reserve(Entry("", "b", DAY, 1))
        waiting = asyncio.create_task(store.reserve(Entry("", "a", DAY, 5)))
        for _ in range(2):
            await asyncio.sleep(0)  # it is being written
        waiting.cancel()
        store.close()
        writing = asyncio.all_tasks() - {asyncio.current_task()}
        found: list[Any] = await asyncio.gather(*writing, return_exceptions=True)
        return found

    errors = [one for one in asyncio.run(interrupted()) if isinstance(one, Exception)]
    assert (errors, spent(tmp_path / "s.db")) == ([], 1)


KILLED = """
import asyncio, os, sys
from pathlib import Path
from a2c_spec.state.spending import Entry, Spending
asyncio.run(Spending(Path(sys.argv[1]), "api").reserve(Entry("", "a", "2026-01-31", 4)))
os.kill(os.getpid(), 9)
"""


def test_what_was_set_aside_counts_after_a_kill(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "s.db")], check=False)
    assert spent(tmp_path / "s.db") == 4


KILLED_WRITING = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE paid SET credits = 9")
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_had_begun_to_write_is_taken_back_by_the_next_one(tmp_path: Path) -> None:
    for program in (KILLED, KILLED_WRITING):
        subprocess.run([sys.executable, "-c", program, str(tmp_path / "s.db")], check=False)
    assert (tmp_path / "s.db-journal").exists()
    Spending(tmp_path / "s.db", "api").close()
    assert not (tmp_path / "s.db-journal").exists()
    assert spent(tmp_path / "s.db") == 4


def test_a_damaged_record_stops_before_paying_and_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"no database, but long enough to look at" * 30)
    before = (tmp_path / "s.db").read_bytes()
    store = Spending(tmp_path / "s.db", "api")
    with pytest.raises(IntegrityError, match="the record of what was spent"):
        store.spent(DAY)
    with pytest.raises(IntegrityError):
        reserve(store)
    store.close()
    assert (tmp_path / "s.db").read_bytes() == before


def test_a_place_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Spending(tmp_path / "file/s.db", "api")
    with pytest.raises(SpecError, match="cannot use"):
        reserve(store)
    store.close()


def test_only_its_owner_reads_it_and_old_days_go(spending: Spending) -> None:
    for number in range(120):
        reserve(spending, day=f"2026-{number // 28 + 1:02}-{number % 28 + 1:02}")
    spending.close()
    assert os.stat(spending.path).st_mode & 0o077 == 0  # noqa: PTH116 - its mode
    assert (spending.path.parent / ".gitignore").read_text() == "*\n"
    open_ledger(spending.path, None).close()
    assert spent(spending.path, day="2026-01-01") == 100
    with sqlite3.connect(spending.path) as db:
        assert db.execute("SELECT count(*) FROM paid").fetchone() == (100,)


PLANT = "INSERT INTO paid (realm, env, run, day, credits, open) VALUES ('api', '', 'b', ?, ?, 1)"


@pytest.mark.parametrize("planted", [-1000, -(2**63), "x", b"x", -1e300], ids=repr)
def test_no_entry_gives_anything_back_whoever_wrote_it(spending: Spending, planted: Any) -> None:
    assert reserve(spending, 4, most=5)
    with contextlib.closing(sqlite3.connect(spending.path)) as db, db:
        db.execute(PLANT, (DAY, planted))
    assert spending.spent(DAY) == 4
    assert spending.open_amount("", "b", DAY) == 0
    assert not reserve(spending, 2, most=5)


def test_entries_that_cannot_be_added_up_are_an_error_in_words(spending: Spending) -> None:
    assert reserve(spending)
    with contextlib.closing(sqlite3.connect(spending.path)) as db, db:
        for _ in range(2):
            db.execute(PLANT, (DAY, 9e999))
    with pytest.raises(SpecError, match="record of what was spent"):
        spending.spent(DAY)
