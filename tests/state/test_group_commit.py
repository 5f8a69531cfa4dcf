"""Many writers share one fsync; each is told only when its change is durable, and readers see it before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.errors import SpecError
from a2c_spec.state.group_commit import Changes, GroupCommit
from a2c_spec.state.sqlite import SqliteStore


@dataclass
class Disk:
    """Where groups are written; a test lets each write go on when it likes."""

    groups: list[dict[str, JobRecord | None]] = field(default_factory=list)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None

    def write(self, changes: Changes) -> None:
        group = dict(changes)
        assert self.may_go_on.wait(10)
        if self.failure:
            raise self.failure
        self.groups.append(group)


def record(number: int) -> JobRecord:
    return JobRecord(f"job-{number:02}", "here", job_id=str(number))


async def settle() -> None:
    """Lets every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_changes_that_come_while_a_group_is_written_are_the_next_group() -> None:
    disk = Disk()

    async def run() -> None:
        commits = GroupCommit(disk.write)
        first = asyncio.create_task(commits.change({"a": record(1)}))
        await settle()
        later = [asyncio.create_task(commits.change({name: record(2)})) for name in "bcd"]
        await settle()
        assert not any(task.done() for task in (first, *later)), "nothing is durable yet"
        assert set(commits.pending) == set("abcd")
        disk.may_go_on.set()
        await asyncio.gather(first, *later)
        assert not commits.pending
        commits.close()

    asyncio.run(run())
    assert [sorted(group) for group in disk.groups] == [["a"], ["b", "c", "d"]]


def test_the_newest_change_of_an_address_is_what_readers_see_and_what_is_written_last() -> None:
    disk = Disk()

    async def run() -> None:
        commits = GroupCommit(disk.write)
        tasks = [asyncio.create_task(commits.change({"a": record(1)}))]
        await settle()
        tasks += [asyncio.create_task(commits.change({"a": change})) for change in (record(2), None)]
        await settle()
        assert dict(commits.pending) == {"a": None}
        disk.may_go_on.set()
        await asyncio.gather(*tasks)
        commits.close()

    asyncio.run(run())
    assert disk.groups == [{"a": record(1)}, {"a": None}]


def test_a_write_that_fails_is_raised_to_its_own_writers_alone() -> None:
    disk = Disk(failure=SpecError("the disk is full"))

    async def run() -> None:
        commits = GroupCommit(disk.write)
        first = [asyncio.create_task(commits.change({name: record(1)})) for name in "ab"]
        await settle()
        disk.may_go_on.set()
        await asyncio.wait(first)
        assert [str(task.exception()) for task in first] == ["the disk is full"] * 2
        assert not commits.pending
        disk.failure = None
        await commits.change({"c": record(3)})
        commits.close()

    asyncio.run(run())
    assert disk.groups == [{"c": record(3)}]


def test_a_writer_that_stops_waiting_takes_nothing_from_the_others() -> None:
    disk = Disk()

    async def run() -> None:
        commits = GroupCommit(disk.write)
        one, other = (asyncio.create_task(commits.change({name: record(1)})) for name in "ab")
        await settle()
        one.cancel()
        await settle()
        disk.may_go_on.set()
        await other
        commits.close()

    asyncio.run(run())
    assert disk.groups == [{"a": record(1), "b": record(1)}]


def test_what_an_interrupt_left_waiting_is_written_when_the_store_is_closed() -> None:
    disk = Disk()

    async def run() -> None:
        commits = GroupCommit(disk.write)
        tasks = [asyncio.create_task(commits.change({"a": record(1)}))]
        await settle()
        tasks.append(asyncio.create_task(commits.change({"b": record(2)})))
        await settle()
        for task in tasks:
            task.cancel()
        disk.may_go_on.set()
        commits.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        ended = await asyncio.gather(*left, return_exceptions=True)
        assert not [error for error in ended if isinstance(error, Exception)], "nothing is written after that"

    asyncio.run(run())
    assert disk.groups == [{"a": record(1)}, {"b": record(2)}]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "state.db", "here")
    yield opened
    opened.close()


def test_records_put_together_share_writes_and_are_all_durable(store: SqliteStore) -> None:
    async def run() -> None:
        writers = [asyncio.create_task(store.put(record(number))) for number in range(50)]
        await asyncio.sleep(0)
        assert store.get("job-07") == record(7)
        assert store.addresses() == tuple(record(number).address for number in range(50))
        assert [found.job_id for found in store.scan()] == [str(number) for number in range(50)]
        await asyncio.gather(*writers)

    asyncio.run(run())
    other = SqliteStore(store.path, "here")
    assert [found.job_id for found in other.scan()] == [str(number) for number in range(50)]
    assert int(other.note("serial")) <= 2, "they shared writes"
    other.close()


def test_reads_see_what_is_on_its_way_in_the_place_of_what_is_durable(store: SqliteStore) -> None:
    file = SavedFile("dist/a.pdf", 3, "ab" * 32, "out-1", "pdf")

    async def run() -> None:
        await asyncio.gather(*(store.put(record(number)) for number in (1, 3, 5)))
        changes = [store.put(JobRecord("job-03", "here", files=(file,))), store.put(record(2))]
        changes += [store.put(without=("job-05",)), store.put(JobRecord("job-04", "here", landing=(file,)))]
        tasks = [asyncio.create_task(change) for change in changes]
        await asyncio.sleep(0)
        assert store.addresses() == ("job-01", "job-02", "job-03", "job-04")
        assert [found.address for found in store.scan()] == ["job-01", "job-02", "job-03", "job-04"]
        assert [found.address for found in store.interrupted()] == ["job-04"]
        assert (store.get("job-05"), store.get("job-02")) == (None, record(2))
        owned = [(one.address, one.sha256) for one in store.files_at("dist/a.pdf")]
        assert owned == [("job-03", file.sha256), ("job-04", file.sha256)]
        await asyncio.gather(*tasks)

    asyncio.run(run())
    assert store.addresses() == ("job-01", "job-02", "job-03", "job-04")


def test_the_realm_of_a_record_is_that_of_its_store_at_once(store: SqliteStore) -> None:
    async def run() -> None:
        task = asyncio.create_task(store.put(JobRecord("a", "")))
        await asyncio.sleep(0)
        found = store.get("a")
        assert found is not None
        assert found.realm == "here"
        await task

    asyncio.run(run())
