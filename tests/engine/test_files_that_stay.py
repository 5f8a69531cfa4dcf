"""Files that stay are named with why, by the plan or once it is known; "prune removes it" is said where it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.core.events import Event
from a2c_spec.core.plan import Change
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.files_that_stay import EARLIER, tell_staying, why_kept
from a2c_spec.engine.session import Session
from tests.engine.planning import FILE, done, named, plan, put
from tests.engine.projects import session_in

X, PATH = named("x"), "dist/old.webp"
CHANGED, READ = "it has changed since a2c-spec wrote it", "it is an input of a manifest"


def left(session: Session, text: bytes = b"abc", path: str = PATH) -> JobRecord:
    """A job that is done and whose earlier result is at another path, with this in it."""
    (session.project.root / "dist").mkdir(exist_ok=True)
    (session.project.root / path).write_bytes(text)
    return replace(done(session, X, "x"), leftover=(replace(FILE, path=path, wanted=path),))


@pytest.mark.parametrize(("text", "read", "why"), [(b"abc", "", ""), (b"mine", "", CHANGED), (b"abc", PATH, READ)])
def test_why_a_file_of_ours_is_left_alone(tmp_path: Path, text: bytes, read: str, why: str) -> None:
    with session_in(tmp_path) as session:
        put(session, left(session, text))
        session.inputs.add(read)
        assert (why_kept(session, PATH, "x"), why_kept(session, "dist/none.webp", "x")) == (why, "")


@pytest.mark.parametrize(
    ("text", "prune", "stays"), [(b"mine", True, [CHANGED]), (b"mine", False, []), (b"abc", True, [])]
)
def test_of_what_is_unchanged_only_prune_tells_and_not_what_it_removes(
    tmp_path: Path, text: bytes, prune: bool, stays: list[str]
) -> None:
    with session_in(tmp_path, prune=prune) as session:
        put(session, left(session, text))
        lifecycle = replace(X.lifecycle, on_rename="remove" if prune else "keep")
        (step,) = plan(session, replace(X, lifecycle=lifecycle))
    assert list(step.change.stays) == [f"{PATH} stays here: {why}" for why in stays]
    assert step.change.removes == ((PATH,) if prune and not stays else ())


OTHER = replace(X, conversions=(replace(X.conversions[0], options={"width": 3}),))


@pytest.mark.parametrize(("text", "why"), [(b"mine", CHANGED), (b"abc", EARLIER)])
def test_a_run_that_is_made_again_names_every_file_that_gets_no_successor(
    tmp_path: Path, text: bytes, why: str
) -> None:
    with session_in(tmp_path) as session:
        put(session, left(session, text))
        (step,) = plan(session, OTHER)
    assert (step.change.action, step.change.stays) == ("re-run", (f"{PATH} stays here: {why}",))


def test_a_file_whose_place_another_job_takes_does_not_stay(tmp_path: Path) -> None:
    taking = replace(named("old"), conversions=OTHER.conversions)
    with session_in(tmp_path) as session:
        put(session, left(session))
        first, second = plan(session, OTHER, taking)
    assert (first.change.stays, second.change.writes) == ((), (PATH,))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Change("x", "re-run", ()), [f"{PATH} stays here: {EARLIER}"]),
        (Change("x", "re-run", (f"{PATH} stays here",)), []),
        (Change("x", "re-run", (), stays=(f"{PATH} stays here: why",)), []),
        (Change("x", "re-run", (), removes=(PATH,)), []),
    ],
)
def test_once_it_has_run_only_that_is_told_which_the_plan_did_not_say(
    tmp_path: Path, change: Change, told: list[str]
) -> None:
    heard: list[Event] = []
    with session_in(tmp_path) as session:
        record = left(session)
        put(session, record)
        tell_staying(session, record, change, heard.append)
    assert [event.text for event in heard] == told
