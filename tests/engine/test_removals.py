"""Files that are removed: only as they were written, and only as long as they are nobody else's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.core.events import Event
from a2c_spec.core.plan import Change
from a2c_spec.core.state import Element, JobRecord
from a2c_spec.engine.removals import Cleaner, plan_removal
from a2c_spec.engine.session import Session
from tests.engine.planning import FILE, done, named, put
from tests.engine.projects import session_in

PATH = "dist/x.webp"
GOING = Change("x", "delete", (), removes=(PATH,))


def remove(session: Session, *records: JobRecord, text: bytes = b"abc") -> list[Event]:
    """Removes what the address has at the path; gives what is told."""
    put(session, *records)
    (session.project.root / PATH).write_bytes(text)
    told: list[Event] = []
    asyncio.run(Cleaner(session, told.append).ended(GOING))
    return told


def test_what_a_change_replaces_waits_for_the_last_run_of_its_address(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        other = replace(done(session, named("x"), "y"), address="x#2", phase="completed", files=())
        told: list[Event] = []
        cleaner = Cleaner(session, told.append)
        put(session, left(session), other)
        (tmp_path / PATH).write_bytes(b"abc")
        asyncio.run(cleaner.ended(GOING))
        assert (tmp_path / PATH).exists()
        put(session, replace(other, phase="done"))
        asyncio.run(cleaner.ended(Change("x#2", "download", ())))
        assert ([one.text for one in told], (tmp_path / PATH).exists()) == ([f"{PATH} was removed"], False)
        asyncio.run(cleaner.ended(Change("x#2", "no-op", ())))
        assert len(told) == 1


def left(session: Session) -> JobRecord:
    """A job that is done and whose earlier result lies there."""
    return replace(done(session, named("x"), "y"), leftover=(replace(FILE, path=PATH, wanted=PATH),))


def test_a_file_of_an_earlier_run_goes_and_is_not_known_any_more(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        (told,) = remove(session, left(session))
        after = session.store.get("x")
        assert (told.text, (tmp_path / PATH).exists()) == (f"{PATH} was removed", False)
        assert after is not None
        assert (after.leftover, len(after.files)) == ((), 1)


def test_so_does_that_of_a_run_that_was_let_go(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        gone = replace(done(session, named("x"), "x"), address="x#2", gone_since=1.0)
        assert remove(session, done(session, named("x"), "y"), gone)
        assert not (tmp_path / PATH).exists()


@pytest.mark.parametrize("why", ["changed", "a present result", "another address's", "not all here", "unknown"])
def test_anything_else_stays(tmp_path: Path, why: str) -> None:
    with session_in(tmp_path) as session:
        before, text = [left(session)], b"abc"
        if why == "changed":
            text = b"mine"
        elif why == "a present result":
            before.append(replace(done(session, named("x"), "x"), address="x#2"))
        elif why == "another address's":
            before.append(done(session, named("other"), "x"))
        elif why == "not all here":
            before[0] = replace(before[0], phase="completed")
        else:
            before[0] = replace(before[0], leftover=())
        assert remove(session, *before, text=text) == []
        assert (tmp_path / PATH).read_bytes() == text


def test_a_run_goes_with_each_of_its_jobs_and_a_preset_as_one() -> None:
    run = JobRecord("x", "r", "done", "2", former_jobs=("1",))
    change = plan_removal(run, run.jobs, [PATH], "why", ["left"])
    assert [(call.kind, call.subject) for call in change.calls] == [("delete_job", "1"), ("delete_job", "2")]
    assert (change.removes, change.reasons, change.stays, change.action) == ((PATH,), ("why",), ("left",), "delete")
    preset = replace(run, elements={"preset": Element("2")}, former_jobs=())
    assert [call.kind for call in plan_removal(preset, ["2"], [], "").calls] == ["delete_preset"]
