"""Records that belong together are written together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from a2c_spec.api.recorder import Recorder
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.state.sqlite import SqliteStore

FILE = SavedFile("dist/a", 1, "aa", "o-a", "a")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "state.db", "x")
    yield opened
    opened.close()


def told(store: SqliteStore, key: str) -> JobRecord:
    record = store.get(key)
    assert record is not None
    return record


def test_a_record_is_stamped_and_each_write_is_told_before_and_after(store: SqliteStore) -> None:
    seen: list[str] = []
    saved = asyncio.run(Recorder(store, lambda: 7.0, seen.append).save(JobRecord("job", "x", "started")))
    assert (saved.updated_at, told(store, "job").updated_at) == (7.0, 7.0)
    assert seen == ["record started", "recorded started"]


def test_a_file_that_is_about_to_land_is_no_other_runs_any_more(store: SqliteStore) -> None:
    recorder = Recorder(store, lambda: 7.0)

    async def land() -> None:
        await store.put(JobRecord("job", "x", "done", files=(FILE,)), JobRecord("job#2", "x", "completed"))
        await recorder.save_landing("job#2", SavedFile("dist/a", 2, "new", "o-2", "a"))

    asyncio.run(land())
    giver, taker = told(store, "job"), told(store, "job#2")
    assert [file.path for file in giver.files] == [""]
    assert ([file.sha256 for file in taker.landing], taker.leftover) == (["new"], (FILE,))


def test_what_another_run_wrote_since_is_not_claimed_back_by_a_record_that_was_read_before(store: SqliteStore) -> None:
    recorder, new = Recorder(store, lambda: 7.0), SavedFile("dist/a", 2, "new", "o-2", "b")
    before = JobRecord("job", "x", "started", leftover=(FILE,), files=(SavedFile("dist/b", 1, "bb", "o-b", "b"),))

    async def land() -> None:
        await store.put(before, JobRecord("other", "x", "completed"))
        await recorder.save_landing("other", new)
        await recorder.save(JobRecord("other", "x", "done", files=(new,)))
        await recorder.save(before)

    asyncio.run(land())
    late = told(store, "job")
    assert ([file.path for file in late.files], late.leftover) == (["dist/b"], ())
    assert [(file.address, file.sha256) for file in store.files_at("dist/a")] == [("other", "new")]


def test_two_files_that_land_at_once_are_both_written_down(store: SqliteStore) -> None:
    recorder = Recorder(store, lambda: 7.0)

    async def land() -> None:
        await store.put(JobRecord("job", "x", "completed"))
        files = (SavedFile(f"dist/{name}", 1, name, name, name) for name in "ab")
        await asyncio.gather(*(recorder.save_landing("job", file) for file in files))

    asyncio.run(land())
    assert {file.path for file in told(store, "job").landing} == {"dist/a", "dist/b"}


def test_the_run_in_whose_place_another_one_stands_stays_known(store: SqliteStore) -> None:
    before = JobRecord("job", "x", "done", "job-1", files=(FILE,), basis={"conversions": {"a": {}}}, answered_at=90.0)

    async def replaced() -> None:
        await store.put(before)
        await Recorder(store, lambda: 7.0).save_run(JobRecord("job", "x", "started", "job-2"), ["a"], before, 100.0)

    asyncio.run(replaced())
    assert (told(store, "job").job_id, told(store, "job#2").job_id) == ("job-2", "job-1")
    assert (told(store, "job#2").gone_since, told(store, "job#2").files[0].path) == (100.0, "")
