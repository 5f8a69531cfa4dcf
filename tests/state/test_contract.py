"""What every store promises (``StateStore``), each promise proven for each of ``STORES``, with real processes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.recipe import dumps
from a2c_spec.core.state import Element, Intent, JobRecord, SavedFile
from a2c_spec.core.state_store import OwnedFile, StateStore
from a2c_spec.errors import Locked, SpecError
from tests.state.stores import (
    STORES,
    Place,
    hold_the_lock,
    leave_without_closing,
    process,
    put,
    race_for_notes,
    write_for_ever,
)

FILE = SavedFile(
    "dist/a.pdf",
    3,
    "ab" * 32,
    "out-1",
    "pdf",
    ("cover", "b"),
    1,
    "a.pdf",
    "a",
    "dist/b.pdf",
    "md5",
    aside=True,
    refused="410: it is gone",
)
JSON = {"z": [1, 1.5, -(10**30), 1e300, True, None, {"deep": ["", "a"]}], "a": {}, "m": False}
ELEMENTS = {
    "job": Element("", {"callback": "x"}),
    "inputs.cover": Element("in-1", {"position": 1}, {"options": {"width": 8}, "fields": {}}),
    "conversions.a": Element("c-1", JSON),
}
RECORD = JobRecord(
    "pack",
    "host",
    phase="started",
    job_id="job-2",
    created_at=1700000000.25,
    answered_at=1700000001.5,
    fingerprint="f" * 64,
    basis=JSON,
    elements=ELEMENTS,
    files=(FILE, replace(FILE, path="", index=2)),
    landing=(replace(FILE, path="dist/new.pdf"),),
    leftover=(replace(FILE, path="dist/old.pdf"),),
    spent=2,
    problem="input cover: it is no picture",
    warnings=("input b is missing", ""),
    gone=("out-7",),
    former_jobs=("job-0",),
    undeletable=("job-0",),
    updated_at=1700000002.125,
    gone_since=7.5,
    intent=Intent(
        ("create_job", "upload_file"),
        starts=True,
        adds=True,
        fingerprint="e" * 64,
        basis=JSON,
        elements=ELEMENTS,
        key="key",
        noted_at=12.5,
        by_our_clock=True,
        acknowledged=True,
    ),
)
TEXTS = ["plain", "é", "e\u0301", "ÅÄÖ", "ß", "日本", "\U0001f600", "\uffff", "a\tb\n'\"\\;--", "%_*?", "\x00", "  "]
"""What some database trims, folds, normalises, cuts off or cannot store."""


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(request.param, tmp_path)


@pytest.fixture
def store(place: Place) -> Iterator[StateStore]:
    with place.open() as opened:
        yield opened


def given(address: str = "pack", **more: Any) -> JobRecord:
    return replace(JobRecord(address, "host"), **more)


def seen(place: Place, realm: str = "host") -> list[JobRecord]:
    """All records, as another connection sees them."""
    with place.open(realm) as other:
        return list(other.scan())


def told(connection: Connection) -> Any:
    assert connection.poll(20), "the process says nothing"
    return connection.recv()


# Records


def test_the_record_that_must_come_back_has_a_value_of_its_own_everywhere() -> None:
    def default(field: Field[Any]) -> Any:
        return field.default if field.default_factory is MISSING else field.default_factory()

    assert RECORD.intent is not None
    for value in (RECORD, RECORD.intent, FILE, ELEMENTS["inputs.cover"]):
        assert [field.name for field in fields(value) if getattr(value, field.name) == default(field)] == []


@pytest.mark.parametrize("record", [RECORD, given()], ids=["full", "empty"])
def test_what_was_put_comes_back_equal_here_and_elsewhere(place: Place, store: StateStore, record: JobRecord) -> None:
    put(store, record)
    for found in (store.get("pack"), *store.runs("pack"), *store.scan(), *seen(place)):
        assert found == record
        assert dumps(found.basis) == dumps(record.basis), "1 is not 1.0"
        assert list(found.elements) == list(record.elements), "in their order"


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_back_as_it_was(place: Place, store: StateStore, text: str) -> None:
    file, elements = replace(FILE, path=text, service_name=text), {text: Element(text)}
    put(store, given(text, job_id=text, problem=text, basis={text: text}, elements=elements, files=(file,)))
    with place.open() as other:
        (found,) = other.scan()
        assert found == store.get(text) == other.get(text)
        assert (found.address, found.job_id, found.basis, found.files) == (text, text, {text: text}, (file,))
        assert other.addresses() == (text,)
        assert other.files_at(text) == (OwnedFile(text, text, 3, "ab" * 32),)


def test_texts_that_look_alike_are_not_the_same(store: StateStore) -> None:
    alike = ["a", "A", "a ", " a", "á", "a\u0301", "à", "a_", "ab"]
    put(store, *(given(text, files=(replace(FILE, path=text),)) for text in alike))
    assert len(store.addresses()) == len(alike)
    for text in alike:
        assert [run.address for run in store.runs(text)] == [text]
        assert [file.address for file in store.files_at(text)] == [text]


def test_the_marks_of_secrets_are_those_of_every_record_of_the_realm(place: Place, store: StateStore) -> None:
    digest = "#" + "0" * 64
    sent = {"options": {"x": [{"$secret": f'env:A"B{digest}'}]}, "decrypt": f"file:d{digest}", "note": "env:N"}
    put(store, given("a", elements={"inputs.i": Element("i", sent)}, basis={"p": {"$secret": "env:C"}}))
    put(store, given("b", elements={"outputs.o": Element("o", {"download_password": "env:D"})}))
    with place.open("elsewhere") as other:
        put(other, given("a", basis={"$secret": "env:E"}))
        assert other.secret_marks() == {"env:E"}
    assert store.secret_marks() == {f'env:A"B{digest}', f"file:d{digest}", "env:C", "env:D"}
    put(store, given("a"))
    assert store.secret_marks() == {"env:D"}


def test_a_record_is_replaced_whole(place: Place, store: StateStore) -> None:
    put(store, RECORD)
    put(store, given(spent=1))
    assert seen(place) == [given(spent=1)] == list(store.scan())
    assert store.files_at("dist/a.pdf") == store.files_at("dist/new.pdf") == ()


def test_one_write_replaces_adds_and_removes(place: Place, store: StateStore) -> None:
    put(store, RECORD, given("old", files=(replace(FILE, path="dist/x.pdf"),)))
    put(store, given("new"), given(spent=3), without=("old", "pack", "never there"))
    assert seen(place) == [given("new"), given(spent=3)], "what is put is not among the removed"
    assert (store.get("old"), store.files_at("dist/x.pdf")) == (None, ())


def test_a_write_of_nothing_is_none(place: Place, store: StateStore) -> None:
    put(store, RECORD)
    put(store)
    assert seen(place) == [RECORD]


def test_everything_is_sorted_by_code_points(store: StateStore) -> None:
    addresses = ["a", "Z", "é", "a-1", "a#2", "a.b", "B", "\uffff", "\U0001f600", "a1", "zz", "e\u0301"]
    put(store, *(given(address, landing=(FILE,)) for address in random.Random(1).sample(addresses, len(addresses))))
    assert store.addresses() == tuple(sorted(addresses))
    assert [record.address for record in store.scan()] == sorted(addresses)
    assert [record.address for record in store.interrupted()] == sorted(addresses)


def test_the_runs_of_an_address_are_sorted_by_their_number_and_are_nobody_elses(store: StateStore) -> None:
    own = ["a_b", "a_b#2", "a_b#3", "a_b#10", "a_b#11"]
    others = ["a_b#x", "a_b#02", "a_b#", "a_bc", "a_b[1]", "aXb", "aXb#2", "A_B#2", "a_b#2#2", "a_b$"]
    put(store, *(given(address) for address in reversed(own + others)))
    assert [run.address for run in store.runs("a_b")] == own
    put(store, without=("a_b",))
    assert [run.address for run in store.runs("a_b")] == own[1:], "the first one may be gone"
    assert store.runs("nobody") == ()
    assert [run.address for run in store.runs(own[1])] == own[1:2]


@pytest.mark.parametrize("left", [{"intent": None}, {"landing": ()}], ids=["files about to be written", "an intent"])
def test_only_records_with_files_about_to_be_written_or_an_intent_are_interrupted(
    left: dict[str, Any], place: Place, store: StateStore
) -> None:
    one = replace(RECORD, **left)
    put(store, one, replace(RECORD, address="finished", landing=(), intent=None))
    assert store.interrupted() == (one,)
    with place.open() as other:
        assert other.interrupted() == (one,)
    put(store, replace(RECORD, landing=(), intent=None))
    assert store.interrupted() == ()


def test_what_is_assumed_is_seen_here_and_nowhere_else_until_its_address_is_put(
    place: Place, store: StateStore
) -> None:
    put(store, RECORD, given("a"), given("b", spent=1))
    store.assume(replace(RECORD, spent=7, files=(), leftover=(), landing=()), given("pack#2"), without=("a",))
    assert (store.get("a"), store.addresses()) == (None, ("b", "pack", "pack#2"))
    assert [run.spent for run in store.runs("pack")] == [7, 0]
    assert [(run.address, run.spent) for run in store.scan()] == [("b", 1), ("pack", 7), ("pack#2", 0)]
    assert store.files_at("dist/a.pdf") == ()
    assert [run.address for run in seen(place)] == ["a", "b", "pack"]
    put(store, given("pack", spent=9), given("a"))
    assert [(run.address, run.spent) for run in store.scan()] == [("a", 0), ("b", 1), ("pack", 9), ("pack#2", 0)]
    assert [(run.address, run.spent) for run in seen(place)] == [("a", 0), ("b", 1), ("pack", 9)]


def test_ten_thousand_records_are_written_and_read_at_once(place: Place, store: StateStore) -> None:
    many = [given(f"job-{n:05}", spent=n, files=(replace(FILE, path=f"dist/{n}"),)) for n in range(10_000)]
    put(store, *random.Random(1).sample(many, len(many)))
    assert seen(place) == many
    assert store.addresses() == tuple(record.address for record in many)
    assert [store.get(record.address) for record in many[::500]] == many[::500]
    assert [file.address for file in store.files_at("dist/9876")] == ["job-09876"]
    put(store, without=[record.address for record in many[1:]])
    assert seen(place) == many[:1]


# Files


def test_a_file_is_of_the_record_that_says_so(store: StateStore) -> None:
    put(store, RECORD)
    for path in ("dist/a.pdf", "dist/new.pdf", "dist/old.pdf"):
        assert store.files_at(path) == (OwnedFile("pack", path, 3, "ab" * 32),)
    for path in ("", "dist/b.pdf", "dist", "DIST/A.PDF"):
        assert store.files_at(path) == ()


def test_both_that_may_stand_at_a_path_are_known(store: StateStore) -> None:
    put(store, given(files=(FILE,), landing=(replace(FILE, sha256="cd" * 32, size=4),)))
    assert {(file.sha256, file.size) for file in store.files_at("dist/a.pdf")} == {("ab" * 32, 3), ("cd" * 32, 4)}


def test_a_path_is_of_the_record_that_was_put_last_with_it(place: Place, store: StateStore) -> None:
    put(store, given("old", files=(FILE,)))
    put(store, given("new", files=(replace(FILE, sha256="cd" * 32),)))
    assert [(file.address, file.sha256) for file in store.files_at("dist/a.pdf")] == [("new", "cd" * 32)]


def test_what_another_realm_writes_at_a_path_takes_nothing_away_and_is_told_apart(
    place: Place, store: StateStore
) -> None:
    put(store, given("old", files=(FILE,)))
    with place.open("another") as other:
        put(other, given("far", files=(replace(FILE, sha256="cd" * 32),)))
        assert {(file.address, file.elsewhere) for file in other.files_at("dist/a.pdf")} == {
            ("old", "host"),
            ("far", ""),
        }
        assert {(file.address, file.elsewhere) for file in store.files_at("dist/a.pdf")} == {
            ("old", ""),
            ("far", "another"),
        }
        put(store, given("old"))
        assert [file.address for file in other.files_at("dist/a.pdf")] == ["far"]


def test_it_is_known_which_realms_have_a_record(place: Place, store: StateStore) -> None:
    assert store.realms() == store.realms("pack") == ()
    with place.open("another") as other, place.open("zone") as third:
        put(store, RECORD)
        put(other, given("far"), RECORD)
        put(third, given("far"))
        assert store.realms() == ("another", "host", "zone")
        assert [store.realms(address) for address in ("pack", "far", "no")] == [
            ("another", "host"),
            ("another", "zone"),
            (),
        ]


# Realms and workspaces


def test_a_store_sees_the_records_of_its_realm_and_the_files_of_all(place: Place, store: StateStore) -> None:
    with place.open("another") as other:
        put(store, RECORD)
        put(other, given(landing=(replace(FILE, path="dist/far.pdf"),)), given("pack#2"))
        found = (*other.scan(), *other.interrupted(), *other.runs("pack"))
        assert [record.realm for record in found] == ["another"] * 5
        assert (store.addresses(), store.runs("pack")) == (("pack",), (RECORD,))
        assert [file.address for file in store.files_at("dist/far.pdf")] == ["pack"]
        put(other, without=("pack", "pack#2"))
        assert (seen(place, "another"), seen(place)) == ([], [RECORD])
        assert store.files_at("dist/a.pdf") != ()


def test_another_workspace_shares_nothing(place: Place, store: StateStore) -> None:
    put(store, RECORD)
    store.write_note("plan:1", "used")
    with place.beside("another").open() as other, store.lock("ann"), other.lock("bob"):
        assert (list(other.scan()), other.files_at("dist/a.pdf"), other.note("plan:1")) == ([], (), "")
        put(other, given(spent=9))
        assert other.write_note("plan:1", "used")
    assert list(store.scan()) == [RECORD]


# Writes


def test_a_write_that_is_under_way_is_seen_here_and_nowhere_else_before_it_is_durable(
    place: Place, store: StateStore
) -> None:
    put(store, RECORD, given("other"))

    async def run() -> None:
        later = replace(RECORD, spent=9, files=(), leftover=(), landing=(), intent=None)
        writing = asyncio.create_task(store.put(later, given("a", realm="", landing=(FILE,)), without=("other",)))
        await asyncio.sleep(0)
        assert (store.realms("a"), store.realms("x")) == (("host",), ())
        assert (store.get("pack"), store.get("other")) == (later, None)
        assert store.runs("pack") == (later,)
        assert store.addresses() == ("a", "pack")
        assert [record.realm for record in store.scan()] == ["host", "host"]
        assert [record.address for record in store.interrupted()] == ["a"]
        assert [file.address for file in store.files_at("dist/a.pdf")] == ["a"]
        await writing
        assert seen(place) == list(store.scan())

    asyncio.run(run())
    assert store.addresses() == ("a", "pack")


def test_writers_of_one_store_do_not_wait_for_one_another_and_lose_nothing(place: Place, store: StateStore) -> None:
    async def run() -> None:
        async def writes(name: str) -> None:
            for spent in range(20):
                await store.put(given(name, spent=spent))

        await asyncio.gather(*(writes(f"job-{number:02}") for number in range(50)))

    asyncio.run(run())
    assert [(record.address, record.spent) for record in seen(place)] == [(f"job-{n:02}", 19) for n in range(50)]


def test_a_write_that_fails_is_told_and_leaves_what_was_there(place: Place, store: StateStore) -> None:
    put(store, RECORD)
    place.spoil(store)
    with pytest.raises(SpecError) as caught:
        put(store, replace(RECORD, spent=9), given("other"))
    assert caught.value.hint
    assert store.get("pack") == RECORD
    assert store.get("other") is None
    assert list(store.scan()) == [RECORD]


def test_what_was_written_outlives_a_process_that_closes_nothing(place: Place) -> None:
    with process(leave_without_closing, place, RECORD) as (tells, running):
        assert told(tells) == "written"
        running.join()
        assert seen(place) == [RECORD]


def test_readers_see_all_of_a_write_or_nothing_while_somebody_writes(place: Place) -> None:
    with process(write_for_ever, place, 50) as (tells, _), place.open() as reader:
        assert told(tells) == 1
        found = [{record.spent for record in reader.scan()} for _ in range(50)]
        while tells.poll():
            last = tells.recv()
        again = {record.spent for record in reader.scan()}
    assert {len(spent) for spent in found} == {1}, "one write at a time"
    assert max(again) >= last > 1, "and no reader stops at what it saw first"


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_in_the_middle_of_a_write_leaves_what_was_there_before(place: Place, seed: int) -> None:
    with process(write_for_ever, place, 300) as (tells, running):
        last = told(tells)
        time.sleep(random.Random(seed).uniform(0.0, 0.1))
        running.kill()
        running.join()
        while tells.poll():
            try:
                last = tells.recv()
            except EOFError:
                break
    left = seen(place)
    assert [record.address for record in left] == [f"job-{number:03}" for number in range(300)]
    assert {record.spent for record in left} in ({last}, {last + 1}), "what returned is there; the next one may be"


# The lock


def test_one_at_a_time_holds_the_lock_of_a_state(place: Place, store: StateStore) -> None:
    with place.open() as other, place.open("another") as third:
        for someone in (other, third, store):
            with store.lock("ann"), pytest.raises(Locked, match="ann"), someone.lock("bob"):
                pytest.fail("two at a time")
        with other.lock("bob"), pytest.raises(Locked, match="bob"), store.lock("ann"):
            pytest.fail("two at a time")


def test_the_lock_is_free_again_after_an_error(store: StateStore) -> None:
    with pytest.raises(ValueError, match="a bug"), store.lock("ann"):
        raise ValueError("a bug")
    with store.lock("bob"):
        pass


def test_the_lock_ends_with_the_process_that_held_it_and_names_its_holder_until_then(
    place: Place, store: StateStore
) -> None:
    put(store, RECORD)
    with process(hold_the_lock, place, "Ännchen on a-machine, pid 7") as (tells, running):
        assert told(tells) == "held"
        with pytest.raises(Locked, match="Ännchen on a-machine, pid 7"), store.lock("bob"):
            pytest.fail("two at a time")
        assert store.get("pack") == RECORD, "readers need no lock"
        running.kill()
        running.join()
        with store.lock("bob"):
            put(store, given())


# Notes


def test_a_note_stays_as_it_was_first_written_unless_it_is_written_over(place: Place, store: StateStore) -> None:
    assert store.note("key") == ""
    assert store.write_note("key", "hmac:é")
    assert not store.write_note("key", "another")
    with place.open("another") as other:
        assert other.note("key") == "hmac:é"
        assert not other.write_note("key", "another")
        assert other.write_note("key", "the third", over=True)
    assert (store.note("key"), store.note("ke"), store.note("KEY")) == ("the third", "", "")


def test_of_all_who_write_a_note_at_once_one_is_told_that_it_was_the_first(place: Place) -> None:
    names = [f"plan:{number}" for number in range(30)]
    with (
        process(race_for_notes, place, names) as (one, _),
        process(race_for_notes, place, names) as (two, _),
        process(race_for_notes, place, names) as (three, _),
    ):
        runners = (one, two, three)
        assert [told(runner) for runner in runners] == ["ready"] * 3
        for runner in runners:
            runner.send("go")
        wrote = [name for runner in runners for name in told(runner)]
    assert sorted(wrote) == sorted(names), "each saved plan is used once"


def test_the_serial_grows_with_every_write(store: StateStore) -> None:
    serials = [int(store.note("serial"))]
    put(store, RECORD)
    serials.append(int(store.note("serial")))
    put(store, without=("pack",))
    serials.append(int(store.note("serial")))
    store.write_note("a", "b")
    serials.append(int(store.note("serial")))
    assert serials == sorted(set(serials))


def test_nothing_is_lost_when_a_store_is_closed_in_the_middle_of_a_write(place: Place) -> None:
    async def run() -> None:
        with place.open() as store:
            writing = [asyncio.create_task(store.put(given(name))) for name in "ab"]
            await asyncio.sleep(0)
        await asyncio.gather(*writing, return_exceptions=True)

    asyncio.run(run())
    assert [record.address for record in seen(place)] == ["a", "b"]
