"""What an apply of many jobs shows: a line now and then, or a table on a terminal."""

from __future__ import annotations

import io

import pytest

from a2c_spec.core.events import Event
from a2c_spec.views.board import Board
from a2c_spec.views.progress import Silent
from a2c_spec.views.progress_table import MANY, SILENCE, BySize, LiveTable, Periodic
from a2c_spec.views.style import Style
from tests.views.test_board import Clock


class Heard:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def __call__(self, event: Event, /) -> None:
        self.events.append(event.address)

    def expect(self, jobs: int, /) -> None:
        self.events.append(f"expect {jobs}")

    def close(self) -> None:
        self.events.append("close")


@pytest.mark.parametrize(("jobs", "many"), [(MANY, False), (MANY + 1, True)])
def test_beyond_a_number_of_jobs_the_whole_is_shown(jobs: int, many: bool) -> None:
    few, whole, numbers = Heard(), Heard(), list[int]()

    def shown_for(number: int) -> Heard:
        numbers.append(number)
        return whole

    shown = BySize(few, shown_for)
    shown(Event("note", "before"))
    shown.expect(jobs)
    shown(Event("note", "after"))
    shown.close()
    assert few.events == (["before", "close"] if many else ["before", "expect 24", "after", "close"])
    assert whole.events == (["expect 25", "after", "close"] if many else [])
    assert numbers == ([jobs] if many else [])


def test_a_line_comes_after_the_silence_and_not_before() -> None:
    clock, lines = Clock(), list[str]()
    shown = Periodic(lines.append, Style(), Board(9, clock))
    for seconds in (SILENCE - 0.1, 0.1, SILENCE - 0.1):
        clock.now += seconds
        shown(Event("done", "a"))
    assert len(lines) == 1
    assert lines[0].startswith("7 queued, 2 done of 9")


def test_failures_and_notes_are_told_at_once() -> None:
    lines = list[str]()
    shown = Periodic(lines.append, Style(), Board(9, Clock()))
    for event in (Event("failed", "a", text="damaged"), Event("note", "b", text="odd"), Event("status", "c", text="x")):
        shown(event)
    assert lines == ["a: failed: damaged", "b: odd"]


def test_the_end_is_told_once_and_only_if_time_passed() -> None:
    clock, lines = Clock(), list[str]()
    shown = Periodic(lines.append, Style(), Board(1, clock))
    shown.expect(1)
    shown.close()
    assert lines == []
    clock.now = 1.0
    shown.close()
    shown.close()
    assert lines == ["1 queued, 0 done of 1; 0.0/s"]


def test_a_table_lets_failures_scroll_by_and_leaves_the_terminal_clean() -> None:
    stream = io.StringIO()
    table = LiveTable(stream, Board(2, Clock()), colour=False)
    table.expect(2)
    table(Event("failed", "a", text="damaged"))
    table(Event("note", "b", text="odd"))
    table.close()
    assert "a: failed: damaged" in stream.getvalue()
    assert "b: odd" in stream.getvalue()


def test_without_a_terminal_many_jobs_say_a_line_now_and_then() -> None:
    clock, lines = Clock(), list[str]()
    shown = BySize(Silent(), lambda jobs: Periodic(lines.append, Style(), Board(jobs, clock)))
    shown.expect(1000)
    for number in range(1000):
        clock.now += 0.05
        shown(Event("done", f"b[{number}]"))
    shown.close()
    assert 5 <= len(lines) <= 6
    assert lines[-1].startswith("1000 done of 1000")
