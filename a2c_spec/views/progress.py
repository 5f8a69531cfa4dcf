"""What an apply shows while it runs: bars on a terminal, plain lines elsewhere, events as JSON lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import IO, Any, Protocol

from a2c_spec.core.events import Event
from a2c_spec.core.reasons import size
from a2c_spec.core.run_keys import address_of
from a2c_spec.views import inert
from a2c_spec.views.style import PLAIN, Style


class Progress(Protocol):
    """Listens to a run."""

    def __call__(self, event: Event, /) -> None:
        """Something happened."""
        ...

    def expect(self, jobs: int, /) -> None:
        """So many jobs have something to do."""
        ...

    def close(self) -> None:
        """The run is over; leave the terminal clean."""
        ...


def line_of(event: Event, text: str, style: Style = PLAIN) -> str:
    """A line about an address, or about the run as a whole."""
    return f"{style(address_of(event.address), 'bold')}: {text}" if event.address else text


def for_people(event: Event) -> Event:
    """The event with inert texts; for a program JSON makes them that."""
    before = (event.address, event.subject, event.text)
    address, subject, text = told = tuple(map(inert.line, before))
    return event if told == before else replace(event, address=address, subject=subject, text=text)


class Silent:
    """For --quiet; the others add to it what they show."""

    def __call__(self, _event: Event) -> None:
        return

    def expect(self, _jobs: int) -> None:
        return

    def close(self) -> None:
        return


class Lines(Silent):
    """One line per thing worth knowing; bytes moved are not, each single call only when ``verbose``."""

    def __init__(self, write: Callable[[str], None], style: Style, *, verbose: bool) -> None:
        self._write, self._style, self._verbose = write, style, verbose
        self._last: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        text = self._text(event)
        if text and (self._last.get(event.address) != text or not event.address):
            self._last[event.address] = text
            self._write(line_of(event, text, self._style))

    def _text(self, event: Event) -> str:
        if event.kind == "upload":
            return f"uploaded {event.subject} ({size(event.total)})" if event.done >= event.total else ""
        if event.kind == "call":
            return f"{event.subject.replace('_', ' ')} {event.text}".strip() if self._verbose else ""
        if event.kind == "saved":
            return f"saved {event.subject} ({size(event.total)})"
        if event.kind == "failed":
            end = event.subject or "failed"
            return self._style(f"{end}: {event.text}" if self._verbose else end, "red")  # why is told at the end
        return {"status": event.text, "note": event.text}.get(event.kind, "")


class JsonLines(Silent):
    """Every event as one JSON object per line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def __call__(self, event: Event) -> None:
        told = asdict(event) | {"address": address_of(event.address)}
        self._write(inert.dumps({"event": event.kind, **{k: v for k, v in told.items() if v and k != "kind"}}))


class Bars(Silent):
    """One bar for each upload and download under way, a spinner while the service converts."""

    def __init__(self, stream: IO[str], *, colour: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

        console = Console(file=stream, no_color=not colour, highlight=False, markup=False)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True, refresh_per_second=12)
        self._console = console
        self._tasks: dict[str, Any] = {}

    def expect(self, _jobs: int) -> None:
        self._progress.start()  # not before: it draws over questions

    def __call__(self, event: Event) -> None:
        if event.kind in ("upload", "download"):
            self._moved(event)
        elif event.kind == "status":
            self._wait(event)
        elif event.kind in ("saved", "done", "failed"):
            self._ended(event)
        elif event.kind == "note":
            self._console.print(line_of(event, event.text))

    def _moved(self, event: Event) -> None:
        key = f"{event.kind} {event.address} {event.subject}"
        if key not in self._tasks:
            shown = f"{event.kind} {address_of(event.address)} {event.subject}"
            self._tasks[key] = self._progress.add_task(shown, total=event.total or None)
        self._progress.update(self._tasks[key], completed=event.done)
        if event.total and event.done >= event.total:
            self._drop(key)

    def _wait(self, event: Event) -> None:
        key = f"convert {event.address}"
        if event.text in ("completed", "failed", "canceled"):
            self._drop(key)
        elif key in self._tasks:
            self._progress.update(self._tasks[key], description=f"{event.text} {address_of(event.address)}")
        else:
            self._tasks[key] = self._progress.add_task(f"{event.text} {address_of(event.address)}", total=None)

    def _ended(self, event: Event) -> None:
        self._drop(f"convert {event.address}")
        self._drop(f"download {event.address} {event.subject}")
        if event.kind == "saved":
            self._console.print(f"{address_of(event.address)}: saved {event.subject} ({size(event.total)})")

    def _drop(self, key: str) -> None:
        if key in self._tasks:
            self._progress.remove_task(self._tasks.pop(key))

    def close(self) -> None:
        self._progress.stop()
