"""Requests and jobs within their limits, creates or one search, and calls that are let end before one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from a2c_spec.api.http.concurrency import CreateGate, JobSlots, Limiter, Slots, gather_all, shielded
from a2c_spec.api.http.replies import LostAnswer, MissingIds, Refused
from a2c_spec.errors import SpecError
from tests.api.wires import Clock


async def settle() -> None:
    """Lets every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_slots_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    order: list[int] = []

    async def work(slots: Slots, number: int) -> None:
        await slots.acquire()
        order.append(number)
        await asyncio.sleep(0)
        slots.release()

    async def run() -> int:
        slots = Slots(2)
        await asyncio.gather(*(work(slots, number) for number in range(9)))
        return slots.busy

    assert asyncio.run(run()) == 0
    assert order == [*range(9)]


def test_a_slot_offered_to_someone_who_was_cancelled_goes_to_the_next() -> None:
    async def run() -> tuple[bool, bool, int]:
        slots = Slots(1)
        await slots.acquire()
        second, third = asyncio.create_task(slots.acquire()), asyncio.create_task(slots.acquire())
        await settle()
        slots.release()  # gives the slot to the second, which is cancelled before it learns of it
        second.cancel()
        await settle()
        return second.cancelled(), third.done(), slots.busy

    assert asyncio.run(run()) == (True, True, 1)


def test_someone_who_was_cancelled_while_waiting_takes_no_slot() -> None:
    async def run() -> tuple[bool, int]:
        slots = Slots(1)
        await slots.acquire()
        second, third = asyncio.create_task(slots.acquire()), asyncio.create_task(slots.acquire())
        await settle()
        second.cancel()
        await settle()
        slots.release()
        await settle()
        return third.done(), slots.busy

    assert asyncio.run(run()) == (True, 1)


def test_a_higher_limit_admits_all_who_fit_now() -> None:
    async def run() -> tuple[int, int]:
        slots = Slots(1)
        tasks = [asyncio.create_task(slots.acquire()) for _ in range(5)]
        await settle()
        slots.limit = 3
        slots.admit()
        await settle()
        for task in tasks:
            task.cancel()
        return sum(task.done() for task in tasks), slots.busy

    assert asyncio.run(run()) == (3, 3)


def test_a_pause_holds_for_every_request_of_the_run() -> None:
    clock = Clock()
    limiter = Limiter(4, clock, clock.sleep)

    async def sent_at() -> float:
        async with limiter.slot():
            return clock()

    limiter.on_throttled(10)
    limiter.on_throttled(3)
    assert asyncio.run(sent_at()) == 1010


def test_each_429_halves_the_width_and_answers_widen_it_again() -> None:
    limiter = Limiter(16, Clock(), Clock().sleep)
    limiter.on_throttled(0)
    limiter.on_throttled(0)
    assert (limiter.width, limiter.slots.limit) == (4, 4)
    limiter.on_success()
    assert (limiter.width, limiter.slots.limit) == (4.25, 4)
    for _ in range(200):
        limiter.on_success()
    assert (limiter.width, limiter.slots.limit) == (16, 16)
    for _ in range(10):
        limiter.on_throttled(0)
    assert (limiter.width, limiter.slots.limit) == (1, 1)


def test_never_more_requests_are_in_progress_than_the_width_allows() -> None:
    limiter = Limiter(3, Clock(), Clock().sleep)
    most = 0

    async def request() -> None:
        nonlocal most
        async with limiter.slot():
            most = max(most, limiter.slots.busy)
            await asyncio.sleep(0)

    async def run() -> None:
        await asyncio.gather(*(request() for _ in range(50)))

    asyncio.run(run())
    assert (most, limiter.slots.busy) == (3, 0)


def test_requests_that_wait_are_sent_as_soon_as_the_width_grows() -> None:
    async def run() -> int:
        limiter = Limiter(4, Clock(), Clock().sleep)
        limiter.on_throttled(0)
        limiter.on_throttled(0)
        tasks = [asyncio.create_task(limiter.slots.acquire()) for _ in range(4)]
        await settle()
        limiter.on_success()
        await settle()
        for task in tasks:
            task.cancel()
        return sum(task.done() for task in tasks)

    assert asyncio.run(run()) == 2


def test_a_request_that_fails_gives_its_slot_back() -> None:
    limiter = Limiter(1, Clock(), Clock().sleep)

    async def run() -> None:
        async with limiter.slot():
            raise SpecError("the request failed")

    with pytest.raises(SpecError):
        asyncio.run(run())
    assert limiter.slots.busy == 0


