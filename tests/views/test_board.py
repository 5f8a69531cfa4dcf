"""Where the jobs of a run stand, how fast they end, and until when."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from a2c_spec.core.events import Event
from a2c_spec.views.board import WINDOW, Board, duration


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


STAGES = [
    (Event("call", "a", "create_job"), "uploading"),
    (Event("upload", "a", "cover", done=1, total=2), "uploading"),
    (Event("status", "a", text="queued"), "converting"),
    (Event("status", "a", text="completed"), "downloading"),
    (Event("download", "a", "dist/a"), "downloading"),
]


@pytest.mark.parametrize(("event", "stage"), STAGES)
def test_each_event_tells_the_stage_of_its_job(event: Event, stage: str) -> None:
    board = Board(3, Clock())
    board.hear(event)
    counts = board.counts()
    assert {name for name, count in counts.items() if count} == {"queued", stage}
    assert (counts["queued"], counts[stage]) == (2, 1)


def test_notes_and_saved_files_move_no_job() -> None:
    board = Board(1, Clock())
    board.hear(Event("note", "a", text="x"))
    board.hear(Event("saved", "a", "dist/a"))
    assert board.counts()["queued"] == 1


def test_a_job_is_in_one_stage_and_then_ended() -> None:
    board = Board(1, Clock())
    for event in (STAGES[0][0], STAGES[2][0], Event("done", "a", spent=2)):
        board.hear(event)
    assert board.counts() == {"queued": 0, "uploading": 0, "converting": 0, "downloading": 0, "done": 1, "failed": 0}
    assert (board.done, board.over, board.credits, board.under_way) == (1, 1, 2, {})


def test_what_did_not_end_well_counts_by_how_it_ended() -> None:
    board = Board(3, Clock())
    for event in (Event("failed", "a"), Event("failed", "b", "still running"), Event("failed", "c", "still running")):
        board.hear(event)
    assert (board.over, board.left()) == (3, None)
    assert "1 failed, 2 still running of 3" in board.line()


def test_more_jobs_than_were_expected_leave_none_queued() -> None:
    board = Board(0, Clock())
    board.hear(Event("done", "a"))
    assert board.counts()["queued"] == 0


def ending(board: Board, clock: Clock, every: float, jobs: int) -> None:
    for number in range(jobs):
        clock.now += every
        board.hear(Event("done", str(number)))


def test_the_rate_counts_from_the_beginning_of_the_run_at_first() -> None:
    clock = Clock(100.0)
    board = Board(100, clock)
    assert (board.rate(), board.left()) == (0.0, None)
    ending(board, clock, 2.0, 5)
    assert (board.rate(), board.left()) == (0.5, 190.0)


def test_later_only_the_last_seconds_count() -> None:
    clock = Clock()
    board = Board(1000, clock)
    ending(board, clock, 10.0, 10)
    ending(board, clock, 0.1, 600)
    assert board.rate() == pytest.approx(10.0, rel=0.05)
    assert len(board.ends) <= WINDOW / 0.1 + 2
    assert board.left() == pytest.approx(390 / board.rate())


def lined(prepare: Callable[[Board], None], total: int = 4) -> str:
    clock = Clock()
    board = Board(total, clock)
    clock.now = 2.0
    prepare(board)
    return board.line()


def test_the_line_leaves_out_stages_without_jobs() -> None:
    assert lined(lambda _: None) == "4 queued, 0 done of 4; 0.0/s"
    assert lined(lambda board: board.hear(Event("done", "a"))) == "3 queued, 1 done of 4; 0.5/s, about 6s left"
    assert lined(lambda board: board.hear(Event("failed", "a", spent=1)), 1) == "0 done, 1 failed of 1; 0.5/s, 1 credit"


DURATIONS = [
    (0.4, "0s"),
    (59.4, "59s"),
    (59.6, "1m 0s"),
    (200, "3m 20s"),
    (3599, "59m 59s"),
    (3600, "1h 0m"),
    (7500, "2h 5m"),
]


@pytest.mark.parametrize(("seconds", "text"), DURATIONS)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_board_counts_every_stage_and_foresees_the_end() -> None:
    clock = Clock()
    board = Board(10, clock)
    board.hear(Event("call", "a", "create_job"))
    board.hear(Event("status", "b", text="processing"))
    board.hear(Event("status", "c", text="completed"))
    clock.now = 5.0
    board.hear(Event("done", "d", spent=2))
    board.hear(Event("failed", "e"))
    counts = {"queued": 5, "uploading": 1, "converting": 1, "downloading": 1, "done": 1, "failed": 1}
    assert board.counts() == counts
    assert board.line().endswith("of 10; 0.4/s, about 20s left, 2 credits")
