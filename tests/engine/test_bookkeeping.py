"""What is done before any call: records come under their addresses, are let go or put in order; files move."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.moves import Move
from a2c_spec.core.plan import Change
from a2c_spec.core.state import Element, Intent, JobRecord
from a2c_spec.engine.bookkeeping import keep_books
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.session import Session
from tests.engine.planning import FILE, put
from tests.engine.projects import NOW, desired, job, record, session_in


@dataclass
class World:
    """A session whose service only remembers what was moved."""

    session: Session
    moved: list[tuple[str, Move]] = field(default_factory=list)

    async def move_all(self, rows: Sequence[tuple[Job, str, Move]]) -> None:
        self.moved += [(address, move) for _, address, move in rows]

    def do(self, *steps: PlannedChange, whole: Sequence[PlannedChange] | None = None) -> None:
        connection: Any = SimpleNamespace(delivery=self)
        session = replace(self.session, connection=connection)
        asyncio.run(keep_books(session, steps, steps if whole is None else whole))

    def known(self) -> dict[str, JobRecord]:
        return {one.address: one for one in self.session.store.scan()}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with session_in(tmp_path) as session:
        yield World(session)


def step(address: str, action: Any, before: JobRecord | None = None, **more: Any) -> PlannedChange:
    change = Change(address, action, (), moves=more.pop("moves", ()), problem=more.pop("problem", ""))
    return replace(PlannedChange(change, desired(job(address)), before), **more)


def test_a_record_that_is_taken_over_stands_under_its_new_address_alone(world: World) -> None:
    old = record(job("old"), gone_since=5.0)
    put(world.session, old)
    world.do(step("new", "adopt", replace(old, address="new"), taken_over="old"))
    assert world.known() == {"new": replace(old, address="new", gone_since=0.0)}


def test_a_record_with_parts_under_other_ids_is_written_down_unless_nothing_is_to_be_done(world: World) -> None:
    before = record(job("a"))
    put(world.session, before)
    anew = replace(before, elements={"inputs.other": Element("i-1")})
    world.do(step("a", "update", anew, filed_anew=True))
    assert world.known() == {"a": anew}
    world.do(step("a", "no-op", replace(anew, intent=Intent(("create_job",))), filed_anew=True))
    assert world.known() == {"a": anew}, "a create that was looked for, and is not needed"


def test_what_the_plan_found_out_is_written_down_where_nothing_is_to_be_done(world: World) -> None:
    before = record(job("a"), gone_since=5.0, intent=Intent(("create_job",), starts=True))
    put(world.session, before)
    world.do(step("a", "no-op", replace(before, gone=("out-1",))))
    assert world.known() == {"a": replace(before, gone=("out-1",), gone_since=0.0)}, "nobody looked for the create"
    world.session.lost.looked.add("a")
    world.do(step("a", "no-op", replace(before, gone=("out-1",))))
    assert world.known() == {"a": replace(before, gone=("out-1",), intent=None, gone_since=0.0)}
    world.do(step("a", "no-op", replace(before, gone_since=7.0), desired=None))
    assert world.known()["a"].gone_since == 7.0, "nobody asks for it"


def test_of_a_summary_nothing_is_written_down(world: World) -> None:
    put(world.session, record(job("a")))
    world.do(step("a", "no-op", JobRecord("a", "local", spent=2), summary_only=True))
    assert world.known() == {"a": record(job("a"))}


def test_what_did_not_change_is_not_written_again(world: World) -> None:
    put(world.session, record(job("a")))
    serial = world.session.store.note("serial")
    world.do(step("a", "no-op", record(job("a"))))
    assert world.session.store.note("serial") == serial


def test_a_preset_that_is_as_the_manifest_says_is_recorded_as_that(world: World) -> None:
    elements = {"preset": Element("p-1", {"name": "old"}, {"a": {}})}
    before = JobRecord("p", "local", "done", "p-1", fingerprint="f", elements=elements)
    put(world.session, before)
    change = Change("p", "no-op", (), fingerprint="g", basis={"preset": {"name": "new"}})
    world.do(PlannedChange(change, None, before, Preset("p", "new", "jpg")))
    (found,) = world.known().values()
    assert (found.fingerprint, found.basis) == ("g", {"preset": {"name": "new"}})
    assert found.elements == {"preset": Element("p-1", {"name": "new"}, {"a": {}})}


def test_what_no_manifest_asks_for_stays_recorded_with_the_time_at_which_it_went(world: World) -> None:
    before = record(job("a"), files=(FILE,))
    put(world.session, before)
    world.do(step("a", "forget", before, desired=None), step("never recorded", "forget", desired=None))
    assert world.known() == {"a": replace(before, gone_since=NOW)}


def test_of_an_address_that_is_refused_nothing_changes(world: World) -> None:
    before, other = record(job("a")), replace(record(job("a")), address="a#2", gone_since=5.0)
    put(world.session, before, other)
    again = replace(step("a#2", "download", replace(other, gone_since=0.0), problem="why"), filed_anew=True)
    world.do(again, step("a", "forget", before, desired=None), step("a", "no-op", before, desired=None))
    assert world.known() == {"a": before, "a#2": other}


@pytest.mark.parametrize("action", ["forget", "no-op"])
def test_a_run_that_is_let_go_has_no_file_that_another_run_has_by_now(action: str, world: World) -> None:
    since = replace(record(job("a"), files=(FILE,)), gone_since=NOW)
    put(world.session, replace(since, gone_since=0.0))
    back = replace(record(job("a")), address="a#2", files=(replace(FILE, sha256="ab" * 32),))
    world.do(step("a#2", "no-op", back), step("a", action, since, desired=None))
    assert [file.path for file in world.known()["a"].files] == [""]
    assert world.session.files.owner(FILE.path) == "a#2"


def test_what_is_asked_for_again_is_gone_no_more(world: World) -> None:
    put(world.session, record(job("a"), gone_since=5.0), record(job("b"), gone_since=5.0))
    world.do(replace(step("a", "re-run", record(job("a"))), filed_anew=True), step("b", "forget", record(job("b"))))
    assert {address: one.gone_since for address, one in world.known().items()} == {"a": 0.0, "b": 5.0}


def test_moves_of_the_whole_plan_are_made_together_and_those_of_a_refused_change_not(world: World) -> None:
    one, two, three = (Move(name, f"{name}-2") for name in "abc")
    chosen, left = step("a", "rename", moves=(one,)), step("b", "rename", moves=(two,))
    refused = step("c", "rename", moves=(three,), problem="why")
    world.do(chosen, whole=[chosen, left, refused, step("d", "forget", desired=None, moves=(three,))])
    assert world.moved == [("a", one), ("b", two)]


def test_files_of_others_are_handed_over_before_anything_is_written(world: World) -> None:
    put(world.session, record(job("other"), files=(FILE,)))
    takes = ((FILE.path, "other"),)
    world.do(step("a", "create", takes=takes), step("b", "create", problem="why", takes=takes))
    assert world.session.files.owner(FILE.path) == "a"
