"""The terminal: whether a person can be asked, and the question."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from a2c_spec.engine.interrupts import endings
from a2c_spec.errors import Interrupted
from a2c_spec.views import inert
from a2c_spec.views.style import PLAIN


def on_a_terminal() -> bool:
    """Whether a person can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def ask(question: str) -> bool | None:
    """Asks on the terminal; None where there is none. An end of the input is no; raises Interrupted at Ctrl-C, and at
    the other signals that end a command."""
    if not on_a_terminal():
        return None
    with _interruptible():
        try:
            while True:
                click.echo(inert.page(f"{PLAIN.lines([question])} [y/N]: "), nl=False, err=True)
                answer = sys.stdin.readline()
                if answer.strip().lower() in ("y", "yes"):
                    return True
                if answer.strip().lower() in ("", "n", "no"):
                    click.echo("", nl=not answer, err=True)
                    return False
        except KeyboardInterrupt:
            click.echo("", err=True)
            raise Interrupted("interrupted at the question; nothing was sent") from None


@contextmanager
def _interruptible() -> Iterator[None]:
    """Whatever ends a command ends the reading of an answer, whatever else it means while work is under way."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.default_int_handler) for number in endings()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