def test_a_job_that_comes_back_goes_on_before_a_new_one_begins() -> None:
    order: list[str] = []

    async def waits(slots: JobSlots) -> None:
        async with slots.slot():
            async with slots.released():
                await asyncio.sleep(0)
            order.append("came back")

    async def works(slots: JobSlots, name: str) -> None:
        async with slots.slot():
            order.append(name)
            for _ in range(5):
                await asyncio.sleep(0)

    async def run() -> None:
        slots = JobSlots(1)
        await asyncio.gather(waits(slots), works(slots, "second"), works(slots, "third"))
        assert slots.slots.busy == 0

    asyncio.run(run())
    assert order == ["second", "came back", "third"]


@pytest.mark.parametrize("failure", [SpecError("it failed"), asyncio.CancelledError()])
def test_a_job_whose_wait_fails_still_holds_its_slot(failure: BaseException) -> None:
    async def run() -> tuple[int, int]:
        slots = JobSlots(2)
        held = 0
        try:
            async with slots.slot():
                try:
                    async with slots.released():
                        raise failure
                finally:
                    held = slots.slots.busy
        except type(failure):
            pass
        return held, slots.slots.busy

    assert asyncio.run(run()) == (1, 0)


def test_a_search_waits_for_creates_and_later_creates_wait_for_the_search() -> None:
    order: list[str] = []

    async def create(gate: CreateGate, name: str) -> None:
        async with gate.creating():
            order.append(f"{name} begins")
            for _ in range(3):
                await asyncio.sleep(0)
            order.append(f"{name} ends")

    async def search(gate: CreateGate) -> None:
        async with gate.searching():
            order.append("search begins")
            for _ in range(3):
                await asyncio.sleep(0)
            order.append("search ends")

    async def run() -> None:
        gate = CreateGate()
        first = asyncio.gather(create(gate, "one"), create(gate, "two"))
        await asyncio.sleep(0)
        await asyncio.gather(first, search(gate), create(gate, "three"))

    asyncio.run(run())
    assert order == [
        "one begins",
        "two begins",
        "one ends",
        "two ends",
        "search begins",
        "search ends",
        "three begins",
        "three ends",
    ]


def test_a_create_that_fails_lets_the_search_begin() -> None:
    async def create(gate: CreateGate) -> None:
        async with gate.creating():
            await asyncio.sleep(0)
            raise SpecError("refused")

    async def search(gate: CreateGate) -> str:
        async with gate.searching():
            return "found"

    async def run() -> list[Any]:
        gate = CreateGate()
        both = asyncio.gather(create(gate), search(gate), return_exceptions=True)
        return [*await asyncio.wait_for(both, 5)]

    assert asyncio.run(run())[1] == "found"


async def ending(after: int, failure: BaseException | None, ended: list[int]) -> None:
    """A call that ends after so many turns of the loop, with a failure or without."""
    for _ in range(after):
        await asyncio.sleep(0)
    ended.append(after)
    if failure is not None:
        raise failure


REFUSED, QUOTA = Refused(400, "the first that is definite"), Refused(402, "another one")
LOST, NO_IDS = LostAnswer("no answer"), MissingIds("no ids")


@pytest.mark.parametrize(
    ("failures", "raised"),
    [
        ([LOST, REFUSED, QUOTA], REFUSED),
        ([NO_IDS, REFUSED, LOST], REFUSED),
        ([REFUSED, QUOTA], REFUSED),
        ([LOST, NO_IDS], LOST),
        ([NO_IDS, LOST], NO_IDS),
        ([None, LOST], LOST),
    ],
)
def test_a_definite_failure_is_raised_before_an_unknown_result(
    failures: list[BaseException | None], raised: BaseException
) -> None:
    ended: list[int] = []
    calls = [ending(len(failures) - number, failure, ended) for number, failure in enumerate(failures)]
    with pytest.raises(SpecError) as caught:
        asyncio.run(gather_all(calls))
    assert caught.value is raised
    assert len(ended) == len(failures), "all of them end first"


def test_calls_that_succeed_raise_nothing() -> None:
    ended: list[int] = []
    asyncio.run(gather_all(ending(number, None, ended) for number in range(3)))
    assert ended == [0, 1, 2]


async def interrupted(work: Coroutine[Any, Any, None], grace: float = 30.0) -> bool:
    """Cancels whoever waits for shielded work; says whether that ended the wait."""
    task = asyncio.create_task(shielded(work, grace))
    await settle()
    task.cancel()
    await asyncio.wait((task,))
    return task.cancelled()


def test_work_that_was_sent_ends_before_an_interrupt_goes_on() -> None:
    ended: list[int] = []
    assert asyncio.run(interrupted(ending(30, None, ended)))
    assert ended == [30]


def test_work_that_never_ends_is_stopped_after_the_grace() -> None:
    stopped: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append("stopped")

    assert asyncio.run(interrupted(endless(), 0.01))
    assert stopped == ["stopped"]


def test_a_failure_of_shielded_work_is_raised() -> None:
    with pytest.raises(Refused):
        asyncio.run(shielded(ending(2, REFUSED, [])))
