"""What a run shows of single jobs: plain lines, JSON lines, bars."""

from __future__ import annotations

import io
import json

import pytest
from rich.progress import TextColumn

from a2c_spec.core.events import Event
from a2c_spec.views.progress import Bars, JsonLines, Lines, Silent, for_people
from a2c_spec.views.style import Style

LINES = [
    (Event("upload", "a", "cover", done=1, total=2), "", ""),
    (Event("upload", "a", "cover", done=2, total=2), "a: uploaded cover (2 B)", "a: uploaded cover (2 B)"),
    (Event("call", "a", "create_job", "job-1"), "", "a: create job job-1"),
    (Event("call", "a", "create_job"), "", "a: create job"),
    (Event("saved", "a", "dist/a", total=1500), "a: saved dist/a (1.5 kB)", "a: saved dist/a (1.5 kB)"),
    (Event("failed", "a", text="damaged"), "a: failed", "a: failed: damaged"),
    (Event("status", "a", text="queued"), "a: queued", "a: queued"),
    (Event("note", "a", text="odd"), "a: odd", "a: odd"),
    (Event("note", "", text="busy"), "busy", "busy"),
    (Event("download", "a", "dist/a", done=1, total=1), "", ""),
    (Event("done", "a", text="2 files"), "", ""),
]


@pytest.mark.parametrize(("event", "plain", "verbose"), LINES)
def test_a_line_tells_what_is_worth_knowing(event: Event, plain: str, verbose: str) -> None:
    for line, wanted in ((plain, False), (verbose, True)):
        lines = list[str]()
        shown = Lines(lines.append, Style(), verbose=wanted)
        shown.expect(1)
        shown(event)
        shown.close()
        assert lines == ([line] if line else [])


def test_what_was_just_said_of_an_address_is_not_said_again() -> None:
    lines = list[str]()
    shown = Lines(lines.append, Style(), verbose=False)
    for address, text in [("a", "queued"), ("a", "queued"), ("b", "queued"), ("a", "processing"), ("a", "queued")]:
        shown(Event("status", address, text=text))
    assert lines == ["a: queued", "b: queued", "a: processing", "a: queued"]


def test_an_event_as_json_leaves_out_what_is_empty() -> None:
    lines = list[str]()
    shown = JsonLines(lines.append)
    shown.expect(1)
    shown(Event("upload", "a", "cover", done=0, total=2))
    shown.close()
    assert [json.loads(line) for line in lines] == [{"event": "upload", "address": "a", "subject": "cover", "total": 2}]


def test_quiet_says_nothing() -> None:
    shown = Silent()
    shown.expect(1)
    shown(Event("failed", "a", text="x"))
    shown.close()


def bars(*events: Event) -> tuple[set[str], str]:
    """The descriptions of the bars that are left after these events, and what scrolled by."""
    stream = io.StringIO()
    shown = Bars(stream, colour=False)
    shown.expect(1)
    for event in events:
        shown(event)
    left = {str(task.description) for task in shown._progress.tasks}
    shown.close()
    return left, stream.getvalue()


MOVES = [
    ((Event("upload", "a", "cover", done=1, total=2),), {"upload a cover"}),
    ((Event("upload", "a", "cover", done=1, total=2), Event("upload", "a", "cover", done=2, total=2)), set()),
    ((Event("upload", "a", "cover", done=0, total=0),), {"upload a cover"}),
    ((Event("download", "a#2", "dist/a", done=0, total=0),), {"download a dist/a"}),
    ((Event("status", "a#2", text="queued"),), {"queued a"}),
    ((Event("download", "a", "dist/a", done=1, total=2), Event("saved", "a", "dist/a")), set()),
    ((Event("status", "a", text="queued"),), {"queued a"}),
    ((Event("status", "a", text="queued"), Event("status", "a", text="processing")), {"processing a"}),
    ((Event("status", "a", text="queued"), Event("status", "a", text="completed")), set()),
    ((Event("status", "a", text="queued"), Event("failed", "a", text="x")), set()),
    ((Event("status", "a", text="queued"), Event("done", "b")), {"queued a"}),
]


@pytest.mark.parametrize(("events", "left"), MOVES)
def test_a_bar_stands_as_long_as_something_moves(events: tuple[Event, ...], left: set[str]) -> None:
    assert bars(*events)[0] == left


def test_nothing_is_drawn_before_something_is_done_so_that_questions_can_be_read() -> None:
    stream = io.StringIO()
    shown = Bars(stream, colour=False)
    drawn = [shown._progress.live.is_started]
    shown.expect(1)
    drawn.append(shown._progress.live.is_started)
    shown.close()
    assert drawn == [False, True]


def test_saved_files_and_notes_scroll_by() -> None:
    seen = bars(Event("saved", "a", "dist/a", total=5), Event("note", "b", text="odd"))[1]
    assert "a: saved dist/a (5 B)" in seen
    assert "b: odd" in seen


def test_brackets_in_names_are_no_markup() -> None:
    shown = Bars(io.StringIO(), colour=False)
    name = "[/b] [link=http://x.test]c[/link]"
    shown(Event("upload", "a", name, done=1, total=2))
    text = next(column for column in shown._progress.columns if isinstance(column, TextColumn))
    assert str(text.render(shown._progress.tasks[0])) == f"upload a {name}"
    assert "a: [red]x[/red] [/y]" in bars(Event("note", "a", text="[red]x[/red] [/y]"))[1]


def test_people_see_inert_texts() -> None:
    harmless = Event("note", "a", "b", "c")
    assert for_people(harmless) is harmless
    seen = for_people(Event("saved", "a\n", "b\x1b[2J", "\u202ec"))
    assert (seen.address, seen.subject, seen.text) == (r"a\n", r"b\x1b[2J", r"\u202ec")
