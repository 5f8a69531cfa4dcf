"""Reads many records' jobs at once: where the service fails to show one, that one is told, and the others are read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from a2c_spec.core.state import JobRecord
from a2c_spec.errors import ReadFailed, about

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reads(Generic[T]):
    """What was found, in the order of the records, and the failures, each with its address."""

    found: tuple[T, ...]
    failed: tuple[ReadFailed, ...] = ()


async def read_each(records: Iterable[JobRecord], read: Callable[[JobRecord], Awaitable[T]], at_once: int) -> Reads[T]:
    """What ``read`` gives for each record, at most so many ``at_once``."""
    gate, failed = asyncio.Semaphore(at_once), list[ReadFailed]()

    async def one(record: JobRecord) -> list[T]:
        async with gate:
            try:
                with about(record.address):
                    return [await read(record)]
            except ReadFailed as error:
                failed.append(error)
                return []

    parts = await asyncio.gather(*map(one, records))
    return Reads(tuple(item for part in parts for item in part), tuple(sorted(failed, key=lambda one: one.address)))
