"""The first signal stops in good order, the second ends the process; afterwards signals are handled as before."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import pytest

from a2c_spec.engine.interrupts import EXIT_CODE, STOPPING, endings, stoppable
from a2c_spec.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Witness:
    """What was said, and how often everything was left."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.left = 0
        self.recorded = False

    def leave(self) -> None:
        self.left += 1

    async def interrupted(self, *signals: signal.Signals) -> None:
        """Work that is hit by signals while a call is under way, and records the call when it is cancelled."""
        for number in signals:
            signal.raise_signal(number)
        try:
            await asyncio.Event().wait()
        finally:
            self.recorded = True


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in SIGNALS]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_cancels_the_work_and_says_how_to_go_on(number: signal.Signals) -> None:
    witness, before = Witness(), handlers()
    with pytest.raises(Interrupted, match="the state is exact, nothing is lost") as error:
        asyncio.run(stoppable(witness.interrupted(number), witness.said.append, witness.leave))
    assert "apply again to continue" in error.value.hint
    assert error.value.exit_code == EXIT_CODE == 130
    assert (witness.said, witness.left, witness.recorded) == ([STOPPING], 0, True)
    assert handlers() == before


def test_the_second_signal_leaves_and_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[int] = []
    monkeypatch.setattr(os, "_exit", ends.append)
    witness = Witness()
    with pytest.raises(Interrupted):
        asyncio.run(stoppable(witness.interrupted(*SIGNALS[:2]), witness.said.append, witness.leave))
    assert (ends, witness.left) == ([130], 1)


def test_work_that_ends_gives_its_value_and_the_signals_back() -> None:
    async def work() -> str:
        assert handlers() != before, "signals are ours meanwhile"
        return "done"

    witness, before = Witness(), handlers()
    assert asyncio.run(stoppable(work(), witness.said.append, witness.leave)) == "done"
    assert (handlers(), witness.said) == (before, [])


def test_a_failure_of_the_work_stays_what_it_is_and_the_signals_are_given_back() -> None:
    async def work() -> None:
        raise LookupError("ours")

    witness, before = Witness(), handlers()
    with pytest.raises(LookupError, match="ours"):
        asyncio.run(stoppable(work(), witness.said.append, witness.leave))
    assert handlers() == before


def test_in_another_thread_signals_are_left_to_the_host() -> None:
    seen: list[object] = []

    async def work() -> None:
        seen.append(handlers())

    before = handlers()
    thread = threading.Thread(target=lambda: asyncio.run(stoppable(work(), seen.append, seen.clear)))
    thread.start()
    thread.join()
    assert seen == [before]


def test_a_signal_that_the_command_was_told_to_ignore_stays_ignored() -> None:
    """As `nohup` tells it: the terminal may be closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert endings() == [signal.SIGINT, signal.SIGTERM]
    finally:
        signal.signal(signal.SIGHUP, before)
    assert endings() == list(SIGNALS)
