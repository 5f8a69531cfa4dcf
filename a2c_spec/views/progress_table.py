"""What an apply of many jobs shows while it runs: a live table on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from a2c_spec.core.events import Event
from a2c_spec.views.board import Board, duration
from a2c_spec.views.progress import Progress, Silent, line_of
from a2c_spec.views.style import Style

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MANY = 24
"""Beyond so many jobs the whole is shown instead of each."""

SILENCE = 10.0
"""Seconds between two lines."""


class BySize:
    """Shows ``few`` until it is known that there are many jobs, then what ``many`` makes of their number."""

    def __init__(self, few: Progress, many: Callable[[int], Progress]) -> None:
        self._shown, self._many = few, many

    def expect(self, jobs: int) -> None:
        if jobs > MANY:
            self._shown.close()
            self._shown = self._many(jobs)
        self._shown.expect(jobs)

    def __call__(self, event: Event) -> None:
        self._shown(event)

    def close(self) -> None:
        self._shown.close()


class Periodic(Silent):
    """One line every ten seconds or so, and what fails or is worth a note at once."""

    def __init__(self, write: Callable[[str], None], style: Style, board: Board) -> None:
        self._write, self._style, self._board = write, style, board
        self._told = board.clock()

    def __call__(self, event: Event) -> None:
        self._board.hear(event)
        if event.kind == "failed":
            failed = self._style(f"{event.subject or 'failed'}: {event.text}", "red")
            self._write(line_of(event, failed, self._style))
        elif event.kind == "note":
            self._write(line_of(event, event.text, self._style))
        if self._board.clock() - self._told >= SILENCE:
            self._told = self._board.clock()
            self._write(self._board.line())

    def close(self) -> None:
        if self._told < self._board.clock():
            self._told = float("inf")
            self._write(self._board.line())


class LiveTable(Silent):
    """A table that is redrawn in place, a bar below it; what fails scrolls by above."""

    def __init__(self, stream: IO[str], board: Board, *, colour: bool) -> None:
        from rich.console import Console
        from rich.live import Live

        self._board = board
        self._console: Console = Console(file=stream, no_color=not colour, highlight=False, markup=False)
        self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=4, transient=True)
        self._live.start()

    def __call__(self, event: Event) -> None:
        self._board.hear(event)
        if event.kind == "failed":
            self._console.print(line_of(event, f"{event.subject or 'failed'}: {event.text}"), style="red")
        elif event.kind == "note":
            self._console.print(line_of(event, event.text))

    def _table(self) -> Table:
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        board, counts = self._board, self._board.counts()
        numbers = Table.grid(padding=(0, 2))
        numbers.add_row(*counts, "rate", "left", "credits", style="dim")
        left = board.left()
        numbers.add_row(
            *(str(count) for count in counts.values()),
            f"{board.rate():.1f}/s",
            duration(left) if left is not None else "?",
            str(board.credits),
        )
        whole = Table.grid()
        whole.add_row(numbers)
        whole.add_row(ProgressBar(total=board.total, completed=board.over, width=60))
        return whole

    def close(self) -> None:
        self._live.stop()
